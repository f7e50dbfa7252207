/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_CARVEOUT_H
#define FDT_HOST_CARVEOUT_H

/*
 * Regions of memory that the host's tree reserves for devices: the children of /reserved-memory
 * (dt-schema: reserved-memory/reserved-memory.yaml), and the devices' "memory-region".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fdt/host/tree.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"

struct host_carveout {
	const struct host_node *node;
	struct range host; /* where it is; size 0: the tree leaves that to Linux */
	uint64_t size;     /* bytes, not 0 */
	/*
	 * A power of two: what the tree wants; of a region with an address, what that address has
	 * of it, though no more than its size.
	 */
	uint64_t align;
	bool low;      /* it is below 4 GiB, or the tree leaves that to Linux */
	bool no_map;   /* the host does not map it */
	bool reusable; /* the host uses it while no driver wants it */
};

/*
 * False: @node is no region of this kind: it is elsewhere, unused, of no size or in several pieces.
 */
bool host_carveout_read(const struct host_node *node, struct host_carveout *carveout);

/*
 * The region that @device, or a node below it, has in a memory-region, by its name: the node's,
 * with or without the unit address, or its label. -EINVAL names those that there are. @what: the
 * device, for messages.
 */
int host_carveout_find(const struct host_tree *tree, const struct host_node *device,
		       const char *what, const char *name, struct host_carveout *carveout,
		       struct err *err);

/* The shortest name that host_carveout_find() takes, into @buf; cut when it does not fit. */
const char *host_carveout_name(const struct host_node *node, char *buf, size_t size);

#endif
