/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_REGION_H
#define VFIO_REGION_H

#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"

struct platform_bus;
struct vm;

/* What the user said of mmap=. */
enum vfio_mmap {
	VFIO_MMAP_AUTO, /* whatever can be mapped is; what can not be by its nature is trapped */
	VFIO_MMAP_ON,   /* mapped, or an error */
	VFIO_MMAP_OFF,  /* trapped */
};

/* A page-aligned part of a region that guests reach without an exit. */
struct vfio_area {
	struct range range; /* relative to the region */
	void *hva;          /* NULL: not mapped yet */
	int slot;           /* memslot, -1: none */
};

/*
 * One register window of an assigned device. All of it stands in the MMIO table; areas that can be
 * mapped lie over it as memslots. What traps is served by pread and pwrite of the access's own
 * width, of which the kernel makes accesses of 4 bytes at most (vfio_platform_read_mmio()).
 */
struct vfio_region {
	char name[160]; /* "10000000.ahci region 0" */
	int device_fd;  /* the device's */
	uint64_t size;
	uint64_t file_offset; /* of the region in device_fd */
	uint32_t flags;       /* VFIO_REGION_INFO_FLAG_* */
	uint64_t page_offset; /* on the host: address modulo the page */
	uint64_t wanted_gpa;  /* PLATFORM_BUS_ANY: the bus chooses */
	enum vfio_mmap mmap;
	uint64_t gpa; /* once placed */
	struct vfio_area *areas;
	unsigned int n_areas;
	struct log_budget failures; /* accesses that the kernel refused */
};

/*
 * Ask the kernel for region @index of @device_fd, and see what of it can be mapped. The caller has
 * filled name, page_offset, wanted_gpa and mmap. After an error vfio_region_destroy() cleans up.
 */
int vfio_region_query(struct vfio_region *region, int device_fd, unsigned int index,
		      struct err *err);

/* Take the guest's address from the bus. Pinned regions come first. */
int vfio_region_place(struct vfio_region *region, struct platform_bus *bus, struct err *err);

/* Into the MMIO table, and areas into memslots. */
int vfio_region_attach(struct vfio_region *region, struct vm *vm, struct err *err);

/* Takes the memslots away and the mappings; the MMIO table keeps its entry until the VM goes. */
void vfio_region_destroy(struct vfio_region *region, struct vm *vm);

#endif
