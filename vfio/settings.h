/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_SETTINGS_H
#define VFIO_SETTINGS_H

/* What the user can say of an assigned device, for "dais run" and "dais plan" alike. */
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "fdt/guest/graft.h"
#include "vmm/base/arena.h"
#include "vmm/base/err.h"

extern const struct option vfio_platform_keys[];

/* Whether the device is a host's, to be assigned: one of the classes with these keys. */
bool vfio_is_assigned(const struct device_config *config);

/* What stands in for memory that the host reserves: guest RAM, or the host's own. */
struct vfio_carveout_answer {
	const char *name; /* host_carveout_find() */
	bool own;         /* the host's own: */
	const char *file; /* … from this file, NULL: where the host's tree says, by /dev/mem */
	uint64_t offset;  /* in the file */
};

/* Whether one of them is the host's own, by an address of which iommufd does not know the pages. */
bool vfio_wants_own_memory(const struct device_config *config);

/* The answers for the graft; @graft points into the rest and at @config. */
struct vfio_answers {
	struct graft_answers graft;
	struct graft_answer clocks[DEVICE_MAX_SETTINGS];
	struct graft_answer supplies[DEVICE_MAX_SETTINGS];
	const char *drop[DEVICE_MAX_SETTINGS];
	const char *keep[DEVICE_MAX_SETTINGS];
	const char *syscons[DEVICE_MAX_SETTINGS]; /* properties: syscon.NAME=shadow */
	unsigned int n_syscons;
	struct vfio_carveout_answer carveouts[DEVICE_MAX_SETTINGS];
	unsigned int n_carveouts;
	bool fixed_clocks;            /* clocks=fixed: nothing is served by SCMI */
	unsigned int n_scmi_supplies; /* of the supplies: supply.NAME=scmi */
	bool scmi_clocks;             /* clocks=scmi, in so many words */
	/* allow.NAME=: VFIO_ALLOW_* of those that are named */
	struct graft_answer allowed[DEVICE_MAX_SETTINGS];
	unsigned int n_allowed;
	struct arena arena; /* what drop and keep point at */
};

/* What the guest may do with a clock, a reset line, a power domain or a supply, in this order of
 * words */
#define VFIO_ALLOW_RATE    0x1
#define VFIO_ALLOW_GATE    0x2
#define VFIO_ALLOW_RESET   0x4
#define VFIO_ALLOW_POWER   0x8
#define VFIO_ALLOW_VOLTAGE 0x10

/* vfio_answers_destroy() also after an error. Do not copy the struct. */
int vfio_answers_read(const struct device_config *config, struct vfio_answers *answers,
		      struct err *err);
void vfio_answers_destroy(struct vfio_answers *answers);

#endif
