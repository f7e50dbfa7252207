/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_CRITICAL_USE_H
#define VFIO_HOST_CRITICAL_USE_H

#include "vmm/base/err.h"

struct vfio_host_device;

/*
 * Refuse a device that the host cannot do without: its interrupt controller, an IOMMU, a timer,
 * a device that others which are in use get clocks, power and the like from, its console, what its
 * mounted disks and swap hang on, and the network interface of the default route. The latter is
 * refused, too, because who gives the command may sit behind it. From sysfs and procfs; what cannot
 * be read is taken for "no".
 */
int critical_use_check(const struct vfio_host_device *host, struct err *err);

#endif
