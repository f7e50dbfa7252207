/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_SCMI_H
#define VFIO_SCMI_H

/*
 * What the guest may switch and set of assigned devices, by SCMI: the clocks, reset lines and power
 * domains that their nodes refer to, which dais' own driver holds (kernel/module/uapi/vfio_dais.h).
 */
#include "devices/scmi/channel.h"
#include "vmm/base/err.h"

struct dt;
struct vfio;
struct vfio_device;
struct vm;

/* One for all devices of a guest. */
struct vfio_scmi {
	struct scmi platform;
	struct vfio_scmi_resource *resources;
	size_t n_resources;
	struct scmi_channel channel; /* page NULL: none of the devices has anything to serve */
};

/*
 * List what the devices have, by the numbers that their nodes were given (vfio_nodes_graft()), and
 * make the channel if there is anything.
 */
int vfio_scmi_create(struct vfio *vfio, struct vm *vm, struct err *err);
void vfio_scmi_destroy(struct vfio *vfio);
void vfio_scmi_describe(const struct vfio *vfio, struct dt *dt);

/* A guest reset: all that the guest has switched or set of the device is as it was found. */
int vfio_scmi_reset(struct vfio_device *vdev, struct err *err);

#endif
