/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IRQ_MODE_H
#define VFIO_IRQ_MODE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct device_config;
struct vfio_irq;
struct vm;

/* How an interrupt comes to the guest; what irq-mode= names, in this order. */
enum vfio_irq_mode {
	VFIO_IRQ_AUTO,    /* the first of those below that the host has */
	VFIO_IRQ_FORWARD, /* the guest's EOI deactivates the host's interrupt: no work to complete
			     it */
	VFIO_IRQ_IRQFD,   /* in the kernel; a level interrupt with resampling */
	VFIO_IRQ_EVENTFD, /* by the main loop, for hosts without the above */
};
const char *vfio_irq_mode_name(enum vfio_irq_mode mode);

/* Where a guest acknowledges an interrupt to the device, as eoi= says. */
struct vfio_irq_eoi {
	bool known;
	bool by_write; /* only a write does it; reads of the page go on without an exit */
	unsigned int region;
	uint64_t offset; /* in the region, bytes */
};

/* What eoi= of @config says of interrupt @index; left alone where it says nothing. */
void vfio_irq_eoi_of(const struct device_config *config, unsigned int index,
		     struct vfio_irq_eoi *eoi);

/* Whether user space will handle it: asked for, or the host has nothing better. KVM was asked. */
bool vfio_irq_uses_eventfd(const struct vfio_irq *irq, const struct vm *vm);

/*
 * Set irq->mode, and irq->why where that is not the best mode, before anything is wired; forwarding
 * is left to vfio_irq_forward(). A mode that was named and that the host does not have is an error.
 */
int vfio_irq_choose(struct vfio_irq *irq, const struct vm *vm, struct err *err);

/*
 * Forward an interrupt whose irqfd and resampling are wired, where the kernel can; else it stays as
 * it is and irq->why says why, unless forwarding was asked for by name: an error. The interface is
 * attribute group KVM_DEV_VFIO_DEVICE of the KVM-VFIO device: kernel/README.md.
 */
int vfio_irq_forward(struct vfio_irq *irq, struct vm *vm, struct err *err);
void vfio_irq_unforward(struct vfio_irq *irq, struct vm *vm);
/* The kernel has that interface, and it is switched on. @kvm_vfio_fd: the KVM-VFIO device. */
bool vfio_irq_can_forward(int kvm_vfio_fd);

#endif
