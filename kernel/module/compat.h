/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between the versions of Linux that this module is for: 6.12 to 7.3.
 */
#ifndef VFIO_DAIS_COMPAT_H
#define VFIO_DAIS_COMPAT_H

#include <linux/version.h>

#ifndef CONFIG_ARM64
#error "vfio_dais is for 64-bit Arm; 32-bit hosts have vfio-platform"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#error "vfio_dais needs Linux 6.12"
#endif

/* The core copies struct vfio_region_info from and to user space; before, drivers did. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define DV_REGION_INFO_OP .get_region_info_caps = dv_region_info,
#else
#define DV_REGION_INFO_OP
#endif

#endif
