// SPDX-License-Identifier: GPL-2.0-only
/* A VM for tests of devices: see fake_vfio.h. */
#include <assert.h>
#include <stdlib.h>

#include "devices/platform_bus.h"
#include "tests/fakes/fake_kvm.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/fake_vfio.h"
#include "vfio/vfio.h"
#include "vmm/core/vm.h"

void fake_vm_create(struct vm *vm)
{
	struct err err;

	fake_sys_reset();
	fake_kvm_reset();
	fake_vfio_reset();
	vm_init(vm);
	assert(kvm_open(&vm->kvm, NULL, &err) == 0);
	memmap_init(&vm->memmap, 40);
	assert(vm_create(vm, &err) == 0);
	fake_kvm.vgic_initialised = true;
	vm->bus = calloc(1, sizeof(*vm->bus));
	assert(vm->bus);
	platform_bus_init(vm->bus, &vm->memmap, NULL, 64);
	assert(vfio_create(&vm->vfio, VFIO_BACKEND_AUTO, NULL, &err) == 0);
}

void fake_vm_destroy(struct vm *vm)
{
	vfio_destroy(vm->vfio);
	free(vm->bus);
	vm_destroy(vm);
}
