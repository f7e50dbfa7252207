// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "devices/device.h"
#include "vfio/context.h"
#include "vfio/irq/irq.h"
#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/str.h"
#include "vmm/core/vm.h"

/*
 * Not in mainline's <linux/kvm.h>: Documentation/virt/kvm/devices/vfio.rst as the patches in
 * kernel/ have it.
 */
#define KVM_DEV_VFIO_DEVICE        2
#define KVM_DEV_VFIO_FORWARD_IRQ   1
#define KVM_DEV_VFIO_UNFORWARD_IRQ 2

struct forwarded_irq {
	int32_t fd;        /* of the VFIO device */
	uint32_t index;    /* of its interrupt */
	uint32_t subindex; /* 0 */
	uint32_t gsi;      /* SPI */
};

static const char *const names[] = {
	[VFIO_IRQ_AUTO] = "auto",
	[VFIO_IRQ_FORWARD] = "forward",
	[VFIO_IRQ_IRQFD] = "irqfd",
	[VFIO_IRQ_EVENTFD] = "eventfd",
};

const char *vfio_irq_mode_name(enum vfio_irq_mode mode)
{
	return names[mode];
}

void vfio_irq_eoi_of(const struct device_config *config, unsigned int index,
		     struct vfio_irq_eoi *eoi)
{
	const struct device_setting *setting = device_config_find(config, "eoi", (int)index);

	if (setting)
		*eoi = (struct vfio_irq_eoi){ true, setting->on, setting->choice, setting->number };
}

/* What the host lacks for an irqfd of this interrupt; NULL: nothing. */
static const char *irqfd_lacks(const struct vfio_irq *irq, const struct vm *vm)
{
	if (!vm->kvm.caps.irqfd)
		return "KVM_CAP_IRQFD";
	return irq->level && !vm->kvm.caps.irqfd_resample ? "KVM_CAP_IRQFD_RESAMPLE" : NULL;
}

bool vfio_irq_uses_eventfd(const struct vfio_irq *irq, const struct vm *vm)
{
	return BUILT(VFIO_IRQ_EVENTFD) &&
	       (irq->wanted_mode == VFIO_IRQ_EVENTFD ||
		(irq->wanted_mode == VFIO_IRQ_AUTO && irqfd_lacks(irq, vm)));
}

bool vfio_irq_needs_resample(const struct vfio_irq *irq, const struct vm *vm)
{
	return irq->level && !irq->is_repeated && !vfio_irq_uses_eventfd(irq, vm) &&
	       (irq->wanted_mode == VFIO_IRQ_IRQFD || !vfio_irq_can_forward(vm->vfio->kvm_fd));
}

static int not_here(const struct vfio_irq *irq, const char *why, struct err *err)
{
	err_set(err, 0, "%s: irq-mode=%s", irq->name, names[irq->wanted_mode]);
	err_why(err, "%s", why);
	err_fix(err, "leave irq-mode out: the best mode that this host has is taken then");
	return err_host(err);
}

int vfio_irq_choose(struct vfio_irq *irq, const struct vm *vm, struct err *err)
{
	const char *lack = irqfd_lacks(irq, vm);

	if (!BUILT(VFIO_IRQ_EVENTFD) && irq->wanted_mode == VFIO_IRQ_EVENTFD)
		return err_not_built(err, "VFIO_IRQ_EVENTFD");
	irq->why[0] = '\0';
	irq->mode = vfio_irq_uses_eventfd(irq, vm) ? VFIO_IRQ_EVENTFD : VFIO_IRQ_IRQFD;
	if (lack && irq->wanted_mode != VFIO_IRQ_EVENTFD)
		snprintf(irq->why, sizeof(irq->why), "the host's KVM lacks %s", lack);
	else if (irq->wanted_mode == irq->mode)
		snprintf(irq->why, sizeof(irq->why), "asked for");
	if (lack && irq->mode != VFIO_IRQ_EVENTFD)
		return not_here(irq, irq->why, err);
	if (lack && irq->wanted_mode == VFIO_IRQ_AUTO)
		log_within(&irq->log, LOG_WARN, "%s is handled in user space, which is slow: %s",
			   irq->name, irq->why);
	return 0;
}

static int attr(struct vfio_irq *irq, struct vm *vm, uint64_t which)
{
	const struct forwarded_irq arg = { .fd = irq->device_fd,
					   .index = irq->index,
					   .gsi = irq->spi };

	return kvm_attr_set(vm->vfio->kvm_fd, KVM_DEV_VFIO_DEVICE, which, &arg);
}

bool vfio_irq_can_forward(int kvm_vfio_fd)
{
	return kvm_vfio_fd >= 0 &&
	       kvm_attr_has(kvm_vfio_fd, KVM_DEV_VFIO_DEVICE, KVM_DEV_VFIO_FORWARD_IRQ);
}

int vfio_irq_forward(struct vfio_irq *irq, struct vm *vm, struct err *err)
{
	int ret;

	if (irq->mode != VFIO_IRQ_IRQFD || irq->wanted_mode == VFIO_IRQ_IRQFD)
		return 0;
	if (!irq->level) {
		snprintf(irq->why, sizeof(irq->why),
			 "an edge has no completion that forwarding could save");
	} else if (vm->vfio->backend == VFIO_BACKEND_NONE) {
		/* It has been told of no group that would be the device's: noiommu.c. */
		snprintf(irq->why, sizeof(irq->why), "without an IOMMU KVM knows no device");
	} else if (!vfio_irq_can_forward(vm->vfio->kvm_fd)) {
		snprintf(irq->why, sizeof(irq->why), "the host's kernel cannot forward interrupts");
	} else {
		ret = attr(irq, vm, KVM_DEV_VFIO_FORWARD_IRQ);
		if (!ret) {
			irq->mode = VFIO_IRQ_FORWARD;
			irq->why[0] = '\0';
			return 0;
		}
		snprintf(irq->why, sizeof(irq->why), "the host's kernel refused to forward it: %s",
			 strerrordesc_np(-ret));
		if (irq->wanted_mode == VFIO_IRQ_AUTO)
			log_within(&irq->log, LOG_WARN, "%s: %s", irq->name, irq->why);
	}
	return irq->wanted_mode == VFIO_IRQ_FORWARD ? not_here(irq, irq->why, err) : 0;
}

void vfio_irq_unforward(struct vfio_irq *irq, struct vm *vm)
{
	int ret;

	if (irq->mode != VFIO_IRQ_FORWARD)
		return;
	ret = attr(irq, vm, KVM_DEV_VFIO_UNFORWARD_IRQ);
	if (ret)
		log_within(&irq->log, LOG_ERROR, "%s: stop forwarding it: errno %d", irq->name,
			   -ret);
	irq->mode = VFIO_IRQ_IRQFD;
}
