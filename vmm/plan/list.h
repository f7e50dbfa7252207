/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_PLAN_LIST_H
#define VMM_PLAN_LIST_H

/*
 * What "dais list" tells: the host's platform and AMBA devices, each with its facts and the verdict
 * of a plan for a guest that gets it alone. Files of sysfs and /lib/modules are read, and nothing
 * else: no device is opened, for that would reset it.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "fdt/host/facts.h"
#include "fdt/host/tree.h"
#include "vfio/host/device.h"
#include "vfio/host/live.h"
#include "vmm/base/err.h"
#include "vmm/base/option.h"

enum list_state {
	LIST_READY,      /* bound to VFIO, and a plan passes */
	LIST_ASSIGNABLE, /* the same once it is bound */
	LIST_ASKS,       /* the same once the user gives what the plan asks for */
	LIST_NO_IOMMU,   /* a plan passes, but nothing keeps its DMA in the guest's RAM */
	LIST_NO,         /* it cannot be passed */
	LIST_HELD,       /* another process has it, or a device of its group */
	LIST_LEFT_BOUND, /* a dais that is gone could not give it back */
};
const char *list_state_name(enum list_state state);

/* Another device of its IOMMU group. */
struct list_member {
	char name[128];
	char driver[64]; /* empty: none */
};

struct list_device {
	struct vfio_host_device host;
	const struct host_node *node; /* NULL: the tree has none for it */
	struct host_facts facts;      /* empty without a node */
	enum live_handler reset_handler;
	struct list_member *members;
	unsigned int n_members;
	enum list_state state;
	char **reasons; /* why it is no better state */
	unsigned int n_reasons;
};

struct list {
	struct host_tree *tree;      /* NULL: the host has none */
	struct host_live *live;      /* likewise */
	struct list_device *devices; /* by bus address */
	unsigned int n_devices;
	unsigned int n_left_out; /* neither registers nor interrupts */
};

/*
 * Look at all devices whose name matches one of @filters: a part of the name, or a
 * pattern as a shell has it. Without filters those that have registers or interrupts; with @all the
 * others, too. list_destroy() also after an error.
 */
int list_create(struct list *list, const struct option_list *filters, bool all, struct err *err);
void list_destroy(struct list *list);

/* The verdict on @device, whose host, node and group members are filled in. */
int list_judge(const struct list *list, struct list_device *device, struct err *err);

/* "SPI 33", "PPI 7", or the cells of the specifier and the controller; into @buf. Returns @buf. */
const char *list_irq_name(const struct host_irq_fact *irq, char *buf, size_t size);

void list_print_text(const struct list *list, FILE *out);
/* A new JSON object; NULL: out of memory. */
json_t *list_json(const struct list *list);

#endif
