// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "vfio/host/use.h"
#include "vmm/check/check.h"

static bool is_wanted(const struct check *check, const char *name)
{
	check_each_device (check, device)
		if (device->found && !strcmp(device->host.name, name))
			return true;
	return false;
}

/* A wanted one that is held is told by check_nodes(), with the VM that wants it. */
static void tell_use(void *opaque, const char *name)
{
	struct check *check = opaque;
	struct vfio_host_device host;
	struct err err;

	if (vfio_host_device_find(&host, name, &err))
		return;
	switch (vfio_device_use(&host, &err)) {
	case VFIO_USE_LEFT_BOUND:
		check_say_err(check, CHECK_WARNS, NULL, &err);
		break;
	case VFIO_USE_OWNED:
		if (!is_wanted(check, name))
			check_say(check, CHECK_FINE, "%s: %s", err.what, err.why);
		break;
	case VFIO_USE_NONE:
		break;
	}
}

void check_use(struct check *check)
{
	vfio_host_device_for_each(tell_use, check);
}

#define NOIOMMU_MODE "enable_unsafe_noiommu_mode"

/* drivers/vfio/container.c: without the parameter no container takes a group without an IOMMU. */
static void check_noiommu_mode(struct check *check, const struct check_vm *vm)
{
	if (check_parameter_is("vfio", NOIOMMU_MODE, 'Y'))
		return;
	if (check_parameter_is("vfio", NOIOMMU_MODE, 'N')) {
		check_say(check, CHECK_BLOCKS,
			  "%s: iommu = none, and vfio." NOIOMMU_MODE
			  " is off: VFIO hands out no device that no IOMMU confines",
			  vm->name);
		check_fix(check, "echo Y | sudo tee /sys/module/vfio/parameters/" NOIOMMU_MODE);
	} else {
		check_say(check, CHECK_BLOCKS,
			  "%s: iommu = none, and this host's VFIO has no " NOIOMMU_MODE, vm->name);
		check_fix(check, CHECK_FIX_OPTION, "VFIO_NOIOMMU");
	}
}

void check_noiommu(struct check *check)
{
	struct err err;

	check_each_vm (check, vm)
		if (vm->config.iommu == VFIO_BACKEND_NONE && vm->n_devices)
			check_noiommu_mode(check, vm);
	check_each_device (check, device)
		if (device->vm->config.iommu == VFIO_BACKEND_NONE && device->found &&
		    device->host.group >= 0 && vfio_host_device_check_noiommu(&device->host, &err))
			check_say_err(check, CHECK_BLOCKS, device->vm, &err);
}
