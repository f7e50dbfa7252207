/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IOMMU_GROUP_H
#define VFIO_IOMMU_GROUP_H

#include <stdbool.h>

#include "vmm/base/err.h"

struct vfio_handle;
struct vfio_host_device;
struct vfio_iommu;

#define CONTAINER "/dev/vfio/vfio"

/* An opened IOMMU group: devices that no IOMMU can tell apart. One process at a time has it. */
struct vfio_group {
	int number;
	int fd;
	char path[32];      /* "/dev/vfio/7" */
	bool has_container; /* the process that passed it has put it into one */
	struct vfio_group *next;
};

/* The one of this number in a list, or NULL. */
struct vfio_group *vfio_group_find(struct vfio_group *groups, int number);

/*
 * open_device() of struct vfio_iommu_ops for containers: @host is opened as a member of its group.
 * A group that @iommu has not yet is opened first, or taken from what was passed, put into the
 * container, and kept in iommu->groups. Fails when the group is not viable (a sibling is in use by
 * the host) or when another process has it.
 */
int vfio_group_open_device(struct vfio_iommu *iommu, const struct vfio_host_device *host,
			   struct vfio_handle *handle, struct err *err);

#endif
