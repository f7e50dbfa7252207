/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_IRQ_LINE_H
#define VMM_CORE_IRQ_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/log.h"

struct vm;

/*
 * SPIs are numbered from 0 in dais; the GIC's INTID is 32 more (GIC architecture: INTIDs 32-1019
 * are SPIs).
 */
#define SPI_TO_INTID(spi) ((spi) + 32)
#define SPI_MAX_COUNT     988

/* The interrupt output of an emulated device, driven by KVM_IRQ_LINE. */
struct irq_line {
	struct vm *vm;
	uint32_t spi;
	unsigned int level; /* what KVM was told last */
	struct log_budget failures;
};

/*
 * Drive a level line; calls KVM only on a change. The owner of the line serialises the calls (under
 * the lock of its registers). Cannot fail for an SPI that the VGIC has.
 */
void irq_line_set(struct irq_line *line, bool level);

/*
 * The same, and tells KVM also what it was told before: for an SPI that is an edge, KVM latches a
 * rise and forgets the level (kvm_vgic_inject_irq()), so that a line which is up may be low in an
 * SPI that became a level since. A failure is logged; returns as sys_ioctl.
 */
int irq_line_tell(struct irq_line *line, bool level);

/*
 * KVM_IRQFD: a signal on @fd raises @spi. With @resample_fd >= 0 the line is a level: it stays up
 * until the guest's EOI, which lowers it and signals @resample_fd. Only after the VGIC is
 * initialised (EAGAIN before). irqfd_remove() also lowers a level line that is up.
 */
int irqfd_add(struct vm *vm, uint32_t spi, int fd, int resample_fd, struct err *err);
void irqfd_remove(struct vm *vm, uint32_t spi, int fd);

/*
 * KVM_IOEVENTFD, while @on: a write of @width bytes (1, 2, 4 or 8), of any value or of *@value, at
 * @gpa adds one to the eventfd @fd in the kernel: no exit to user space. Needs caps.ioeventfd.
 * Returns as sys_ioctl.
 */
int ioeventfd_set(struct vm *vm, uint64_t gpa, unsigned int width, const uint64_t *value, int fd,
		  bool on);

#endif
