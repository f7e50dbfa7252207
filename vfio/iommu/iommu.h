/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IOMMU_IOMMU_H
#define VFIO_IOMMU_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "vfio/vfio.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"

struct pagemap_misfit;
struct passed_fds;
struct vfio_host_device;
struct vfio_iommu;
struct vfio_iova_range;

/* Ranges of IOVA, collected. Freed by the owner. */
struct iova_list {
	struct range *ranges;
	unsigned int n_ranges;
};

/* Add @range unless one that is there contains it. Empty ranges are ignored. 0 or -ENOMEM. */
int iova_list_add(struct iova_list *list, struct range range);
/* Add all but @usable, which is ascending; <linux/vfio.h>: both ends are in the range. */
int iova_list_add_complement(struct iova_list *list, const struct vfio_iova_range *usable,
			     unsigned int n_usable);

/* A device of the host, opened by vfio_handle_open() (context.h). */
struct vfio_handle {
	const struct vfio_host_device *host;
	int fd; /* the device's, the handle's own; -1: not open */
	/*
	 * By which file KVM knows the device: its group's, which it shares with others, or fd
	 * itself. -1: none. The backend's.
	 */
	int kvm_fd;
	/*
	 * Its driver pins what the device is told of: vfio_pin(). The backend's. Then whether that
	 * is so of all RAM, once and for all.
	 */
	bool can_pin, has_pinned;
	struct vfio_handle *next; /* struct vfio's list */
};

/*
 * An IOMMU backend: how the kernel is told which guest RAM a device may reach. vfio.c keeps one
 * address space of devices in each struct vfio_iommu, all of them mapped alike. Order of calls:
 * open, open_device (once or more), reserved, map and unmap_all at will, close after the devices
 * are closed. Only guest RAM is ever mapped, for reading and writing: mainline has no flag that
 * forbids a device to fetch instructions from what it may read (a PL330 does), and a flag that
 * old, unmerged kernels had for it has another meaning now.
 */
struct vfio_iommu_ops {
	const char *name;

	/*
	 * An address space without devices. Its file and its devices' are in @passed or in /dev.
	 * On success *iommu is the caller's.
	 */
	int (*open)(struct passed_fds *passed, struct vfio_iommu **iommu, struct err *err);
	/*
	 * Open @host, which is bound, and let it use this address space until handle->fd is closed:
	 * fills fd and kvm_fd. This resets the device where the kernel can, and requests its
	 * interrupts. -EXDEV: it cannot share the address space with what is in it, and is closed.
	 */
	int (*open_device)(struct vfio_iommu *iommu, const struct vfio_host_device *host,
			   struct vfio_handle *handle, struct err *err);
	/* Add to @list where nothing can be mapped; NULL: all can be. */
	int (*reserved)(struct vfio_iommu *iommu, struct iova_list *list, struct err *err);
	/*
	 * Let devices read and write [hva, hva + iova.size) at @iova. Pins the memory; -ENOMEM:
	 * more than the limit.
	 */
	int (*map)(struct vfio_iommu *iommu, struct range iova, void *hva, struct err *err);
	/*
	 * Undo every map, whoever made it: a process that shares the file may not know of it.
	 * *size: bytes that were unmapped, maybe 0.
	 */
	int (*unmap_all)(struct vfio_iommu *iommu, uint64_t *size, struct err *err);
	/* Frees it as well. */
	void (*close)(struct vfio_iommu *iommu);
};

/* What every backend has; embedded first in its own struct, or all of it. */
struct vfio_iommu {
	const struct vfio_iommu_ops *ops;
	struct passed_fds *passed; /* may be NULL */
	int fd;
	unsigned long type;        /* of a container: VFIO_SET_IOMMU's number */
	struct vfio_group *groups; /* open and in this address space, where the backend has such */
	uint64_t mapped;           /* bytes that vfio.c has mapped */
	struct vfio_iommu *next;
};

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

/* close() for those that have no more: the groups, the file, and @iommu itself. */
void vfio_iommu_close(struct vfio_iommu *iommu);

/* An IOAS of /dev/iommu for each address space, and the devices' own files. */
extern const struct vfio_iommu_ops vfio_iommufd_ops;
/*
 * The same of devices without an IOMMU, whose files are "noiommu-vfioN" (Linux 7.3), where
 * iommu->type is VFIO_NOIOMMU_IOMMU: map() pins guest RAM, and this tells where that is: *length
 * bytes from @iova on, of which there are at most so many, are together at *pa.
 */
#define NOIOMMU_CDEV "/dev/vfio/devices/noiommu-"
int vfio_iommufd_get_pa(struct vfio_iommu *iommu, uint64_t iova, uint64_t *length, uint64_t *pa,
			struct err *err);
/* The container of <linux/vfio.h> with VFIO_TYPE1v2_IOMMU. */
extern const struct vfio_iommu_ops vfio_type1_ops;
/*
 * No IOMMU: "map" only verifies that the memory's physical address is @iova. Not even that where
 * the driver pins it (kernel/module): then vfio_pin_ram() does both.
 */
extern const struct vfio_iommu_ops vfio_noiommu_ops;
/* The error of guest RAM at @iova that is not there: @misfit and @code as of pagemap_check(). */
int vfio_misplaced(struct range iova, const struct pagemap_misfit *misfit, int code,
		   struct err *err);
/* By enum vfio_backend; NULL: AUTO, and what this dais was built without. */
extern const struct vfio_iommu_ops *const vfio_backends[N_VFIO_BACKENDS];

#endif
