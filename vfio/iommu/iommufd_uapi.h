/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IOMMU_IOMMUFD_UAPI_H
#define VFIO_IOMMU_IOMMUFD_UAPI_H

/*
 * What dais uses of the kernel's <linux/iommufd.h> (Linux 6.2) and, of its <linux/vfio.h>, for a
 * device's own file (6.6). The headers of Debian 12 are older, and newer ones have the kernel's
 * names: these are dais' own.
 */
#include <linux/ioctl.h>
#include <linux/vfio.h>
#include <stdint.h>

/* size, argsz: of the struct. What is not named is 0. */

/* IOMMU_IOAS_ALLOC */
struct ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t id; /* out */
};
#define IOAS_ALLOC _IO(';', 0x81)

/* IOMMU_IOAS_IOVA_RANGES. -EMSGSIZE: n_ranges now says how many there are. */
struct ioas_iova_ranges {
	uint32_t size;
	uint32_t id;
	uint32_t n_ranges; /* in: room; out: how many there are */
	uint32_t reserved;
	uint64_t ranges; /* address of an array of struct vfio_iova_range; ascending */
	uint64_t alignment;
};
#define IOAS_IOVA_RANGES _IO(';', 0x84)

/* IOMMU_IOAS_MAP */
struct ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t id;
	uint32_t reserved;
	uint64_t hva;
	uint64_t length;
	uint64_t iova;
};
#define IOAS_MAP            _IO(';', 0x85)
#define IOAS_MAP_FIXED_IOVA (1U << 0)
#define IOAS_MAP_WRITEABLE  (1U << 1)
#define IOAS_MAP_READABLE   (1U << 2)

/* IOMMU_IOAS_UNMAP. 0 to UINT64_MAX: everything. */
struct ioas_unmap {
	uint32_t size;
	uint32_t id;
	uint64_t iova;
	uint64_t length; /* out: bytes that were unmapped */
};
#define IOAS_UNMAP _IO(';', 0x86)

/* IOMMU_IOAS_NOIOMMU_GET_PA, of Linux 7.3: where what is mapped at @iova is. */
struct ioas_get_pa {
	uint32_t size;
	uint32_t flags;
	uint32_t id;
	uint32_t reserved;
	uint64_t iova;
	uint64_t length; /* in: at most; out: so many bytes from there on are together */
	uint64_t pa;     /* out */
};
#define IOAS_GET_PA _IO(';', 0x95)

/* VFIO_DEVICE_BIND_IOMMUFD: opens the device; undone when its file is closed. */
struct cdev_bind {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t device_id; /* out */
};
#define CDEV_BIND _IO(VFIO_TYPE, VFIO_BASE + 18)

/* VFIO_DEVICE_ATTACH_IOMMUFD_PT: likewise. */
struct cdev_attach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t ioas_id; /* out: the page table's */
};
#define CDEV_ATTACH _IO(VFIO_TYPE, VFIO_BASE + 19)

#endif
