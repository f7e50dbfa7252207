// SPDX-License-Identifier: GPL-2.0-only
/* A VM for tests of devices: see fake_vfio.h. */
#include <assert.h>
#include <stdlib.h>

#include "devices/device.h"
#include "devices/platform_bus.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/vfio.h"
#include "vmm/core/vm.h"

void fake_vm_create_bare(struct vm *vm)
{
	struct err err;

	fake_sys_reset();
	fake_kvm_reset();
	vm_init(vm);
	assert(kvm_open(&vm->kvm, NULL, &err) == 0);
	memmap_init(&vm->memmap, 40);
	assert(vm_create(vm, &err) == 0);
}

void fake_vm_create(struct vm *vm)
{
	struct err err;

	fake_vm_create_bare(vm);
	fake_vfio_reset();
	fake_kvm.vgic_initialised = true;
	vm->bus = calloc(1, sizeof(*vm->bus));
	assert(vm->bus);
	platform_bus_init(vm->bus, &vm->memmap, NULL, 64);
	assert(vfio_create(&vm->vfio, VFIO_BACKEND_AUTO, NULL, &err) == 0);
}

struct device *fake_vm_add_device(struct vm *vm, struct fake_vfio_device *dev)
{
	return fake_vm_add_device_with(vm, dev, 1);
}

struct device *fake_vm_add_device_with(struct vm *vm, struct fake_vfio_device *dev,
				       unsigned int n_irqs)
{
	static const struct device_config config = {
		.name = "dev",
		.class = &vfio_platform_class,
		.where = "--device",
		.settings = { { .key = "host", .value = "10000000.dev", .where = "--device" } },
		.n_settings = 1,
	};
	struct device *device;
	struct err err;

	*dev = (struct fake_vfio_device){
		.name = "10000000.dev", .group = 1, .n_irqs = n_irqs, .irqs = { { .level = true } }
	};
	fake_vfio_add(dev);
	assert(config.class->create(&config, vm, &device, &err) == 0);
	assert(config.class->attach(device, &err) == 0);
	assert(config.class->arm(device, &err) == 0);
	return device;
}

void fake_vm_destroy(struct vm *vm)
{
	vfio_destroy(vm->vfio);
	free(vm->bus);
	vm_destroy(vm);
}
