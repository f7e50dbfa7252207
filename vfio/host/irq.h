/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_IRQ_H
#define VFIO_HOST_IRQ_H

#include <stdint.h>

struct vfio_host_device;

/* A line of /proc/interrupts. */
struct host_irq {
	unsigned int number; /* Linux's */
	uint64_t count;      /* interrupts so far, all CPUs */
};

#define HOST_IRQ_MAX 256

struct host_irq_list {
	struct host_irq irqs[HOST_IRQ_MAX];
	unsigned int n_irqs;
};

#define HOST_IRQ_FILE "/proc/interrupts"

/*
 * The lines of @fd, an open HOST_IRQ_FILE, that belong to VFIO for @host, or to its like:
 * "vfio-irq[N](NAME)", where vfio-amba has the kind of the device for a name and not its own.
 * Ascending; the kernel numbers a device's interrupts in their order. None when the file cannot be
 * read (@fd may be -1).
 */
void host_irq_read(int fd, const struct vfio_host_device *host, struct host_irq_list *list);

#endif
