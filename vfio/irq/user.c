// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/irq/user.h"

#include <linux/vfio.h>
#include <time.h>

#include "vfio/device.h"
#include "vfio/irq/irq.h"
#include "vfio/region.h"
#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

/* --- under user->lock, on any thread */

static void unmask(struct vfio_irq *irq)
{
	int ret = vfio_irq_set_none(irq, VFIO_IRQ_SET_ACTION_UNMASK, 1);

	if (ret < 0)
		log_within(&irq->log, LOG_ERROR, "%s: VFIO_DEVICE_SET_IRQS (unmask): errno %d",
			   irq->name, -ret);
}

/* Whether the host's handler has signalled since it was looked at last. */
static bool take_signal(struct vfio_irq *irq)
{
	uint64_t n;

	if (sys_read(irq->trigger_fd, &n, sizeof(n)) != sizeof(n))
		return false;
	if (irq->asked)
		__atomic_add_fetch(&irq->n_again, 1, __ATOMIC_RELAXED);
	irq->asked = false;
	return true;
}

/* The answer is a signal, or none by the next tick. */
static void ask(struct vfio_irq *irq)
{
	trace_line(TRACE_IRQ, "%s: unmasked, to see whether it is still there", irq->name);
	irq->asked = true;
	unmask(irq);
}

static void raise_line(struct vfio_irq *irq)
{
	if (!irq->in_flight) {
		irq->n_wakeups++;
		irq->n_ticks = 0;
	}
	irq->in_flight = irq->level;
	irq_line_tell(&irq->line, true);
	if (!irq->level)
		irq_line_set(&irq->line, false);
}

static void lower_line(struct vfio_irq *irq)
{
	irq->in_flight = irq->asked = false;
	irq_line_set(&irq->line, false);
}

/* --- the guest's side: on vCPU threads */

static bool acknowledges(const struct vfio_irq *irq, const struct vfio_region *region,
			 uint64_t offset, unsigned int width, bool is_write)
{
	const struct vfio_irq_eoi *eoi = &irq->eoi;

	if (!irq->source || !irq->level)
		return false;
	/* A guess: most accesses are none, and each would cost one more interrupt of the host. */
	if (!eoi->known)
		return irq->in_flight;
	return region == &irq->user->vdev->regions[eoi->region] && (is_write || !eoi->by_write) &&
	       range_contains((struct range){ offset, width }, (struct range){ eoi->offset, 1 });
}

/*
 * The device was accessed before: what that has acknowledged is not to come again. That goes also
 * for what the host has signalled and the main loop has not looked at.
 */
static void on_access(void *opaque, const struct vfio_region *region, uint64_t offset,
		      unsigned int width, bool is_write)
{
	struct vfio_user_irqs *user = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&user->lock);

	for (unsigned int i = 0; i < user->vdev->n_irqs; i++) {
		struct vfio_irq *irq = &user->vdev->irqs[i];

		if (!acknowledges(irq, region, offset, width, is_write) ||
		    !(take_signal(irq) || irq->in_flight))
			continue;
		lower_line(irq);
		unmask(irq);
		trace_line(TRACE_IRQ, "%s: completed, unmasked", irq->name);
	}
}

/* --- the host's side: on the main thread */

static void set_timer(struct vfio_user_irqs *user, unsigned int ms)
{
	event_timer_set(&user->timer, 0, ms / 1000, ms % 1000 * 1000000L);
}

static void set_trapping(struct vfio_user_irqs *user, bool on)
{
	struct vfio_device *vdev = user->vdev;
	struct vm *vm = vdev->device.vm;
	struct err err;
	int ret = 0;

	if (user->trapping == on)
		return;
	user->trapping = on;
	trace_line(TRACE_IRQ, "%s: registers are %s", vdev->host.name,
		   on ? "trapped where they tell" : "mapped");
	for (unsigned int i = 0; i < vdev->n_regions && !ret; i++)
		ret = vfio_region_trap(&vdev->regions[i], vm, on, &err);
	set_timer(user, on ? user->quiet_ms : 0);
	/* An interrupt whose completion cannot be seen would be the last one. */
	if (ret)
		vm_request_crash(vm, &err);
}

/* Pages trap from here on. What was signalled before may have been acknowledged unseen. */
static void begin_trapping(struct vfio_user_irqs *user)
{
	set_trapping(user, true);
	owned_lock pthread_mutex_t *lock = take_lock(&user->lock);

	for (unsigned int i = 0; i < user->vdev->n_irqs; i++) {
		struct vfio_irq *irq = &user->vdev->irqs[i];

		if (irq->source && irq->level && take_signal(irq))
			ask(irq);
	}
}

