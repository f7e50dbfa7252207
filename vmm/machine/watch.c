// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <time.h>

#include "arch/common/vgic.h"
#include "vfio/vfio.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

#define PERIOD 3 /* seconds; a driver that takes longer to answer is worth a word */

/* It came no more: is its line up? */
static void look_at(struct watched *irq, const struct vfio_irq_count *now, struct vgic *vgic)
{
	bool up = false;

	if (vgic_spi_line(vgic, now->spi, &up) || !up) {
		irq->state = WATCH_FINE;
	} else if (irq->state == WATCH_MOVES) {
		irq->state = WATCH_UP;
	} else {
		log_warn("%s: interrupt %u (SPI %u) is asserted, and the guest has not handled it "
			 "for %u s (not told again)",
			 now->device, now->index, now->spi, PERIOD);
		irq->state = WATCH_TOLD;
	}
}

static bool is_suspect(struct watched *irq, const struct vfio_irq_count *now)
{
	if (!now->level || !now->known || irq->state == WATCH_TOLD)
		return false;
	if (irq->n != now->n_interrupts) {
		irq->n = now->n_interrupts;
		irq->state = WATCH_MOVES;
		return false;
	}
	return irq->n && irq->state != WATCH_FINE;
}

void watch_look(struct watch *watch)
{
	struct vm *vm = &watch->machine->vm;
	owned_ptr struct vfio_irq_count *now = NULL;
	unsigned int n = machine_irq_counts(watch->machine, &now);
	bool parked = false;

	for (unsigned int i = 0; i < n && i < watch->n_irqs; i++) {
		if (!is_suspect(&watch->irqs[i], &now[i]))
			continue;
		/* The VGIC answers only while no vCPU runs. */
		if (!parked)
			vcpus_park(vm);
		parked = true;
		look_at(&watch->irqs[i], &now[i], vm->vgic);
	}
	/* A request that came meanwhile is served by the main loop, which wants them parked. */
	if (parked && __atomic_load_n(&vm->request, __ATOMIC_ACQUIRE) == VM_REQUEST_NONE)
		vcpus_release(vm);
}

static void on_tick(void *opaque)
{
	struct watch *watch = opaque;

	if (!event_timer_take(&watch->timer))
		return;
	event_timer_set(&watch->timer, 0, PERIOD, 0);
	watch_look(watch);
}

int watch_start(struct watch *watch, struct machine *machine, struct err *err)
{
	int ret;

	*watch = (struct watch){ .machine = machine };
	watch->n_irqs = vfio_irq_counts(machine->vm.vfio, NULL, 0);
	if (!watch->n_irqs)
		return 0;
	watch->irqs = calloc(watch->n_irqs, sizeof(*watch->irqs));
	if (!watch->irqs)
		return err_set(err, ENOMEM, "watch %u interrupts", watch->n_irqs);
	ret = event_timer_create(&machine->vm.loop, CLOCK_MONOTONIC, on_tick, watch, &watch->timer,
				 "watch interrupts", err);
	if (!ret)
		event_timer_set(&watch->timer, 0, PERIOD, 0);
	return ret;
}

void watch_stop(struct watch *watch)
{
	event_timer_destroy(&watch->machine->vm.loop, &watch->timer);
	free(take_ptr(&watch->irqs));
}
