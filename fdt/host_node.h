/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_NODE_H
#define FDT_HOST_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct host_property {
	char *name;
	char *value; /* @size bytes, and a NUL behind them */
	size_t size;
};

/* A node of the host's device tree, as data. */
struct host_node {
	char *name;                       /* with unit address: "ethernet@fff50000" */
	struct host_property *properties; /* sorted by name */
	size_t n_properties;
};

/*
 * Read the node of a device from its live directory, "/sys/bus/platform/devices/X/of_node": a
 * symbolic link into /sys/firmware/devicetree, whose files are the properties
 * (Documentation/ABI/testing/sysfs-firmware-ofw). The caller destroys it. -ENOENT: the host does
 * not describe this device by a device tree.
 */
int host_node_read(const char *of_node_dir, struct host_node **node, struct err *err);
const struct host_property *host_node_find(const struct host_node *node, const char *name);
/* The value is a list of strings, the last one terminated too. */
bool host_property_is_strings(const struct host_property *property);
void host_node_destroy(struct host_node *node);

#endif
