// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/describe.h"

#include "arch/common/vgic.h"
#include "fdt/builder.h"
#include "vmm/base/range.h"
#include "vmm/core/vm.h"

uint32_t describe_ppi_flags(const struct vm *vm)
{
	uint32_t flags = DT_IRQ_LEVEL_HIGH;

	/* a GICv2's PPI specifier names the CPUs that it is wired to (arm,gic.yaml) */
	if (vgic_version(vm->vgic) == VGIC_V2)
		flags |= ((1U << vm->n_vcpus) - 1) << 8;
	return flags;
}

void describe_psci(struct dt *dt)
{
	static const char *const compatible[] = { "arm,psci-1.0", "arm,psci-0.2" };

	dt_begin_node(dt, "psci");
	dt_prop_strs(dt, "compatible", compatible, n_elems(compatible));
	dt_prop_str(dt, "method", "hvc");
	dt_end_node(dt);
}

/*
 * The INTIDs that KVM gives the timers (include/kvm/arm_arch_timer.h): secure physical, physical,
 * virtual, hypervisor.
 */
void describe_timer(const struct vm *vm, const char *compatible, struct dt *dt)
{
	const uint32_t flags = describe_ppi_flags(vm);
	const uint32_t interrupts[] = {
		DT_GIC_PPI, INTID_TO_PPI(29), flags, DT_GIC_PPI, INTID_TO_PPI(30), flags,
		DT_GIC_PPI, INTID_TO_PPI(27), flags, DT_GIC_PPI, INTID_TO_PPI(26), flags,
	};

	dt_begin_node(dt, "timer");
	dt_prop_str(dt, "compatible", compatible);
	dt_prop_cells(dt, "interrupts", interrupts, n_elems(interrupts));
	dt_prop_empty(dt, "always-on");
	dt_end_node(dt);
}
