/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_USE_H
#define VFIO_HOST_USE_H

#include "vfio/host/device.h"
#include "vmm/base/err.h"

/* Who has a device of the host, as far as /proc and the records of dais (record.h) tell. */
enum vfio_use {
	VFIO_USE_NONE,
	VFIO_USE_OWNED,      /* another process has it, or a device of its IOMMU group */
	VFIO_USE_LEFT_BOUND, /* a dais that is gone could not give it back, or leave it quiet */
};

/*
 * Reads only. What is not VFIO_USE_NONE is told in @err, in the words of an error: who has the
 * device or why it was left bound, and what ends it.
 */
enum vfio_use vfio_device_use(const struct vfio_host_device *host, struct err *err);

#endif
