// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/irq_line.h"

#include <linux/kvm.h>

#include "vmm/base/sys.h"
#include "vmm/core/vm.h"

/*
 * Field irq_type of KVM_IRQ_LINE's irq: Documentation/virt/kvm/api.rst, 4.25 (KVM_ARM_IRQ_TYPE_SPI,
 * at bit 24).
 */
#define IRQ_LINE_SPI (1u << 24)

int irq_line_tell(struct irq_line *line, bool level)
{
	struct kvm_irq_level arg = { .irq = IRQ_LINE_SPI | SPI_TO_INTID(line->spi),
				     .level = level };
	int ret;

	line->level = level;
	trace_line(TRACE_IRQ, "SPI %u: line %s", line->spi, level ? "up" : "down");
	ret = sys_ioctl(line->vm->fd, KVM_IRQ_LINE, &arg);
	if (ret)
		log_within(&line->failures, LOG_ERROR, "SPI %u: KVM_IRQ_LINE failed with errno %d",
			   line->spi, -ret);
	return ret;
}

void irq_line_set(struct irq_line *line, bool level)
{
	if (line->level != level)
		irq_line_tell(line, level);
}

int irqfd_add(struct vm *vm, uint32_t spi, int fd, int resample_fd, struct err *err)
{
	struct kvm_irqfd arg = { .fd = (uint32_t)fd, .gsi = spi };
	int ret;

	if (resample_fd >= 0) {
		arg.flags = KVM_IRQFD_FLAG_RESAMPLE;
		arg.resamplefd = (uint32_t)resample_fd;
	}
	ret = sys_ioctl(vm->fd, KVM_IRQFD, &arg);
	if (ret)
		return err_set(err, ret, "wire an event descriptor to SPI %u (KVM_IRQFD)", spi);
	trace_line(TRACE_IRQ, "SPI %u: %s irqfd wired", spi, resample_fd >= 0 ? "level" : "edge");
	return 0;
}

/*
 * The kernel lowers the line of a resampled irqfd when it goes (irqfd_resampler_shutdown() in
 * virt/kvm/eventfd.c).
 */
void irqfd_remove(struct vm *vm, uint32_t spi, int fd)
{
	struct kvm_irqfd arg = { .fd = (uint32_t)fd, .gsi = spi, .flags = KVM_IRQFD_FLAG_DEASSIGN };

	sys_ioctl(vm->fd, KVM_IRQFD, &arg);
	trace_line(TRACE_IRQ, "SPI %u: irqfd unwired", spi);
}

int ioeventfd_set(struct vm *vm, uint64_t gpa, unsigned int width, const uint64_t *value, int fd,
		  bool on)
{
	struct kvm_ioeventfd arg = {
		.datamatch = value ? *value : 0,
		.addr = gpa,
		.len = width,
		.fd = fd,
		.flags = (on ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN) |
			 (value ? KVM_IOEVENTFD_FLAG_DATAMATCH : 0),
	};

	return sys_ioctl(vm->fd, KVM_IOEVENTFD, &arg);
}