/* Nobody has acknowledged it: is its line still up? */
static void tick(struct vfio_irq *irq)
{
	if (take_signal(irq))
		raise_line(irq);
	else if (irq->asked)
		lower_line(irq);
	if (irq->in_flight && ++irq->n_ticks > 1)
		ask(irq);
}

static void on_tick(void *opaque)
{
	struct vfio_user_irqs *user = opaque;
	bool in_flight = false;

	if (!event_timer_take(&user->timer))
		return;
	pthread_mutex_lock(&user->lock);
	for (unsigned int i = 0; i < user->vdev->n_irqs; i++) {
		struct vfio_irq *irq = &user->vdev->irqs[i];

		if (irq->source && irq->level)
			tick(irq);
		in_flight |= irq->in_flight;
	}
	pthread_mutex_unlock(&user->lock);
	if (user->n_signals == user->n_signals_seen && !in_flight)
		set_trapping(user, false);
	else
		set_timer(user, user->quiet_ms);
	user->n_signals_seen = user->n_signals;
}

static void on_trigger(void *opaque)
{
	struct vfio_irq *irq = opaque;
	struct vfio_user_irqs *user = irq->user;

	user->n_signals++;
	if (irq->level && !user->trapping)
		begin_trapping(user);
	owned_lock pthread_mutex_t *lock = take_lock(&user->lock);

	if (take_signal(irq))
		raise_line(irq);
}

/* --- life */

static int check_eoi(const struct vfio_irq *irq, const struct vfio_device *vdev, struct err *err)
{
	const struct vfio_irq_eoi *eoi = &irq->eoi;

	if (eoi->region < vdev->n_regions && eoi->offset < vdev->regions[eoi->region].size)
		return 0;
	err_usage(err, "eoi=%u:0x%llx of %s: no such register", eoi->region,
		  (unsigned long long)eoi->offset, irq->name);
	return err_fix(err, "%s has %u regions, counted from 0; the offset is in bytes",
		       vdev->host.name, vdev->n_regions);
}

int vfio_user_irqs_prepare(struct vfio_device *vdev, struct err *err)
{
	struct vfio_user_irqs *user = &vdev->user;
	bool is_told = false;
	int ret = 0;

	if (BUILT(VFIO_IRQ_EVENTFD) + BUILT(VFIO_IRQ_PROBE) == 0)
		return 0;
	user->vdev = vdev;
	pthread_mutex_init(&user->lock, NULL);
	for (unsigned int i = 0; i < vdev->n_irqs && !ret; i++) {
		struct vfio_irq *irq = &vdev->irqs[i];

		if (irq->is_repeated)
			continue;
		irq->user = user;
		irq->line = (struct irq_line){ .vm = vdev->device.vm, .spi = irq->spi };
		if (irq->eoi.known)
			ret = check_eoi(irq, vdev, err);
		if (!ret && vdev->device.vm->kvm.no_resample &&
		    vfio_irq_needs_resample(irq, vdev->device.vm))
			ret = vfio_irq_trap_always(irq, vdev, err);
		if (ret || !irq->level || !vfio_irq_uses_eventfd(irq, vdev->device.vm))
			continue;
		is_told = true;
		ret = vfio_irq_make_trappable(vdev, &irq->eoi, false, err);
	}
	/* On all other devices an access takes no lock. What KVM lacks never changes, so no later
	   arm needs it either. */
	for (unsigned int i = 0; i < vdev->n_regions && is_told; i++) {
		vdev->regions[i].accessed = on_access;
		vdev->regions[i].accessed_opaque = user;
	}
	if (!ret && is_told)
		ret = event_timer_create(&vdev->device.vm->loop, CLOCK_MONOTONIC, on_tick, user,
					 &user->timer, vdev->host.name, err);
	return ret;
}

void vfio_user_irqs_destroy(struct vfio_device *vdev)
{
	struct vfio_user_irqs *user = &vdev->user;

	if (!user->vdev)
		return;
	event_timer_destroy(&vdev->device.vm->loop, &user->timer);
	pthread_mutex_destroy(&user->lock);
	user->vdev = NULL;
}

int vfio_user_irq_wire(struct vfio_irq *irq, struct err *err)
{
	int ret = event_loop_add(&irq->user->vdev->device.vm->loop, irq->trigger_fd, on_trigger,
				 irq, &irq->source, err);

	return ret ? err_prefix(err, "%s", irq->name) : 0;
}

void vfio_user_irq_unwire(struct vfio_irq *irq)
{
	struct vfio_user_irqs *user = irq->user;

	if (!BUILT(VFIO_IRQ_EVENTFD) || !irq->source)
		return;
	event_loop_remove(&user->vdev->device.vm->loop, take_ptr(&irq->source));
	take_signal(irq);
	lower_line(irq);
	for (unsigned int i = 0; i < user->vdev->n_irqs; i++)
		if (user->vdev->irqs[i].source)
			return;
	set_trapping(user, false);
}
