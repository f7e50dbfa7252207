/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_PLAN_PLAN_H
#define VMM_PLAN_PLAN_H

/*
 * What "dais plan" tells: the devices of a configuration with their facts, what the graft makes of
 * them, and the finished nodes. Guest addresses and SPIs are those that "dais run" would give them
 * on a host of the same page size. Nothing of the host is opened or changed but files that are
 * read.
 */

#include "vfio/host/power.h"
#include "vfio/nodes/nodes.h"
#include "vmm/config/config.h"

/* What VFIO says of a device that was opened. */
struct plan_vfio {
	bool asked;
	unsigned int n_regions;
	unsigned int n_irqs;
	bool can_reset; /* the kernel has a reset handler */
};

struct plan_device {
	struct vfio_node node;
	struct live_device live; /* when the plan has nodes.live */
	struct host_power_list power;
	struct plan_vfio vfio;
	char *text; /* the guest's nodes as source; NULL: it does not pass */
};

struct plan {
	struct vfio_nodes nodes;
	struct plan_device *devices; /* the configuration's that are assigned, in its order */
	unsigned int n_devices;
	struct vm_config alone; /* of plan_create_alone() */
	/* Of a tree in a file: what becomes of the same devices where dais' own driver has them; as
	 * far as the verdict. NULL: it has nothing to hold, or SCMI is not built. */
	struct plan *driven;
};

/*
 * Plan the devices of @config, all for one guest; they live as long as the plan, as do @tree and
 * @live (NULL: the tree is a file's). A device that cannot be passed is a result, and one that does
 * not exist an error. plan_destroy() also after an error.
 */
int plan_create(struct plan *plan, const struct host_tree *tree, struct host_live *live,
		const struct vm_config *config, struct err *err);
/* The same for one device of the host, for a guest of its own; @where it is named, for messages. */
int plan_create_alone(struct plan *plan, const struct host_tree *tree, struct host_live *live,
		      const char *host, const char *where, struct err *err);
void plan_destroy(struct plan *plan);

/* One line of text each, NULL after the last: why the result, what else is to be known. */
const char *plan_reason(const struct plan *plan, const struct plan_device *device, unsigned int n);

/* Open the devices, which resets them, and ask VFIO. An error of one is an error. */
int plan_ask_vfio(struct plan *plan, struct err *err);

#endif
