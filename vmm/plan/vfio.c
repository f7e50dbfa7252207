// SPDX-License-Identifier: GPL-2.0-only
/* "dais plan --live": what VFIO says of devices, by opening them. */
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>

#include "vfio/device.h"
#include "vfio/vfio.h"
#include "vmm/base/built.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"
#include "vmm/plan/plan.h"

static int ask(struct plan_device *device, struct vm *vm, struct err *err)
{
	const struct device_class *class = device->node.config->class;
	struct device *opened = NULL;
	const struct vfio_device *vdev;
	int ret = class->create(device->node.config, vm, &opened, err);

	if (ret)
		return ret;
	vdev = (const struct vfio_device *)opened;
	device->vfio = (struct plan_vfio){
		.asked = true,
		.n_regions = vdev->n_regions,
		.n_irqs = vdev->n_irqs,
		.can_reset = vdev->flags & VFIO_DEVICE_FLAGS_RESET,
	};
	class->destroy(opened);
	return 0;
}

int plan_ask_vfio(struct plan *plan, struct err *err)
{
	owned_ptr struct vm *vm = NULL;
	int ret;

	if (!BUILT(VFIO)) {
		err_usage(err, "--live: this dais was built without VFIO");
		err_fix(err, "leave --live out");
		return err->code;
	}
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return err_set(err, ENOMEM, "ask VFIO");
	vm_init(vm);
	ret = vfio_create(&vm->vfio, VFIO_BACKEND_AUTO, NULL, err);
	for (unsigned int i = 0; i < plan->n_devices && !ret; i++)
		ret = ask(&plan->devices[i], vm, err);
	vfio_destroy(vm->vfio);
	return ret;
}
