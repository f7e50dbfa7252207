// SPDX-License-Identifier: GPL-2.0-only
/* The stages of build.c that make guest RAM. */
#include "vfio/vfio.h"
#include "vmm/base/sys.h"
#include "vmm/machine/machine.h"

int machine_plan_ram(struct ram *ram, const struct memmap *map, const struct vm_config *config,
		     const struct range *holes, unsigned int n_holes, struct err *err)
{
	if (config->memory_base == RAM_ANYWHERE)
		return ram_plan(ram, map, config->memory, holes, n_holes, err);
	return ram_plan_at(ram, map, config->memory_base, config->memory, holes, n_holes, err);
}

static int plan_ram(struct machine *m, struct err *err)
{
	struct vm *vm = &m->vm;
	const struct range *holes;
	unsigned int n_holes;
	int ret = vfio_reserved(vm->vfio, &holes, &n_holes, err);

	return ret ? ret : machine_plan_ram(&vm->ram, &vm->memmap, m->config, holes, n_holes, err);
}

int machine_make_ram(struct machine *m, struct err *err)
{
	const struct ram_backing backing = {
		.hugetlbfs = m->config->mem_path,
		.file = m->config->memory_file,
		.offset = m->config->memory_offset,
		.passed = m->config->passed,
		.n_threads = sys_n_cpus(),
	};
	struct vm *vm = &m->vm;
	int ret;

	memmap_init(&vm->memmap, arch_ipa_bits(m->cpus.aarch32, vm->kvm.caps.ipa_bits));
	if (BUILT(VFIO_NOIOMMU) && m->phys.fd >= 0) {
		ret = phys_ram_add_banks(&m->phys, m->config->memory, &vm->ram, err);
	} else {
		ret = ram_open(&vm->ram, &backing, err);
		if (!ret)
			ret = plan_ram(m, err);
	}
	if (!ret)
		ret = vfio_carve(vm->vfio, &vm->memmap, &vm->ram, err);
	if (!ret && m->config->iommu != VFIO_BACKEND_NONE)
		ret = vfio_allow_locking(vm->vfio, vm->ram.size, err);
	return ret ? ret : ram_create(&vm->ram, err);
}

/* What devices can reach is pinned in any case, by one thread and without a word. */
int machine_prepare_ram(struct machine *m, struct err *err)
{
	return ram_prepare(&m->vm.ram, m->config->prealloc || !vfio_is_empty(m->vm.vfio), err);
}
