/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_GRAFT_CLASS_H
#define FDT_GUEST_GRAFT_CLASS_H

/* Devices of which more is known than the generic rules can know: what they must have. */
#include <stdbool.h>

#include "fdt/host/tree.h"

struct graft;
struct graft_device;

/* A class of this name takes the node, by one of its rows. */
bool graft_class_takes(const char *name, const struct host_node *node);

/* What the device's class misses; NULL: nothing. */
const char *graft_class_fault(struct graft *graft, const struct graft_device *device);

#endif
