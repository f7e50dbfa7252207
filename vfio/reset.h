/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_RESET_H
#define VFIO_RESET_H

#include "vmm/base/err.h"

struct device_config;
struct vfio_device;

/*
 * Read reset= of @vdev, which is open, and judge it: an error when a reset is required and cannot
 * be had, a warning when it would only be better.
 */
int vfio_reset_policy_read(struct vfio_device *vdev, const struct device_config *config,
			   struct err *err);

/* VFIO_DEVICE_RESET, unless reset= or the want of a handler forbids. Its interrupts are masked. */
int vfio_device_reset(const struct vfio_device *vdev, struct err *err);

#endif
