/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_LIVE_H
#define VFIO_HOST_LIVE_H

/*
 * What the running host tells of its devices besides the device tree: files of sysfs, debugfs and
 * /lib/modules. No device is opened, nothing is changed. What cannot be read is unknown, not an
 * error.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fdt/guest/graft.h"
#include "fdt/host/tree.h"
#include "vfio/host/device.h"
#include "vmm/base/err.h"

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

/* Read once; for all devices of @tree, which outlives it. */
struct host_live {
	const struct host_tree *tree;
	struct host_clocks clocks;
	int clocks_error; /* negative errno: they could not be read */
	char *domains;    /* text of pm_genpd_summary, NULL: none */
	struct live_aliases {
		char *data; /* text, or strings with NULs between; NULL: it could not be read */
		size_t size;
	} aliases[2];                  /* of the kernel's modules, and of what is built in … */
	bool aliases_read;             /* … read when the first device is asked for */
	struct device_record *records; /* known.c */
	const struct host_node **recorded; /* the node of each */
	unsigned int n_records;
	bool records_read;
};

int host_live_create(const struct host_tree *tree, struct host_live **live, struct err *err);
void host_live_destroy(struct host_live *live);

/* graft_host.driver; from sysfs, so that @opaque may be anything. */
int host_live_driver(void *opaque, const struct host_node *node, char *name, size_t size);
/* Rates and voltages for the graft; @live outlives @host. */
void host_live_for_graft(struct host_live *live, struct graft_host *host);

enum live_handler {
	LIVE_HANDLER_UNKNOWN,
	LIVE_HANDLER_NONE,    /* none for vfio-platform, which may insist on one */
	LIVE_HANDLER_NO_LINE, /* none for dais' own driver, which takes the device all the same */
	LIVE_HANDLER_THERE,
};

#define LIVE_MAX_RESERVED 32

/* A device as sysfs shows it. */
struct live_device {
	bool found;                   /* Linux made a device of the node; else nothing is known */
	struct vfio_host_device host; /* name, driver, group */
	char members[512];            /* of its IOMMU group, with their drivers */
	struct vfio_reserved reserved[LIVE_MAX_RESERVED];
	unsigned int n_reserved;
	enum live_handler reset_handler; /* that VFIO would find for it */
};

void host_live_device(struct host_live *live, const struct host_node *node,
		      struct live_device *device);

/* The device that sysfs knows by @name; NULL: none, or one without a node. */
const struct host_node *host_live_node(const struct host_tree *tree, const char *name);

/* A regulator's directory in sysfs into @dir; -ENOENT. */
int host_live_regulator(const struct host_node *regulator, char *dir, size_t size);

#endif
