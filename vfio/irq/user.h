/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IRQ_USER_H
#define VFIO_IRQ_USER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/core/event_loop.h"

struct vfio_device;
struct vfio_irq;
struct vfio_irq_eoi;

/*
 * Interrupts of one device that user space handles (mode eventfd).
 *
 * Level: the host's handler masks the line and signals trigger_fd. The main loop takes the page
 * with the register that completes the interrupt out of stage 2 (or all of the device, when eoi=
 * does not tell which register that is), and raises the SPI. The guest's access to that register
 * now traps; after it was done, the vCPU's thread lowers the SPI and unmasks. A line that is still
 * up comes again. When a quiet time has passed without an interrupt, the pages are mapped again.
 *
 * A level interrupt is idle (unmasked), or signalled (masked, trigger_fd is readable), or in flight
 * (the SPI is raised): what is masked is always one of the latter two. Three rules follow from what
 * a guest may do at any time, and from the SPI's being an edge in a VGIC that was just reset:
 *
 * - An acknowledgement is never missed while pages trap. It completes what is in flight and, where
 *   eoi= tells one from other accesses, what is signalled: the main loop may come later than the
 *   guest, which polls. What was signalled before the pages trapped may have been acknowledged
 *   unseen. So it is not raised but *asked*: unmasked, and if the device still holds its line, that
 *   comes again at once.
 * - What is in flight for more than a quiet time is asked at each tick. No answer by the next: the
 *   cause has gone in a way that cannot be seen (masked in the device; a signal on its way while
 *   the guest acknowledged), and the SPI goes down. An answer raises the SPI anew; the line does
 *   not go down in between.
 * - That raises also what has been raised: an edge, or what a guest clears as pending before it
 *   makes it a level, leaves nothing of the line in the VGIC.
 *
 * So none is lost: what is masked gets a trapped access, or a tick. And it never storms: the line
 * is unmasked once for each access of the guest, for each tick, and when pages begin to trap.
 * Each interrupt is in flight for itself; where eoi= is not known, an access completes all that
 * are.
 *
 * Edge: the main loop gives the SPI a pulse.
 */
struct vfio_user_irqs {
	struct vfio_device *vdev;
	unsigned int quiet_ms; /* mmap-timeout= */
	pthread_mutex_t lock;  /* of the interrupts' state */
	/* of the main thread */
	struct event_timer timer; /* ticks once in quiet_ms while pages are out of stage 2 */
	bool trapping;
	uint64_t n_signals, n_signals_seen; /* now; at the last tick */
};

#define VFIO_QUIET_MS 100 /* default of mmap-timeout= */

/*
 * Before the regions are attached: find out which interrupts are for this, and what has to trap,
 * also for irqfds that lack resampling.
 */
int vfio_user_irqs_prepare(struct vfio_device *vdev, struct err *err);
void vfio_user_irqs_destroy(struct vfio_device *vdev);

/*
 * That page of @vdev, or all of it where none is known, is to trap: while user space wants it, or
 * @always.
 */
int vfio_irq_make_trappable(struct vfio_device *vdev, const struct vfio_irq_eoi *eoi, bool always,
			    struct err *err);
/*
 * An interrupt of @vdev that lacks resampling: each access that traps while the guest handles it
 * shows KVM that it is active. What traps is the page of the register that eoi= tells, or a table
 * for the device's compatible; else all of the device. Said with its price.
 */
int vfio_irq_trap_always(struct vfio_irq *irq, struct vfio_device *vdev, struct err *err);

/* Let the main loop wait for trigger_fd, which nobody signals yet. */
int vfio_user_irq_wire(struct vfio_irq *irq, struct err *err);
/* Nobody signals any more, vCPUs are parked: the line is low and the pages are mapped then. */
void vfio_user_irq_unwire(struct vfio_irq *irq);

#endif
