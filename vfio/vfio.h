/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_VFIO_H
#define VFIO_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/core/memmap.h"

struct host_tree;
struct passed_fds;
struct ram;
struct vm;

/*
 * The host side of all assigned devices of one VM: their address spaces. Created before the
 * devices; devices join it in their create(). Order of calls:
 *
 *	vfio_create()		nothing is opened yet
 *	vfio-platform's create	opens the device, which joins an address space
 *	vfio_reserved()		IOVA ranges where guest RAM must not be
 *	vfio_carve()		when guest RAM is planned
 *	vfio_allow_locking()	before it is mapped for the first time
 *	vfio_dma_map()		guest RAM, IOVA = IPA, one ioctl per bank and address space
 *	vfio_kvm_attach()	tell KVM of the devices (KVM-VFIO device); the VM exists
 *	…
 *	vfio_dma_unmap()	at a guest reset, between quiesce and ram_clear()
 *	vfio_dma_map()		… and after it again
 *	vfio_kvm_detach()	before the VM goes
 *	vfio_release()		when no guest uses the devices any more
 *	vfio_destroy()		after the devices
 */
struct vfio;

/* How devices reach guest RAM, as iommu= names it, in this order. */
enum vfio_backend {
	VFIO_BACKEND_AUTO,
	VFIO_BACKEND_IOMMUFD, /* /dev/iommu and the device's own file */
	VFIO_BACKEND_TYPE1,   /* container and group */
	VFIO_BACKEND_NONE,    /* there is no IOMMU: by physical address */
	N_VFIO_BACKENDS,
};

/* @passed: where the files of /dev may be; outlives it, may be NULL. */
int vfio_create(struct vfio **vfio, enum vfio_backend backend, struct passed_fds *passed,
		struct err *err);

/* The host's tree, which is read already, is @vfio's from now on; NULL: it is not. */
void vfio_use_tree(struct vfio *vfio, struct host_tree *tree);
/* The one that it has, or has read since; NULL: none yet. @vfio may be NULL. */
const struct host_tree *vfio_tree(const struct vfio *vfio);

/*
 * Ranges that no RAM may use: IOVA by the kernel's list of each address space and group, and where
 * memory of the host's own will be (carveout.NAME=host). Owned by @vfio, valid until the next
 * device joins.
 */
int vfio_reserved(struct vfio *vfio, const struct range **ranges, unsigned int *n_ranges,
		  struct err *err);

/*
 * Set apart in @ram, which is planned, what devices are to have for the memory that the host
 * reserves for them (carveout.NAME=guest), and add to it what they have of the host's.
 */
int vfio_carve(struct vfio *vfio, const struct memmap *map, struct ram *ram, struct err *err);

/*
 * Raise RLIMIT_MEMLOCK as far as vfio_dma_map() of @size bytes needs it, or tell how the user can.
 * Before guest RAM is made.
 */
int vfio_allow_locking(const struct vfio *vfio, uint64_t size, struct err *err);
/* How much this process may lock for its devices; UINT64_MAX: however much. */
uint64_t vfio_lockable(void);
/* Whether vfio_allow_locking() of @size bytes, for one address space, can succeed. */
int vfio_check_locking(uint64_t size, struct err *err);

/* All banks of @ram for all devices, or none: after an error nothing is mapped. */
int vfio_dma_map(struct vfio *vfio, const struct ram *ram, struct err *err);
/* Unmaps what is mapped, all of it; 0 when nothing is. */
int vfio_dma_unmap(struct vfio *vfio, struct err *err);

/*
 * For devices without an IOMMU whose driver is dais' own, which holds what they are told of until
 * they are closed and known to be quiet: whether there are any; have them hold the huge page of
 * @size bytes at @hva, which is then known to be at *pa; and let go of it, before vfio_dma_map().
 */
bool vfio_can_pin(const struct vfio *vfio);
int vfio_pin(const struct vfio *vfio, void *hva, uint64_t size, uint64_t *pa, struct err *err);
void vfio_unpin(const struct vfio *vfio, uint64_t pa, uint64_t size);

/* What of guest RAM devices can reach: one for each address space. */
struct vfio_mapped {
	const char *backend;
	uint64_t size; /* bytes, which the kernel has locked too */
};
/* Fill @mapped, at most @n_max (0: it may be NULL). Returns how many there are in all. */
unsigned int vfio_mapped(const struct vfio *vfio, struct vfio_mapped *mapped, unsigned int n_max);

