/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IOMMU_H
#define VFIO_IOMMU_H

#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/core/ram.h"

struct vfio_group;
struct vfio_iommu;

/* Ranges of IOVA, collected. Freed by the owner. */
struct iova_list {
	struct range *ranges;
	unsigned int n_ranges;
};

/* Add @range unless one that is there contains it. Empty ranges are ignored. 0 or -ENOMEM. */
int iova_list_add(struct iova_list *list, struct range range);

/*
 * An IOMMU backend: how the kernel is told which guest RAM a device may reach. vfio.c keeps one
 * address space of devices in each struct vfio_iommu, all of them mapped alike. Order of calls:
 * open, attach (once or more), reserved, map and unmap at will, close after the devices are closed.
 */
struct vfio_iommu_ops {
	const char *name;

	/* An address space without groups. On success *iommu is the caller's. */
	int (*open)(struct vfio_iommu **iommu, struct err *err);
	/*
	 * The group's devices use this address space from here on, until the group is closed.
	 * -EXDEV: not together with the groups that are in it already; the group is as before.
	 */
	int (*attach)(struct vfio_iommu *iommu, struct vfio_group *group, struct err *err);
	/* Add to @list where nothing can be mapped. */
	int (*reserved)(struct vfio_iommu *iommu, struct iova_list *list, struct err *err);
	/*
	 * Let devices read and write [hva, hva + iova.size) at @iova. Pins the memory; -ENOMEM:
	 * more than the limit.
	 */
	int (*map)(struct vfio_iommu *iommu, struct range iova, void *hva, struct err *err);
	/* Undo one map, whole. */
	int (*unmap)(struct vfio_iommu *iommu, struct range iova, struct err *err);
	/* Frees it as well. */
	void (*close)(struct vfio_iommu *iommu);
};

/* What every backend has; embedded first in its own struct, or all of it. */
struct vfio_iommu {
	const struct vfio_iommu_ops *ops;
	int fd;
	unsigned int n_groups;
	struct range mapped[RAM_MAX_BANKS]; /* vfio.c's record */
	unsigned int n_mapped;
	struct vfio_iommu *next;
};

/* The container of <linux/vfio.h> with VFIO_TYPE1v2_IOMMU. */
extern const struct vfio_iommu_ops vfio_type1_ops;

#endif
