// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/common/resample.h"
#include "arch/common/vgic.h"
#include "devices/console.h"
#include "vfio/host/owner.h"
#include "vfio/vfio.h"
#include "vmm/base/built.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"
#include "vmm/core/irq_line.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/sandbox/sandbox.h"

static int open_images(struct machine *m, struct err *err)
{
	return fd_ranges_allow(err)
		       ?: boot_files_open(&m->files, m->config->kernel, m->config->initrd, err)
		       ?: arch_boot_probe(&m->files, &m->cpus, err);
}

static void close_images(struct machine *m)
{
	boot_files_close(&m->files);
}

static int fork_keeper(struct machine *m, struct err *err)
{
	int ret;

	if (!m->config->keeper)
		return 0;
	ret = m->config->sandbox.mode != SANDBOX_OFF ? sandbox_empty_bounds(err) : 0;
	if (!ret)
		ret = keeper_fork(&m->keeper, err);
	if (ret < 0)
		return ret;
	if (!ret) {
		m->vm.at_work = m->keeper.at_work;
		m->n_kept = m->n_stages;
		/* The VMM need not be able to unbind what it works. */
		vfio_claims_forget(take_ptr(&m->claims));
		return keeper_follow(&m->keeper, err);
	}
	close_images(m);
	machine_detach_devices(m);
	passed_fds_close(m->config->passed, false);
	m->is_confined = true;
	ret = sandbox_enter_keeper(m, err);
	if (ret) {
		keeper_end(&m->keeper);
		return ret;
	}
	m->vmm_status = keeper_wait(&m->keeper, err);
	return MACHINE_KEPT;
}

static void forget_keeper(struct machine *m)
{
	keeper_destroy(&m->keeper);
}

static int ask_kvm(struct machine *m, struct err *err)
{
	return kvm_open(&m->vm.kvm, m->config->passed, err);
}

static int make_vm(struct machine *m, struct err *err)
{
	struct vm *vm = &m->vm;
	int ret = vm_create(vm, err);

	for (unsigned int i = 0; !ret && i < vm->ram.n_banks; i++) {
		const struct ram_bank *bank = &vm->ram.banks[i];
		int slot = vm_memslot_add(vm, bank->gpa.start, bank->gpa.size, bank->hva, false,
					  "RAM", err);

		ret = slot < 0 ? slot : 0;
	}
	return ret;
}

/* With all that it consists of, also when there are no more than parts of it. */
static void destroy_vm(struct machine *m)
{
	if (BUILT(VFIO_IRQ_PROBE))
		resample_end(take_ptr(&m->tried));
	vcpus_destroy(&m->vm);
	vm_destroy(&m->vm);
}

static void unmap_dma(struct machine *m)
{
	struct err err;

	if (m->vm.vfio && vfio_dma_unmap(m->vm.vfio, &err))
		err_print(&err);
}

static int make_vcpus(struct machine *m, struct err *err)
{
	return vcpus_create(&m->vm, m->config->n_vcpus, err)
		       ?: arch_vcpus_init(&m->vm, &m->cpus, err);
}

/* As many as the devices take, from 0 on, and those that the user chose. */
static unsigned int n_spis_wanted(const struct machine *m)
{
	uint64_t end = 1;
	unsigned int n = 0;

	for (unsigned int i = 0; i < m->n_devices; i++) {
		uint64_t chosen = device_config_spis_end(&m->config->devices[i]);

		n += m->devices[i]->n_spis;
		end = chosen > end ? chosen : end;
	}
	return n > end ? n : end < SPI_MAX_COUNT ? (unsigned int)end : SPI_MAX_COUNT;
}

static int make_vgic(struct machine *m, struct err *err)
{
	struct vm *vm = &m->vm;

	return vgic_create(vm, m->config->irqchip, n_spis_wanted(m), &vm->vgic, err)
		       ?: vgic_init(vm->vgic, err)
		       ?: arch_vcpus_finish(vm, &m->cpus, err)
		       ?: vfio_kvm_attach(vm->vfio, vm, err);
}

