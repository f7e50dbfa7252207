// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "arch/arch.h"
#include "vfio/vfio.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/check/check.h"
#include "vmm/core/ram/ram.h"
#include "vmm/machine/machine.h"

#define MAX_HOLES 64

/* What the IOMMU keeps for itself before the devices of the VM, as far as sysfs tells. */
static unsigned int find_holes(const struct check_vm *vm, struct range *holes)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < vm->plan.n_devices; i++) {
		const struct live_device *live = &vm->plan.devices[i].live;

		for (unsigned int k = 0; k < live->n_reserved && n < MAX_HOLES; k++)
			holes[n++] = live->reserved[k].iova;
	}
	return n;
}

/* It fits into the guest's address space. */
static void check_place(struct check *check, const struct check_vm *vm)
{
	struct range holes[MAX_HOLES];
	struct memmap map;
	struct ram ram;
	struct err err;

	memmap_init(&map, arch_ipa_bits(vm->config.aarch32, check->vm.kvm.caps.ipa_bits));
	ram_init(&ram);
	if (machine_plan_ram(&ram, &map, &vm->config, holes, find_holes(vm, holes), &err))
		check_say_err(check, CHECK_BLOCKS, vm, &err);
	ram_destroy(&ram);
}

void check_memory(struct check *check)
{
	check_each_vm (check, vm) {
		const char *path = vm->config.memory_file;
		int ret = 0;

		if (vm->is_file && check->vm.fd >= 0)
			check_place(check, vm);
		if (path && !passed_fd_which(path))
			ret = sys_access(path, R_OK | W_OK);
		if (ret)
			check_say(check, CHECK_BLOCKS, "%s: memory-file = %s: %s" FIX "ls -l %s",
				  vm->name, path, strerrordesc_np(-ret), path);
	}
}

/* As a run counts for one address space: iommufd's limit is for all processes of the user. */
void check_memlock(struct check *check)
{
	uint64_t limit = vfio_lockable(), sum = 0, largest = 0;
	char size[32];
	struct err err;

	check_say(check, CHECK_FINE, "guest RAM may be locked in memory%s%s",
		  limit == UINT64_MAX ? ", however large" : ", up to ",
		  limit == UINT64_MAX ? "" : str_size(limit, size));
	check_each_vm (check, vm) {
		uint64_t memory = vm->config.memory;

		/* Devices reach all of the VM's RAM, so that it must stay where it is. */
		if (!vm->is_file || !vm->n_devices || vm->config.iommu == VFIO_BACKEND_NONE)
			continue;
		sum += memory;
		largest = memory > largest ? memory : largest;
		if (vfio_check_locking(memory, &err))
			check_say_err(check, CHECK_BLOCKS, vm, &err);
	}
	if (sum == largest || !vfio_check_locking(sum, &err))
		return;
	check_say(check, CHECK_WARNS,
		  "the RAM of all these VMs, %s, must be locked in memory, and with iommufd the "
		  "limit is for all processes of a user: %s" FIX "%s",
		  str_size(sum, size), err.why, err.fix);
}

/* The VMs take their pages from one pool, one after the other. */
static uint64_t n_taken_before(const struct check *check, const struct check_vm *vm)
{
	uint64_t n = 0;

	for (const struct check_vm *v = check->vms; v < vm; v++)
		if (v->hugepage == vm->hugepage)
			n += (v->config.memory + v->hugepage - 1) / v->hugepage;
	return n;
}

void check_hugepages(struct check *check)
{
	check_each_vm (check, vm) {
		const char *dir = vm->config.mem_path;
		owned_fd int fd = dir ? sys_open(dir, O_RDONLY | O_DIRECTORY) : -1;
		struct err err;

		if (!dir)
			continue;
		if (!ram_hugetlbfs_page(fd, dir, &vm->hugepage, &err)) {
			err_set(&err, 0, "mem-path = %s", dir);
			if (!ram_lacks_pages(vm->hugepage, vm->config.memory,
					     n_taken_before(check, vm), &err))
				continue;
		}
		check_say_err(check, CHECK_BLOCKS, vm, &err);
	}
}
