// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/irq/irq.h"

#include <linux/vfio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "devices/platform_bus.h"
#include "vfio/irq/user.h"
#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"

int vfio_irq_query(struct vfio_irq *irq, int device_fd, unsigned int index, struct err *err)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
	int ret = sys_ioctl(device_fd, VFIO_DEVICE_GET_IRQ_INFO, &info);

	if (ret < 0)
		return err_set(err, ret, "VFIO_DEVICE_GET_IRQ_INFO of %s", irq->name);
	if (info.count != 1 || !(info.flags & VFIO_IRQ_INFO_EVENTFD)) {
		err_set(err, 0, "%s cannot signal an eventfd", irq->name);
		err_why(err, "VFIO gives it flags %#x and count %u", info.flags, info.count);
		return err_host(err);
	}
	irq->device_fd = device_fd;
	irq->index = index;
	irq->level = info.flags & VFIO_IRQ_INFO_AUTOMASKED;
	if (irq->is_repeated)
		return 0;

	irq->trigger_fd = sys_eventfd(0, EFD_NONBLOCK);
	if (irq->trigger_fd < 0)
		return err_set(err, irq->trigger_fd, "eventfd of %s", irq->name);
	if (!irq->level)
		return 0;
	irq->resample_fd = sys_eventfd(0, EFD_NONBLOCK);
	if (irq->resample_fd < 0)
		return err_set(err, irq->resample_fd, "eventfd of %s", irq->name);
	return 0;
}

void vfio_irq_put(struct vfio_irq *irq, struct platform_bus *bus, uint32_t spi)
{
	irq->spi = spi;
	if (irq->is_repeated) {
		trace_line(TRACE_IRQ, "%s: SPI %u again", irq->name, spi);
		return;
	}
	if (irq->level)
		bus->levels[spi / 32] |= 1U << spi % 32;
	trace_line(TRACE_IRQ, "%s: %s, SPI %u (INTID %u)", irq->name, irq->level ? "level" : "edge",
		   spi, SPI_TO_INTID(spi));
}

static int set_failed(const struct vfio_irq *irq, const char *what, int code, struct err *err)
{
	err_set(err, code, "%s of %s", what, irq->name);
	if (code != -EBUSY)
		return err->code;
	/* VFIO asks for it alone; the error of its request_irq() appears here:
	 * vfio_platform_set_irqs_ioctl(). */
	err_why(err, "the host's interrupt is in use: another device shares the line");
	err_fix(err, "unbind the driver that has it (see /proc/interrupts)");
	return err_host(err);
}

/* In the kernel: the way into the guest and the way back. */
static int wire_irqfd(struct vfio_irq *irq, struct vm *vm, struct err *err)
{
	int ret = irqfd_add(vm, irq->spi, irq->trigger_fd, irq->resample_fd, err);

	if (ret)
		return err_prefix(err, "%s", irq->name);
	irq->has_irqfd = true;
	if (irq->level) {
		ret = vfio_irq_set_fd(irq, VFIO_IRQ_SET_ACTION_UNMASK, irq->resample_fd);
		if (ret < 0)
			return set_failed(irq, "VFIO_DEVICE_SET_IRQS (unmask)", ret, err);
		irq->has_unmask_fd = true;
	}
	return vfio_irq_forward(irq, vm, err);
}

/* The source, after the way that it takes is there. */
static int enable(struct vfio_irq *irq, struct err *err)
{
	int ret = vfio_irq_set_fd(irq, VFIO_IRQ_SET_ACTION_TRIGGER, irq->trigger_fd);

	if (ret < 0)
		return set_failed(irq, "VFIO_DEVICE_SET_IRQS (trigger)", ret, err);
	irq->has_trigger = true;
	if (!irq->level)
		return 0;
	/*
	 * One that was in flight at quiesce was masked by the host's handler, and its EOI will
	 * never come. Unmasking what is not masked does nothing: vfio_platform_unmask().
	 */
	ret = vfio_irq_set_none(irq, VFIO_IRQ_SET_ACTION_UNMASK, 1);
	return ret < 0 ? set_failed(irq, "VFIO_DEVICE_SET_IRQS (unmask now)", ret, err) : 0;
}

/* Once, and again when another mode was taken after a guest reset. */
static void tell_mode(struct vfio_irq *irq)
{
	if (irq->told == irq->mode)
		return;
	log_within(&irq->log, LOG_INFO, "%s: %s, SPI %u, mode %s%s%s%s", irq->name,
		   irq->level ? "level" : "edge", irq->spi, vfio_irq_mode_name(irq->mode),
		   irq->why[0] ? " (" : "", irq->why, irq->why[0] ? ")" : "");
	irq->told = irq->mode;
}

int vfio_irq_arm(struct vfio_irq *irq, struct vm *vm, struct err *err)
{
	int ret;

	if (irq->is_repeated)
		return 0;
	ret = vfio_irq_choose(irq, vm, err);
	if (!ret && BUILT(VFIO_IRQ_EVENTFD) && irq->mode == VFIO_IRQ_EVENTFD)
		ret = vfio_user_irq_wire(irq, err);
	else if (!ret)
		ret = wire_irqfd(irq, vm, err);
	if (!ret)
		ret = enable(irq, err);
	if (ret)
		vfio_irq_quiesce(irq, vm);
	else
		tell_mode(irq);
	return ret;
}

/*
 * The source first: once the trigger is gone no handler runs (the kernel waits for one that does),
 * so removing the irqfd drains what it signalled and lowers the line; then nobody signals
 * resample_fd any more.
 */
void vfio_irq_quiesce(struct vfio_irq *irq, struct vm *vm)
{
	if (irq->has_trigger)
		vfio_irq_set_none(irq, VFIO_IRQ_SET_ACTION_TRIGGER, 0);
	vfio_user_irq_unwire(irq);
	vfio_irq_unforward(irq, vm);
	if (irq->has_irqfd)
		irqfd_remove(vm, irq->spi, irq->trigger_fd);
	if (irq->has_unmask_fd)
		vfio_irq_set_fd(irq, VFIO_IRQ_SET_ACTION_UNMASK, -1);
	irq->has_trigger = irq->has_irqfd = irq->has_unmask_fd = false;
}

void vfio_irq_destroy(struct vfio_irq *irq)
{
	close_fd(&irq->trigger_fd);
	close_fd(&irq->resample_fd);
}
