/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IRQ_H
#define VFIO_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct platform_bus;
struct vm;

/*
 * One interrupt of an assigned device, from the host's handler to the guest's SPI without user
 * space.
 *
 * Level (VFIO: AUTOMASKED): the host's handler masks the line and signals trigger_fd; KVM's irqfd
 * raises the SPI; the guest's EOI lowers it and signals resample_fd; VFIO unmasks, and a line that
 * is still up comes again. Edge: the first half only.
 */
struct vfio_irq {
	char name[160]; /* "10000000.ahci interrupt 0" */
	int device_fd;  /* the device's */
	unsigned int index;
	bool level;
	uint64_t wanted_spi;                        /* PLATFORM_BUS_ANY: the bus chooses */
	uint32_t spi;                               /* once placed */
	int trigger_fd;                             /* -1: none */
	int resample_fd;                            /* -1: none, and for an edge */
	bool has_irqfd, has_unmask_fd, has_trigger; /* what of it is armed */

	unsigned int host_irq; /* Linux's number, where host_irq_known */
	bool host_irq_known;
	uint64_t n_before; /* interrupts that the host had counted when the device was opened */
};

/*
 * Ask the kernel for interrupt @index of @device_fd and make the eventfds. The caller has filled
 * name and wanted_spi, and set both fds to -1. After an error vfio_irq_destroy() cleans up.
 */
int vfio_irq_query(struct vfio_irq *irq, int device_fd, unsigned int index, struct err *err);

/* Take the SPI from the bus. Pinned ones come first. */
int vfio_irq_place(struct vfio_irq *irq, struct platform_bus *bus, struct err *err);

/*
 * Wire the interrupt to the initialised VGIC, and let it come. An interrupt that an earlier quiesce
 * left masked is unmasked: if its line is still up, it comes at once. On error nothing of it is
 * armed.
 */
int vfio_irq_arm(struct vfio_irq *irq, struct vm *vm, struct err *err);

/*
 * Undo what was armed: when this returns, nothing arrives and the guest's line is low. vCPUs are
 * parked.
 */
void vfio_irq_quiesce(struct vfio_irq *irq, struct vm *vm);

/* After quiesce. */
void vfio_irq_destroy(struct vfio_irq *irq);

#endif