static void destroy_vgic(struct machine *m)
{
	vfio_kvm_detach(m->vm.vfio);
	vgic_destroy(take_ptr(&m->vm.vgic));
}

static int make_console(struct machine *m, struct err *err)
{
	int ret = event_loop_create(&m->vm.loop, err);

	m->vm.loop.at_work = m->vm.at_work;
	return ret
		       ?: console_create(m->config->console, m->config->passed, &m->vm,
					 &m->vm.console, err);
}

static void destroy_console(struct machine *m)
{
	console_destroy(take_ptr(&m->vm.console));
}

static int close_unused(struct machine *m, struct err *err)
{
	(void)err;
	passed_fds_close(m->config->passed, true);
	return 0;
}

static int start_console(struct machine *m, struct err *err)
{
	return console_start(m->vm.console, err);
}

/* From here on no path leads anywhere. */
static int confine(struct machine *m, struct err *err)
{
	struct sandbox_config sandbox = m->config->sandbox;
	int ret;

	if (sandbox.mode == SANDBOX_OFF) {
		sandbox_warn_off();
		return 0;
	}
	m->is_confined = true;
	sandbox.rt_priority = m->config->rt_priority;
	/* A guest reset clears RAM alone: no thread can be started any more. */
	m->vm.ram.backing.n_threads = 1;
	ret = sandbox_confine(&sandbox, err);
	/* The kernel has forgotten it with the change of user. */
	return ret || !m->keeper.keeper ? ret : keeper_die_with(&m->keeper, err);
}

static int start_vcpus(struct machine *m, struct err *err)
{
	const struct vcpu_start placement = {
		.cpus = m->cpus.affinity,
		.rt_priority = m->config->rt_priority,
		.enter = sandbox_enter_vcpu,
		.opaque = m,
	};

	return vcpus_start(&m->vm, &placement, err);
}

static void end_vcpus(struct machine *m)
{
	vcpus_join(&m->vm);
}

/* Every build is this list from top to bottom, every end the same from bottom to top: undo takes
 * half-built stages, and those that were left out. */
static const struct stage {
	const char *name;
	machine_step *make;
	machine_undo *undo;
	enum machine_goal needed; /* by this goal, and those after it */
} stages[] = {
	/* what the user got wrong is found before anything of the host is touched; open for guest
	   resets too */
	{ "open the images", open_images, close_images, MACHINE_FOR_DEVICES },
	/* devices without an IOMMU may write to it until they are back with the host */
	{ "make a file for RAM at its physical address", machine_open_physical,
	  machine_give_physical_back, MACHINE_FOR_DEVICES },
	/* before they are opened, and undone when they are closed: an unbind waits for that */
	{ "claim the devices", machine_claim, machine_return, MACHINE_FOR_RUN },
	/* takes and resets assigned devices; no DMA is mapped, no interrupt wired */
	{ "take the devices", machine_take_devices, machine_give_devices_back,
	  MACHINE_FOR_DEVICES },
	/* whose driver may pin it, and tell where it is; else it is looked for */
	{ "take RAM at its physical address", machine_take_physical, NULL, MACHINE_FOR_DEVICES },
	/* what follows is the VMM, its child: this process keeps what is above, undoes that when
	   the VMM has ended, and has nothing of the guest */
	{ "fork the keeper", fork_keeper, forget_keeper, MACHINE_FOR_RUN },
	{ "ask KVM", ask_kvm, destroy_vm, MACHINE_FOR_TREE },
	/* around the IOVA ranges that the devices' IOMMUs reserve; goes with the VM */
	{ "make RAM", machine_make_ram, NULL, MACHINE_FOR_TREE },
	{ "make the VM", make_vm, NULL, MACHINE_FOR_TREE },
	/* takes long when there is much; no thread of it is left when devices and vCPUs come */
	{ "prepare RAM", machine_prepare_ram, NULL, MACHINE_FOR_TRIAL },
	/* pins RAM; undone before RAM goes */
	{ "map RAM for DMA", machine_map_dma, unmap_dma, MACHINE_FOR_TRIAL },
	/* all of them before the VGIC is initialised, which wants to know their number */
	{ "make vCPUs", make_vcpus, NULL, MACHINE_FOR_TREE },
	/* initialised before irqfds, which it refuses earlier; then the PMU, which wants its
	   interrupt */
	{ "make the VGIC", make_vgic, destroy_vgic, MACHINE_FOR_TREE },
	/* before regions are mapped, as some may have to trap */
	{ "try whether KVM resamples", machine_try_resample, NULL, MACHINE_FOR_RUN },
	{ "open the console", make_console, destroy_console, MACHINE_FOR_TREE },
	/* what was passed, and no device or option has asked for by now */
	{ "close what is not used", close_unused, NULL, MACHINE_FOR_TREE },
	/* afterwards the MMIO table is constant: no lock on the vCPUs' path */
	{ "attach devices", machine_attach_devices, machine_detach_devices, MACHINE_FOR_TREE },
	/* the device tree describes all the above */
	{ "load the guest", machine_boot, NULL, MACHINE_FOR_TREE },
	/* lines armed last: nothing may arrive that nobody can handle */
	{ "arm devices", machine_arm, machine_quiesce, MACHINE_FOR_TRIAL },
	/* from here on the guest can tell devices where it is */
	{ "name RAM at its physical address", machine_name_physical, NULL, MACHINE_FOR_RUN },
	/* changes the user's terminal: not before all else went well */
	{ "start the console", start_console, NULL, MACHINE_FOR_TRIAL },
	/* while there is one thread; all that a run needs is open */
	{ "confine dais", confine, NULL, MACHINE_FOR_TRIAL },
	/* each loads its filter; parked until machine_run() */
	{ "start vCPU threads", start_vcpus, end_vcpus, MACHINE_FOR_TRIAL },
};

