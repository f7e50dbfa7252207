/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_NODES_H
#define VFIO_NODES_H

/*
 * The guest's device tree nodes of assigned devices, made of the running host's. They are planned
 * together (vfio_nodes_plan() in vfio.h), so that they can refer to each other, and written one by
 * one.
 */
#include "vmm/base/err.h"

struct dt;
struct vfio;
struct vfio_device;

/* Nothing when the device's overlay brings the node. */
int vfio_node_write(const struct vfio_device *vdev, struct dt *dt, struct err *err);

/* Read which memory of the host the devices are to have, and add it to vfio->reserved. */
int vfio_nodes_reserve(struct vfio *vfio, struct err *err);

void vfio_nodes_destroy(struct vfio *vfio);

#endif
