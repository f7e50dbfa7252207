/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_POWER_H
#define VFIO_HOST_POWER_H

/*
 * Held state: whether the running host keeps on what the guest does not get (clocks, supplies,
 * power domains, reset lines), and what its driver's unbind will switch off. vfio-platform touches
 * none of it, but for runtime PM of a single power domain and the bus clock of an AMBA device;
 * dais' own driver (kernel/module) has all of it on while the device is open.
 */
#include <stdbool.h>
#include <stddef.h>

#include "fdt/guest/graft.h"
#include "fdt/host/reference.h"
#include "fdt/host/tree.h"
#include "vfio/host/live.h"

enum host_power_state { HOST_POWER_UNKNOWN, HOST_POWER_ON, HOST_POWER_OFF };
const char *host_power_state_name(enum host_power_state state);

struct host_power {
	const struct host_node *node; /* that has @property */
	const char *property;
	enum reference_kind kind; /* clock, supply, power domain, reset */
	const struct host_node *provider;
	char name[64]; /* Linux's for it, else what the node calls it, else empty */
	enum host_power_state state;
	bool cut;           /* on, and goes off when the host's driver is unbound */
	char how[160];      /* how it is known: "enable count 1, held by its driver ahci" */
	const char *remedy; /* NULL: nothing to do */
};

struct host_power_list {
	struct host_power *items;
	size_t n_items;
};

/* Append what @property of @node points at, if it is of these kinds. 0 or -ENOMEM. */
int host_power_add(struct host_power_list *list, const struct host_live *live,
		   const struct live_device *device, const struct host_node *node,
		   const char *property);
/* The same for all that the graft took away from the nodes. */
int host_power_collect(struct host_power_list *list, const struct host_live *live,
		       const struct live_device *device, const struct graft_node *nodes);
void host_power_destroy(struct host_power_list *list);

#endif