int vfio_kvm_attach(struct vfio *vfio, struct vm *vm, struct err *err);
/* KVM holds what it was told of, so that nobody else could open it, until then. */
void vfio_kvm_detach(struct vfio *vfio);

/*
 * All devices stop working for the guest: interrupts off, DMA cut, reset as reset= says, or else
 * brought to rest by their registers, in this order. Needs their descriptors alone: the VM may be
 * gone, and have been another process's. All of it is tried; @failed is told of each failure, with
 * the host's device, or NULL for those of a whole address space; @at_work of each device without a
 * reset that is not seen to be at rest. @may_note: of what has no IOMMU, note that it is quiet
 * (ram_record.h), which a process in the sandbox cannot.
 */
void vfio_release(struct vfio *vfio, bool may_note,
		  void (*failed)(void *opaque, const char *device, const struct err *err),
		  void (*at_work)(void *opaque, const char *device, const struct err *err),
		  void *opaque);

/*
 * Read the host's tree and decide what of it the guest gets of each device; before the devices'
 * describe(), when all have their addresses. The second call does nothing. @console: path of dais'
 * own console in the guest; NULL: it has none.
 */
int vfio_nodes_plan(struct vfio *vfio, const char *console, struct err *err);
/* Apply the devices' overlays to the finished tree, and check what came of it; *blob is replaced.
 */
int vfio_nodes_finish(struct vfio *vfio, void **blob, size_t *size, struct err *err);

/*
 * Without an IOMMU, only its reset quiets a device: -ENOTSUP when one has no handler for that, or
 * may not have it called. Nothing to say of other backends.
 */
int vfio_check_resets(const struct vfio *vfio, struct err *err);

/* A level interrupt of a device is to be an irqfd. After vfio_kvm_attach(). */
bool vfio_wants_resample(const struct vfio *vfio, const struct vm *vm);

bool vfio_is_empty(const struct vfio *vfio); /* no device joined */

/* What the guest has asked of its SCMI platform (vfio/scmi.h); each message is one hypercall. */
struct vfio_scmi_counts {
	uint64_t n_messages; /* that were answered */
	uint64_t n_errors;   /* of these, with another status than SUCCESS */
	uint64_t n_refused;  /* calls that had no message, or came while another's was answered */
	uint64_t n_off;      /* accesses to registers of devices that were off */
};
/* False: it has none. May be called while vCPUs run. */
bool vfio_scmi_counts(const struct vfio *vfio, struct vfio_scmi_counts *counts);

/*
 * What the host counted for one interrupt of an assigned device since the device was opened, less
 * what came again only because dais looked whether its line was still up (vfio/irq/user.h).
 */
struct vfio_irq_count {
	const char *device; /* the host's name of it; lives as long as the device */
	unsigned int index; /* in its node */
	uint32_t spi;       /* in the guest */
	bool level;         /* else edge */
	const char *mode;   /* how it comes, and why not in a better way; as long as the device */
	const char *why;
	bool known; /* false: /proc/interrupts did not tell, n_interrupts is 0 */
	uint64_t n_interrupts;
	uint64_t n_wakeups; /* of the main loop */
	uint64_t eoi_gpa; /* where a guest acknowledges it, or the device's first register; 0: none
			   */
	bool eoi_by_write;
};

/*
 * Fill @counts, at most @n_max (0: it may be NULL), for all devices in the order of their creation,
 * before they are destroyed. Returns how many there are in all.
 */
unsigned int vfio_irq_counts(const struct vfio *vfio, struct vfio_irq_count *counts,
			     unsigned int n_max);

/* What can be done to an interrupt, without the device. */
enum vfio_irq_action {
	VFIO_IRQ_MASK,
	VFIO_IRQ_UNMASK,
	VFIO_IRQ_FIRE,      /* as if the device had */
	VFIO_IRQ_FIRE_BOOL, /* … said in the other of the two ways that the kernel has */
};
/* To interrupt @n of vfio_irq_counts(), which is armed. Returns as sys_ioctl; -ENOENT: no such. */
int vfio_irq_act(const struct vfio *vfio, unsigned int n, enum vfio_irq_action action);

/* Whatever the configuration said, it is to have this mode, "irqfd": before it is armed. */
void vfio_irq_want(const struct vfio *vfio, unsigned int n, const char *mode);

void vfio_destroy(struct vfio *vfio);

extern const struct device_class vfio_platform_class;
/* The same for devices of one kind, which they insist on. */
extern const struct device_class vfio_calxeda_xgmac_class;
extern const struct device_class vfio_amd_xgbe_class;

#endif
