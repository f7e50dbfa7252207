// SPDX-License-Identifier: GPL-2.0-only
/* Counts of vfio/vfio.h. */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/host/device.h"
#include "vfio/irq/irq.h"
#include "vfio/region.h"
#include "vfio/vfio.h"
#include "vmm/base/own.h"

static void count(const struct vfio_irq *irq, const struct host_irq_list *now,
		  struct vfio_irq_count *count)
{
	for (unsigned int i = 0; i < now->n_irqs && irq->host_irq_known; i++) {
		if (now->irqs[i].number != irq->host_irq)
			continue;
		count->known = true;
		count->n_interrupts = now->irqs[i].count - irq->n_before -
				      __atomic_load_n(&irq->n_again, __ATOMIC_RELAXED);
	}
}

/* Where the guest acknowledges it; the first register, when no setting tells. */
static void find_eoi(const struct vfio_device *vdev, const struct vfio_irq_eoi *eoi,
		     struct vfio_irq_count *count)
{
	if (eoi->region >= vdev->n_regions)
		return;
	count->eoi_gpa = vdev->regions[eoi->region].gpa + eoi->offset;
	count->eoi_by_write = eoi->by_write;
}

unsigned int vfio_irq_counts(const struct vfio *vfio, struct vfio_irq_count *counts,
			     unsigned int n_max)
{
	size_t size = 0;
	owned_ptr char *lines =
		BUILT(SUMMARY) && n_max ? host_irq_lines(vfio->interrupts_fd, &size) : NULL;
	unsigned int n = 0;

	for (const struct vfio_device *vdev = vfio->devices; vdev; vdev = vdev->next) {
		struct host_irq_list now;

		host_irq_find(lines, size, &vdev->host, &now);
		for (unsigned int i = 0; i < vdev->n_irqs; i++) {
			if (vdev->irqs[i].is_repeated || n++ >= n_max)
				continue;
			counts[n - 1] = (struct vfio_irq_count){
				.device = vdev->host.name,
				.index = i,
				.spi = vdev->irqs[i].spi,
				.level = vdev->irqs[i].level,
				.mode = vfio_irq_mode_name(vdev->irqs[i].mode),
				.why = vdev->irqs[i].why,
				.n_wakeups = vdev->irqs[i].n_wakeups,
			};
			count(&vdev->irqs[i], &now, &counts[n - 1]);
			find_eoi(vdev, &vdev->irqs[i].eoi, &counts[n - 1]);
		}
	}
	return n;
}

static const struct vfio_irq *find(const struct vfio *vfio, unsigned int n)
{
	for (const struct vfio_device *vdev = vfio->devices; vdev; vdev = vdev->next)
		for (unsigned int i = 0; i < vdev->n_irqs; i++)
			if (!vdev->irqs[i].is_repeated && !n--)
				return &vdev->irqs[i];
	return NULL;
}

void vfio_irq_want(const struct vfio *vfio, unsigned int n, const char *mode)
{
	struct vfio_irq *irq = (struct vfio_irq *)find(vfio, n);

	for (unsigned int m = VFIO_IRQ_AUTO; irq && m <= VFIO_IRQ_EVENTFD; m++)
		if (!strcmp(vfio_irq_mode_name(m), mode))
			irq->wanted_mode = m;
}

int vfio_irq_act(const struct vfio *vfio, unsigned int n, enum vfio_irq_action action)
{
	const struct vfio_irq *irq = find(vfio, n);

	if (!irq)
		return -ENOENT;
	if (action == VFIO_IRQ_FIRE_BOOL)
		return vfio_irq_set_bool(irq, VFIO_IRQ_SET_ACTION_TRIGGER);
	return vfio_irq_set_none(irq,
				 action == VFIO_IRQ_MASK     ? VFIO_IRQ_SET_ACTION_MASK
				 : action == VFIO_IRQ_UNMASK ? VFIO_IRQ_SET_ACTION_UNMASK
							     : VFIO_IRQ_SET_ACTION_TRIGGER,
				 1);
}
