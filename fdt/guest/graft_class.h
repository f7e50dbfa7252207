/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_GRAFT_CLASS_H
#define FDT_GUEST_GRAFT_CLASS_H

/*
 * Devices of which more is known than the generic rules can know: what they must have. One table,
 * a row for each binding of a device.
 */
#include <stdbool.h>

#include "fdt/host/tree.h"

struct graft;
struct graft_device;

struct graft_class {
	const char *name; /* as a type of device: "vfio-amd-xgbe" */
	const char *compatible;
	const char *with, *without; /* a property that tells the binding; NULL: any */
	unsigned int min_regions, min_irqs;
	bool level;                /* all interrupts are level-triggered */
	const char *properties[6]; /* that must be there, up to NULL */
	const char *clocks[3];     /* of clock-names, up to NULL */
	const char *binding;
};

/* The row for a node; NULL: the generic rules say all. */
const struct graft_class *graft_class_find(const struct host_node *node);
/* A class of this name takes the node, by one of its rows. */
bool graft_class_takes(const char *name, const struct host_node *node);

/* What the device's class misses; NULL: nothing. */
const char *graft_class_fault(struct graft *graft, const struct graft_device *device);

#endif
