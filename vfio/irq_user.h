/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IRQ_USER_H
#define VFIO_IRQ_USER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct event_source;
struct vfio_device;
struct vfio_irq;

/*
 * Interrupts of one device that user space handles (mode eventfd).
 *
 * Level: the host's handler masks the line and signals trigger_fd. The main loop takes the page
 * with the register that completes the interrupt out of stage 2 (or all of the device, when eoi=
 * does not tell which register that is), and raises the SPI. The guest's access to that register
 * now traps; after it was done, the vCPU's thread lowers the SPI and unmasks. A line that is still
 * up comes again. When a quiet time has passed without an interrupt, the pages are mapped again.
 *
 * Why it never storms: the line is unmasked once for each access of the guest, never by itself. Why
 * none is lost: what is masked is in flight, and what is in flight is unmasked by the next access.
 * Each interrupt is in flight for itself; where eoi= is not known, an access completes all that
 * are.
 *
 * What was handled before it could be raised (the guest looked by itself) leaves the guest an
 * interrupt without a cause, and a handler that finds none may leave the register alone. So one
 * that is in flight for longer than a tick is completed by any access, and everything traps
 * meanwhile.
 *
 * Edge: the main loop gives the SPI a pulse.
 */
struct vfio_user_irqs {
	struct vfio_device *vdev;
	unsigned int quiet_ms; /* mmap-timeout= */
	pthread_mutex_t lock;  /* of in_flight and line of the interrupts */
	bool prepared;
	/* of the main thread */
	int timer_fd; /* ticks once in quiet_ms while pages are out of stage 2 */
	struct event_source *timer;
	unsigned int trapping;              /* enum vfio_trapping */
	uint64_t n_wakeups, n_wakeups_seen; /* now; at the last tick */
};

#define VFIO_QUIET_MS 100 /* default of mmap-timeout= */

/* Before the regions are attached: find out which interrupts are for this, and what has to trap. */
int vfio_user_irqs_prepare(struct vfio_device *vdev, struct err *err);
void vfio_user_irqs_destroy(struct vfio_device *vdev);

/* Let the main loop wait for trigger_fd, which nobody signals yet. */
int vfio_user_irq_wire(struct vfio_irq *irq, struct err *err);
/* Nobody signals any more, vCPUs are parked: the line is low and the pages are mapped then. */
void vfio_user_irq_unwire(struct vfio_irq *irq);

#endif
