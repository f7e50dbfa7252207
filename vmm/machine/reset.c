// SPDX-License-Identifier: GPL-2.0-only
#include "arch/arch.h"
#include "arch/common/vgic.h"
#include "vfio/vfio.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

static int mask_lines(struct machine *m, struct err *err)
{
	(void)err;
	machine_quiesce(m);
	return 0;
}

static int unmap_dma(struct machine *m, struct err *err)
{
	return vfio_dma_unmap(m->vm.vfio, err);
}

static int reset_vgic(struct machine *m, struct err *err)
{
	return vgic_reset(m->vm.vgic, err);
}

static int clear_ram(struct machine *m, struct err *err)
{
	return ram_clear(&m->vm.ram, err);
}

static int reset_vcpus(struct machine *m, struct err *err)
{
	return arch_vcpus_reset(&m->vm, &m->cpus, err);
}

/* In this order a device that still works on the old guest's orders can neither reach nor interrupt
 * the new one. */
static const struct {
	const char *name;
	machine_step *run;
} steps[] = {
	{ "mask the lines", mask_lines },
	/* before the reset, whatever that does, and for what has no reset handler: DMA now faults
	   in the IOMMU. Without one nothing is mapped, and RAM is not touched before the reset */
	{ "unmap DMA", unmap_dma },
	{ "reset devices", machine_reset_devices },
	/* lines are low by now, so that nothing becomes pending again */
	{ "reset the VGIC", reset_vgic },
	{ "reset vCPUs", reset_vcpus },
	{ "clear RAM", clear_ram },
	{ "load the guest", machine_boot },
	{ "map RAM for DMA", machine_map_dma },
	{ "arm devices", machine_arm },
};

int machine_reset(struct machine *m, struct err *err)
{
	vcpus_park(&m->vm);
	for (size_t i = 0; i < n_elems(steps); i++) {
		int ret;

		trace_line(TRACE_VM, "reset: %s", steps[i].name);
		ret = steps[i].run(m, err);
		if (ret)
			return err_prefix(err, "guest reset");
	}
	__atomic_add_fetch(&m->vm.n_resets, 1, __ATOMIC_RELAXED);
	vm_request_clear_reset(&m->vm);
	vcpus_release(&m->vm);
	return 0;
}
