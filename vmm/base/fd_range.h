/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_FD_RANGE_H
#define VMM_BASE_FD_RANGE_H

/*
 * Files that are asked by ioctl() have numbers by their kind. So a seccomp program, which sees
 * nothing of a file but its number, can tell the kinds apart and be made when dais is built.
 */
enum fd_range {
	FD_VFIO_DEVICE,
	FD_IOMMU,      /* containers, iommufd */
	FD_KVM_DEVICE, /* the VGIC, the KVM-VFIO device */
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
		[FD_KVM_DEVICE] = { 2048, ~255u }, [FD_VCPU] = { 2560, ~511u },   \
		[FD_VM] = { 3072, ~0u },                                          \
	}
#define FD_RANGES_START 1024
#define FD_RANGES_END   3073

/*
 * Give the file @fd, which may be a negative errno, the lowest free number of its range. Returns
 * the number; or a negative errno, and @fd is closed: -EMFILE: the range is full, or the hard limit
 * of open files is below its end.
 */
int fd_to_range(int fd, enum fd_range range);

#endif
