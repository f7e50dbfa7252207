/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_OVERLAY_H
#define VFIO_OVERLAY_H

/* overlay= and dt-symbol= of assigned devices, for "dais run" and "dais plan" alike. */
#include <stdbool.h>
#include <stddef.h>

#include "devices/device.h"
#include "vmm/base/err.h"

struct vfio_overlay {
	const char *path; /* the configuration's; NULL: the device has no overlay */
	char *data;
	size_t size;       /* bytes */
	const char *label; /* of the device's node, here or in another device's overlay, or NULL */
	bool brings;       /* the overlay has the node itself: the graft's is not written */
};

/* vfio_overlay_destroy() also after an error. @config outlives it. */
int vfio_overlay_read(const struct device_config *config, struct vfio_overlay *overlay,
		      struct err *err);
void vfio_overlay_destroy(struct vfio_overlay *overlay);

#endif
