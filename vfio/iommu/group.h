/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IOMMU_GROUP_H
#define VFIO_IOMMU_GROUP_H

#include <stdbool.h>

#include "vmm/base/err.h"

struct passed_fds;
struct vfio_host_device;

/* An opened IOMMU group: devices that no IOMMU can tell apart. One process at a time has it. */
struct vfio_group {
	int number;
	int fd;
	char path[32];      /* "/dev/vfio/7" */
	bool has_container; /* whoever passed it has put it into one */
	struct vfio_group *next;
};

/* The one of this number in a list, or NULL. */
struct vfio_group *vfio_group_find(struct vfio_group *groups, int number);

/*
 * Open the group of @host, which is bound, or take it from @passed. Fails when the group is not
 * viable (a sibling is in use by the host) or when another process has it. On success *group is the
 * caller's.
 */
int vfio_group_open(const struct vfio_host_device *host, struct passed_fds *passed,
		    struct vfio_group **group, struct err *err);

/*
 * Open @host, a member; the group is attached to an address space. This resets the device where the
 * kernel can, and requests its interrupts. Returns the fd.
 */
int vfio_group_open_device(struct vfio_group *group, const struct vfio_host_device *host,
			   struct err *err);

/* After its devices are closed. NULL is fine. */
void vfio_group_close(struct vfio_group *group);
/* A list of them; it is empty afterwards. */
void vfio_groups_close(struct vfio_group **groups);

#endif
