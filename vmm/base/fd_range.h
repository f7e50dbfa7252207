/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_FD_RANGE_H
#define VMM_BASE_FD_RANGE_H

#include "vmm/base/err.h"

/*
 * Files that are asked by ioctl() have numbers by their kind. So a seccomp program, which sees
 * nothing of a file but its number, can tell the kinds apart and be made when dais is built.
 */
enum fd_range {
	FD_VFIO_DEVICE,
	FD_IOMMU,      /* containers, iommufd */
	FD_KVM_DEVICE, /* the VGIC, the KVM-VFIO device */
	FD_VHOST,      /* the kernel's back ends of virtio devices, taps */
	FD_VCPU,
	FD_VM,
	N_FD_RANGES,
};

/*
 * First number and mask of each: fd & mask == first. KVM has at most 512 vCPUs. Files that are in
 * no range are below the first; the end is below 4096, the kernel's own limit of open files
 * (INR_OPEN_MAX). libseccomp asks for high numbers first: the VM is asked most often. Devices and
 * IOMMUs are low, since fork() walks through the numbers up to the highest.
 */
#define FD_RANGES                                                                 \
	{                                                                         \
		[FD_VFIO_DEVICE] = { 1024, ~511u }, [FD_IOMMU] = { 1536, ~511u }, \
		[FD_KVM_DEVICE] = { 2048, ~255u }, [FD_VHOST] = { 2304, ~255u },  \
		[FD_VCPU] = { 2560, ~511u }, [FD_VM] = { 3072, ~0u },             \
	}
#define FD_RANGES_START 1024
#define FD_RANGES_END   3073

/*
 * Before the first of them is opened: raise the soft limit of open files, which is 1024 almost
 * everywhere, for the sake of select(). An error of EXIT_STATUS_HOST when the hard one is too low.
 */
int fd_ranges_allow(struct err *err);

/*
 * Give the file @fd, which may be a negative errno, the lowest free number of its range. Returns
 * the number; or a negative errno, and @fd is closed: -EMFILE: the range is full; -EINVAL:
 * fd_ranges_allow() was not called.
 */
int fd_to_range(int fd, enum fd_range range);

#endif