static_assert(n_elems(stages) <= MACHINE_MAX_STAGES, "each stage's time is kept");

/* Which stage comes behind the last that @goal needs: there another goal goes on. */
static unsigned int end_of(enum machine_goal goal)
{
	unsigned int end = n_elems(stages);

	while (end && stages[end - 1].needed > goal)
		end--;
	return end;
}

static int build(struct machine *m, enum machine_goal goal, struct err *err)
{
	const unsigned int end = end_of(goal);

	while (m->n_stages < end) {
		const struct stage *stage = &stages[m->n_stages++];
		uint64_t begun = sys_monotonic_ns();
		int ret;

		if (stage->needed > goal)
			continue;
		trace_line(TRACE_VM, "build: %s", stage->name);
		ret = stage->make(m, err);
		if (ret)
			return ret;
		m->stage_ns[m->n_stages - 1] = sys_monotonic_ns() - begun;
	}
	return 0;
}

int machine_build(struct machine *m, const struct vm_config *config, enum machine_goal goal,
		  struct err *err)
{
	memset(m, 0, sizeof(*m));
	m->config = config;
	m->files = BOOT_FILES_NONE;
	m->cpus = (struct arch_cpu_config){
		.pmu = config->pmu,
		.sve = config->sve,
		.pauth = config->pauth,
		.aarch32 = config->aarch32,
		.affinity = config->affinity ? config->affinity[0] : NULL,
	};
	vm_init(&m->vm);
	m->vm.passed = config->passed;
	m->vm.only_described = goal == MACHINE_FOR_TREE;
	return build(m, goal, err);
}

int machine_build_on(struct machine *m, enum machine_goal goal, struct err *err)
{
	m->n_kept = m->n_stages;
	return build(m, goal, err);
}

const char *machine_stage_name(unsigned int i)
{
	return stages[i].name;
}

bool machine_destroy(struct machine *m)
{
	while (m->n_stages > m->n_kept) {
		const struct stage *stage = &stages[--m->n_stages];

		if (!stage->undo)
			continue;
		trace_line(TRACE_VM, "undo: %s", stage->name);
		stage->undo(m);
	}
	return !m->is_lost;
}
