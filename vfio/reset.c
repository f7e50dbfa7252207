// SPDX-License-Identifier: GPL-2.0-only

#include <errno.h>
#include <linux/vfio.h>

#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/host/record.h"
#include "vfio/irq/irq.h"
#include "vfio/quiet.h"
#include "vfio/region.h"
#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

int vfio_reset_policy_read(struct vfio_device *vdev, const struct device_config *config,
			   struct err *err)
{
	vdev->reset = device_config_get(config, "reset", -1, choice, VFIO_RESET_BEST_EFFORT);
	if (vdev->reset == VFIO_RESET_NONE || vdev->flags & VFIO_DEVICE_FLAGS_RESET)
		return 0;
	if (vdev->reset == VFIO_RESET_BEST_EFFORT) {
		log_warn(
			"%s: the host's kernel has no reset handler for it: it comes to the guest as it "
			"is; a guest reset cuts its DMA only until the new guest is loaded",
			vdev->host.name);
		return 0;
	}
	err_set(err, 0, "reset=require");
	err_why(err, "the host's kernel has no reset handler for %s", vdev->host.name);
	err_fix(err,
		"load or write its vfio_platform reset module (alias vfio-reset:COMPATIBLE), or take "
		"vfio-dais, if it has reset lines; or give reset=best-effort, when guest and host both "
		"reset it in their drivers");
	return err_host(err);
}

static bool has_reset(const struct vfio_device *vdev)
{
	return vdev->flags & VFIO_DEVICE_FLAGS_RESET && vdev->reset != VFIO_RESET_NONE;
}

int vfio_device_reset(const struct vfio_device *vdev, struct err *err)
{
	int ret;

	if (!has_reset(vdev))
		return 0;
	ret = sys_ioctl(vdev->handle.fd, VFIO_DEVICE_RESET, NULL);
	trace_line(TRACE_VFIO, "%s: reset: %d", vdev->host.name, ret);
	if (ret < 0) {
		err_set(err, ret, "reset %s", vdev->host.name);
		err_why(err, "its reset handler in the host's kernel failed; see dmesg");
		return err_host(err);
	}
	return 0;
}

int vfio_check_resets(const struct vfio *vfio, struct err *err)
{
	for (const struct vfio_device *d = vfio->devices; d; d = d->next) {
		if (!BUILT(VFIO_NOIOMMU) || vfio->backend != VFIO_BACKEND_NONE || has_reset(d))
			continue;
		err_set(err, ENOTSUP, "%s without an IOMMU and without a reset", d->host.name);
		err_why(err,
			"%s, so nothing ends its DMA with the guest: it may go on writing to "
			"the guest's memory, also after a guest reset or a kill",
			d->reset == VFIO_RESET_NONE
				? "reset=none"
				: "the host's kernel has no reset handler for it");
		err_fix(err, "load or write its vfio_platform reset module; or, with "
			     "allow-unsafe-reset=yes, that memory is kept until the device is "
			     "with its own driver again");
		return err_host(err);
	}
	return 0;
}

/*
 * What vfio_irq_quiesce() does, but without knowing what is armed: to disable what is not enabled
 * does nothing (vfio_platform_set_irq_trigger() and _unmask()).
 */
static int silence(const struct vfio_device *vdev, struct err *err)
{
	int failed = 0;

	for (unsigned int i = 0; i < vdev->n_irqs; i++) {
		const struct vfio_irq *irq = &vdev->irqs[i];
		int ret = 0;

		if (!irq->is_repeated)
			ret = vfio_irq_set_none(irq, VFIO_IRQ_SET_ACTION_TRIGGER, 0);
		if (!irq->is_repeated && irq->level && ret >= 0)
			ret = vfio_irq_set_fd(irq, VFIO_IRQ_SET_ACTION_UNMASK, -1);
		if (ret < 0)
			failed = err_set(err, ret, "disable %s", irq->name);
	}
	return failed;
}

/*
 * Nobody asks where dais gives no device to a driver. vfio-dais does it when it is closed; that is
 * not known now, so that the RAM of one without an IOMMU is not known to be quiet.
 */
static int bring_to_rest(const struct vfio_device *vdev, struct err *err)
{
	const struct vfio_region *first = vdev->regions;

	if (!BUILT(BIND))
		return err_set(err, ENOTSUP, "%s has no reset", vdev->host.name);
	if (vfio_host_device_is_for_dais(&vdev->host))
		return 0;
	return vfio_quiet(vdev->n_regions ? vdev->quiet : NULL, vdev->handle.fd,
			  vdev->n_regions ? first->file_offset : 0,
			  vdev->n_regions ? first->size : 0, err);
}

void vfio_release(struct vfio *vfio, bool may_note,
		  void (*failed)(void *opaque, const char *device, const struct err *err),
		  void (*at_work)(void *opaque, const char *device, const struct err *err),
		  void *opaque)
{
	struct err err;

	if (!vfio)
		return;
	for (const struct vfio_device *d = vfio->devices; d; d = d->next)
		if (silence(d, &err))
			failed(opaque, d->host.name, &err);
	if (vfio_dma_unmap(vfio, &err))
		failed(opaque, NULL, &err);
	for (const struct vfio_device *d = vfio->devices; d; d = d->next) {
		if (vfio_device_reset(d, &err))
			failed(opaque, d->host.name, &err);
		else if (!has_reset(d) && bring_to_rest(d, &err))
			at_work(opaque, d->host.name, &err);
		else if (BUILT(VFIO_NOIOMMU) && may_note && vfio->backend == VFIO_BACKEND_NONE &&
			 (has_reset(d) || !vfio_host_device_is_for_dais(&d->host)))
			vfio_ram_set_quiet(d->host.name);
	}
}
