/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_OVERLAY_H
#define VFIO_OVERLAY_H

/* overlay= and dt-symbol= of assigned devices, for "dais run" and "dais plan" alike. */
#include <stdbool.h>
#include <stddef.h>

#include "devices/device.h"
#include "fdt/overlay.h"
#include "vmm/base/err.h"

struct vfio_overlay {
	char *path; /* NULL: the device has no overlay */
	char *data;
	size_t size;       /* bytes */
	const char *label; /* of the device's node, here or in another device's overlay, or NULL */
	bool brings;       /* the overlay has the node itself: the graft's is not written */
};

/* vfio_overlay_destroy() also after an error. @config outlives it. */
int vfio_overlay_read(const struct device_config *config, struct vfio_overlay *overlay,
		      struct err *err);
void vfio_overlay_destroy(struct vfio_overlay *overlay);

/* A device in a finished tree. */
struct vfio_overlay_user {
	const struct vfio_overlay *overlay;
	const char *path; /* of its node */
	struct graft_facts facts;
};

/* All overlays, in order, over the finished tree *blob, which is replaced. */
int vfio_overlays_apply(const struct vfio_overlay_user *users, size_t n_users, void **blob,
			size_t *size, struct err *err);

#endif
