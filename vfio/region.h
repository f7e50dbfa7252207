/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_REGION_H
#define VFIO_REGION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"

struct vm;

/* What the user said of mmap=. */
enum vfio_mmap {
	VFIO_MMAP_AUTO, /* whatever can be mapped is; what can not be by its nature is trapped */
	VFIO_MMAP_ON,   /* mapped, or an error */
	VFIO_MMAP_OFF,  /* trapped */
};

/* What of an area traps. */
enum vfio_trap {
	VFIO_TRAP_NOTHING,
	VFIO_TRAP_WRITES,
	VFIO_TRAP_ALL,
};

/* A page-aligned part of a region that guests reach without an exit. */
struct vfio_area {
	struct range range;    /* relative to the region */
	void *hva;             /* NULL: not mapped yet */
	int slot;              /* memslot, -1: none */
	enum vfio_trap rest;   /* at any time */
	enum vfio_trap trap;   /* while an interrupt is in flight; not less */
	enum vfio_trap wanted; /* now, unless the device is off */
	enum vfio_trap now;
};

/*
 * One register window of an assigned device. All of it stands in the MMIO table; areas that can be
 * mapped lie over it as memslots. What traps is served by an access of 4 bytes to
 * dais' own mapping where there is one, else by pread and pwrite of the access's own width, of
 * which the kernel makes accesses of 4 bytes at most (vfio_platform_read_mmio()).
 */
struct vfio_region {
	const char *name; /* "10000000.ahci region 0" */
	int device_fd;    /* the device's */
	uint64_t size;
	uint64_t file_offset; /* of the region in device_fd */
	uint32_t flags;       /* VFIO_REGION_INFO_FLAG_* */
	uint64_t page_offset; /* on the host: address modulo the page */
	enum vfio_mmap mmap;
	uint64_t gpa; /* once placed */
	struct vfio_area *areas;
	unsigned int n_areas;
	struct log_budget failures; /* accesses that the kernel refused */
	pthread_mutex_t lock;       /* of what traps, once it is attached */
	/* Somebody may switch the device off at any time: it is never touched through a mapping of
	   dais' own, which would be gone. */
	bool by_file;
	unsigned int off; /* atomic: it is: reads give ones, writes are lost */
	uint64_t n_off;   /* atomic: accesses that were such */
	/* told of each access that was trapped, after it was done; on vCPU threads; NULL (no
	   level interrupt of the device is in mode eventfd): nobody */
	void (*accessed)(void *opaque, const struct vfio_region *region, uint64_t offset,
			 unsigned int width, bool is_write);
	void *accessed_opaque;
};

/*
 * Ask the kernel for region @index of @device_fd, and see what of it can be mapped. The caller has
 * filled name (which outlives the region), page_offset and mmap. After an error
 * vfio_region_destroy() cleans up.
 */
int vfio_region_query(struct vfio_region *region, int device_fd, unsigned int index,
		      struct err *err);

/* Before attach: its address in the guest, which the platform bus has given out. */
void vfio_region_put(struct vfio_region *region, uint64_t gpa);

/*
 * Before attach: all that is mapped (@offset VFIO_REGION_ALL), or only the page of @offset, which
 * becomes an area of its own, is to trap as @trap says: @always, or while vfio_region_trap() wants
 * it.
 */
#define VFIO_REGION_ALL UINT64_MAX
int vfio_region_trappable(struct vfio_region *region, uint64_t offset, enum vfio_trap trap,
			  bool always, struct err *err);
/*
 * After attach, with vCPUs running or not: @on, what vfio_region_trappable() said traps, from the
 * return of this on; else all of it is mapped but what always traps. Accesses are right at any
 * time, trapped or not.
 */
int vfio_region_trap(struct vfio_region *region, struct vm *vm, bool on, struct err *err);

/*
 * After attach, on any thread: the device goes off, and nothing reaches it when this returns 0; or
 * it is on again. Returns as sys_ioctl.
 */
int vfio_region_set_off(struct vfio_region *region, struct vm *vm, bool off);

/* Into the MMIO table, and areas into memslots. */
int vfio_region_attach(struct vfio_region *region, struct vm *vm, struct err *err);

/*
 * Takes the memslots away and the mappings, if there are any; the MMIO table keeps its entry until
 * the VM goes.
 */
void vfio_region_detach(struct vfio_region *region, struct vm *vm);
/* After detach. */
void vfio_region_destroy(struct vfio_region *region);

#endif
