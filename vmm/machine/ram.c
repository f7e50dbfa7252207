// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest RAM: stages of build.c. For devices without an IOMMU it is at its physical address, taken
 * before the devices and given back after them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "devices/device.h"
#include "vfio/host/record.h"
#include "vfio/vfio.h"
#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
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

	return vfio_reserved(vm->vfio, &holes, &n_holes, err)
		       ?: machine_plan_ram(&vm->ram, &vm->memmap, m->config, holes, n_holes, err);
}

static bool is_shared(const struct machine *m)
{
	bool shared = false;

	for (unsigned int i = 0; i < m->n_devices; i++)
		shared |= m->devices[i]->n_ram_pieces != 0;
	return BUILT(VIRTIO) && shared;
}

/* Before anything of it is taken: who serves a device may take no more pieces than it says. */
static int check_pieces(const struct machine *m, struct err *err)
{
	const unsigned int n = ram_pieces(&m->vm.ram, NULL, 0);

	for (unsigned int i = 0; i < m->n_devices; i++) {
		const struct device *device = m->devices[i];

		if (!device->n_ram_pieces || n <= device->n_ram_pieces)
			continue;
		err_usage(err, "guest RAM is in %u pieces, the back end of %s takes %u", n,
			  device->name, device->n_ram_pieces);
		err_why(err,
			"it lies around addresses that IOMMUs reserve, or in pages that do not "
			"follow each other in the host's memory");
		return err_fix(err, "give mem-path=, of larger huge pages, or another back end");
	}
	return 0;
}

int machine_make_ram(struct machine *m, struct err *err)
{
	const struct ram_backing backing = {
		.is_shared = is_shared(m),
		.hugetlbfs = m->config->mem_path,
		.file = m->config->memory_file,
		.offset = m->config->memory_offset,
		.passed = m->config->passed,
		.n_threads = sys_n_cpus(),
	};
	struct vm *vm = &m->vm;
	int ret;

	memmap_init(&vm->memmap, arch_ipa_bits(m->cpus.aarch32, vm->kvm.caps.ipa_bits));
	if (BUILT(VFIO_NOIOMMU) && m->phys.fd >= 0)
		ret = phys_ram_add_banks(&m->phys, m->config->memory, &vm->ram, err);
	else
		ret = ram_open(&vm->ram, &backing, err) ?: plan_ram(m, err);
	ret = ret ?: vfio_carve(vm->vfio, &vm->memmap, &vm->ram, err);
	if (!ret && BUILT(VIRTIO))
		ret = check_pieces(m, err);
	if (!ret && m->config->iommu != VFIO_BACKEND_NONE)
		ret = vfio_allow_locking(vm->vfio, vm->ram.size, err);
	return ret ?: ram_create(&vm->ram, err);
}

/* What devices can reach is pinned in any case, by one thread and without a word. */
int machine_prepare_ram(struct machine *m, struct err *err)
{
	return ram_prepare(&m->vm.ram, m->config->prealloc || !vfio_is_empty(m->vm.vfio), err);
}

int machine_map_dma(struct machine *m, struct err *err)
{
	return vfio_dma_map(m->vm.vfio, &m->vm.ram, err);
}

static bool is_physical(const struct machine *m)
{
	return BUILT(VFIO_NOIOMMU) && m->config->iommu == VFIO_BACKEND_NONE && m->config->mem_path;
}

/* Without the right to the records, or before the first of them, there is nothing to collect. */
void machine_collect_physical(uint64_t own, bool may_reset)
{
	struct err err;
	owned_fd int lock = records_lock(&err);

	if (lock >= 0 && vfio_ram_collect(own, may_reset, &err))
		err_print(&err);
}

static int announce(void *opaque, const char *path, struct err *err)
{
	struct machine *m = opaque;

	m->new_ram = strdup(path);
	if (!m->new_ram)
		return err_set(err, ENOMEM, "make %s", path);
	return vfio_ram_claim_new(path, m->config->name, err);
}

static int pin(void *opaque, void *hva, uint64_t size, uint64_t *pa, struct err *err)
{
	const struct machine *m = opaque;

	return vfio_pin(m->vm.vfio, hva, size, pa, err);
}

static void unpin(void *opaque, uint64_t pa, uint64_t size)
{
	const struct machine *m = opaque;

	vfio_unpin(m->vm.vfio, pa, size);
}

int machine_open_physical(struct machine *m, struct err *err)
{
	const struct phys_ram_wish wish = {
		.hugetlbfs = m->config->mem_path,
		.announce = announce,
		.opaque = m,
	};

	phys_ram_init(&m->phys);
	if (!is_physical(m))
		return 0;
	machine_collect_physical(0, true);
	return phys_ram_open(&m->phys, &wish, err);
}

int machine_take_physical(struct machine *m, struct err *err)
{
	struct phys_ram_wish wish = {
		.hugetlbfs = m->config->mem_path,
		.size = m->config->memory,
		.may_move = m->config->allow_movable_memory,
		.opaque = m,
	};
	struct kvm kvm;
	char size[32];
	int ret;

	if (!is_physical(m))
		return 0;
	if (vfio_can_pin(m->vm.vfio)) {
		wish.pin = pin;
		wish.unpin = unpin;
	}
	ret = kvm_open(&kvm, NULL, err);
	if (ret)
		return ret;
	wish.ipa_bits = arch_ipa_bits(m->cpus.aarch32, kvm.caps.ipa_bits);
	kvm_close(&kvm);
	ret = phys_ram_take(&m->phys, &wish, err);
	if (!ret)
		log_warn(
			"the guest's devices have no IOMMU: through them it can read and write all "
			"memory of the host (%s of RAM at physical addresses)",
			str_size(m->config->memory, size));
	return ret;
}

/* The devices are closed, and with their drivers again if they were bound for this run. */
void machine_give_physical_back(struct machine *m)
{
	bool confined = m->config->sandbox.mode != SANDBOX_OFF && m->is_confined;

	/* Confined without a keeper, nothing of the host can be reached: then the next command. */
	if (is_physical(m) && (m->config->keeper || !confined))
		machine_collect_physical(confined ? 0 : (uint64_t)getpid(), !confined);
	phys_ram_destroy(&m->phys);
	free(take_ptr(&m->new_ram));
}

int machine_name_physical(struct machine *m, struct err *err)
{
	owned_fd int dir = -1, lock = -1;
	char path[256];
	int ret;

	if (!is_physical(m) || vfio_is_empty(m->vm.vfio))
		return 0;
	if (snprintf(path, sizeof(path), "%s/dais-%d", m->config->mem_path, (int)getpid()) >=
	    (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "mem-path = %s", m->config->mem_path);
	dir = records_open(RECORD_OF_RAM, true, err);
	if (dir < 0)
		return dir;
	lock = records_lock(err);
	if (lock < 0)
		return lock;
	ret = vfio_ram_claim(m->vm.vfio, path, m->config->name, err)
		      ?: phys_ram_name(&m->phys, path, err);
	return !ret && m->new_ram ? vfio_ram_forget_new(m->new_ram, err) : ret;
}
