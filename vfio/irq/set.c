// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_SET_IRQS */
#include <linux/vfio.h>
#include <string.h>

#include "vfio/irq/irq.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#define MAX_DATA sizeof(int32_t)

static int set_irqs(const struct vfio_irq *irq, uint32_t flags, uint32_t n, const void *data,
		    uint32_t size)
{
	union {
		struct vfio_irq_set set;
		char bytes[sizeof(struct vfio_irq_set) + MAX_DATA];
	} arg = {
		.set = { .argsz = (uint32_t)sizeof(struct vfio_irq_set) + size,
			 .flags = flags,
			 .index = irq->index,
			 .count = n },
	};
	int ret;

	if (size)
		memcpy(arg.set.data, data, size);
	ret = sys_ioctl(irq->device_fd, VFIO_DEVICE_SET_IRQS, &arg);
	trace_line(TRACE_VFIO, "%s: VFIO_DEVICE_SET_IRQS flags %#x count %u: %d", irq->name, flags,
		   n, ret);
	return ret;
}

int vfio_irq_set_fd(const struct vfio_irq *irq, uint32_t action, int32_t fd)
{
	return set_irqs(irq, VFIO_IRQ_SET_DATA_EVENTFD | action, 1, &fd, sizeof(fd));
}

int vfio_irq_set_none(const struct vfio_irq *irq, uint32_t action, uint32_t n)
{
	return set_irqs(irq, VFIO_IRQ_SET_DATA_NONE | action, n, NULL, 0);
}

int vfio_irq_set_bool(const struct vfio_irq *irq, uint32_t action)
{
	const uint8_t yes = 1;

	return set_irqs(irq, VFIO_IRQ_SET_DATA_BOOL | action, 1, &yes, sizeof(yes));
}
