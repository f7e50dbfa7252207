/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IRQ_IRQ_H
#define VFIO_IRQ_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/core/irq_line.h"

struct device_config;
struct event_source;
struct platform_bus;
struct vfio_user_irqs;
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

/*
 * One interrupt of an assigned device, from the host's handler to the guest's SPI.
 *
 * irqfd, level (VFIO: AUTOMASKED): the host's handler masks the line and signals trigger_fd; KVM's
 * irqfd raises the SPI; the guest's EOI lowers it and signals resample_fd; VFIO unmasks, and a line
 * that is still up comes again. Edge: the first half only.
 *
 * forward: wired as irqfd, but the host's handler does not mask, and the guest's EOI deactivates
 * the host's interrupt itself: resample_fd stays silent.
 *
 * eventfd: trigger_fd wakes the main loop; see vfio/irq/user.h.
 */
struct vfio_irq {
	const char *name; /* "10000000.ahci interrupt 0" */
	int device_fd;    /* the device's */
	unsigned int index;
	bool level;
	/* Its line is that of one before it, so that VFIO has nothing to give: nothing of this one
	 * is ever wired or counted. */
	bool is_repeated;
	uint32_t spi; /* once placed */
	enum vfio_irq_mode wanted_mode;
	enum vfio_irq_mode mode; /* since the last arm */
	char why[128];           /* why that and not a better one; empty: there is none */
	enum vfio_irq_mode told; /* the user; AUTO: nothing yet */
	struct log_budget log;   /* what a guest can provoke, by resets too */

	int trigger_fd;                             /* -1: none */
	int resample_fd;                            /* -1: none, and for an edge */
	bool has_irqfd, has_unmask_fd, has_trigger; /* what of it is armed */

	/* mode eventfd: vfio/irq/user.h */
	struct vfio_irq_eoi eoi;
	struct vfio_user_irqs *user;
	struct event_source *source;
	/* under user->lock once it is armed */
	struct irq_line line;
	bool in_flight;       /* raised, and not completed yet … */
	unsigned int n_ticks; /* … so many ticks of mmap-timeout ago */
	bool asked;           /* unmasked to see whether it comes again; not answered yet */
	uint64_t n_wakeups;   /* times that the main loop raised it */
	uint64_t n_again;     /* interrupts of the host that were answers */

	unsigned int host_irq; /* Linux's number, where host_irq_known */
	bool host_irq_known;
	uint64_t n_before; /* interrupts that the host had counted when the device was opened */
};

/*
 * Ask the kernel for interrupt @index of @device_fd and make the eventfds. The caller has filled
 * name (which outlives it), the wishes and eoi, and set both fds to -1. After an error
 * vfio_irq_destroy() cleans up.
 */
int vfio_irq_query(struct vfio_irq *irq, int device_fd, unsigned int index, struct err *err);

/* Before arm: its SPI, which @bus has given out. */
void vfio_irq_put(struct vfio_irq *irq, struct platform_bus *bus, uint32_t spi);

/*
 * Wire the interrupt to the initialised VGIC in the best mode, and let it come. An interrupt that
 * an earlier quiesce left masked is unmasked: if its line is still up, it comes at once. On error
 * nothing of it is armed.
 */
int vfio_irq_arm(struct vfio_irq *irq, struct vm *vm, struct err *err);

/*
 * Undo what was armed: when this returns, nothing arrives and the guest's line is low. vCPUs are
 * parked.
 */
void vfio_irq_quiesce(struct vfio_irq *irq, struct vm *vm);

/* After quiesce. */
void vfio_irq_destroy(struct vfio_irq *irq);

/*
 * Whether it is for KVM's resampling to tell VFIO of its end: a level, which will be an irqfd. Not
 * what the kernel offers to forward: where it refuses that, and does not resample either, kernel/
 * has the patch for the latter beside that for the former.
 */
bool vfio_irq_needs_resample(const struct vfio_irq *irq, const struct vm *vm);

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

/*
 * VFIO_DEVICE_SET_IRQS for one interrupt; @action is one of VFIO_IRQ_SET_ACTION_*. They return as
 * sys_ioctl and set no message.
 */

/* The one eventfd that a platform interrupt takes for @action; -1: none any more. */
int vfio_irq_set_fd(const struct vfio_irq *irq, uint32_t action, int32_t fd);
/* @n 1: do the action now; 0: with VFIO_IRQ_SET_ACTION_TRIGGER, disable the interrupt. */
int vfio_irq_set_none(const struct vfio_irq *irq, uint32_t action, uint32_t n);
/* Do the action now, said in the other of the two ways that the kernel has for it. */
int vfio_irq_set_bool(const struct vfio_irq *irq, uint32_t action);

#endif
