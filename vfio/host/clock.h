/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_CLOCK_H
#define VFIO_HOST_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "fdt/host/tree.h"

/* A clock of the running host, a line of debugfs's clk/clk_summary (clk_summary_show_one() in
 * drivers/clk/clk.c). */
struct host_clock {
	char name[64];
	unsigned int enable_count;
	uint64_t hz;
	char hardware; /* 'Y': runs, 'N': stands, '?': the kernel does not tell */
};

/* A device that holds a struct clk of it; Linux 6.6 and newer tell. */
struct host_clock_user {
	size_t clock;    /* index */
	char device[64]; /* device's name, or the node's when it was asked for by the node */
	char id[48];     /* of clock-names */
};

struct host_clocks {
	struct host_clock *clocks;
	size_t n_clocks;
	struct host_clock_user *users;
	size_t n_users;
};

/* 0, or why they cannot be read: -EACCES, -ENOENT (debugfs is not mounted, no clock framework),
 * -ENOMEM. */
int host_clocks_read(struct host_clocks *clocks);
void host_clocks_destroy(struct host_clocks *clocks);

/*
 * The @index-th of @consumer's "clocks": the one that the consumer's device @device (NULL: none)
 * holds under that name, else the one that the provider's node names as of_clk_get_parent_name()
 * does. NULL: it cannot be told.
 */
const struct host_clock *host_clock_find(const struct host_clocks *clocks,
					 const struct host_tree *tree,
					 const struct host_node *consumer, const char *device,
					 unsigned int index);

#endif
