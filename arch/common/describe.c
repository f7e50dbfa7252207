// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/port.h"
#include "arch/common/vgic.h"
#include "fdt/builder.h"
#include "fdt/host/tree.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define INTID_TO_PPI(intid) ((intid)-16)

/* Of a 32-bit guest MPIDR has 32 bits, and Linux there reads one cell (arm,cpus.yaml). */
static void describe_cpus(const struct vm *vm, const struct arch_cpu_config *config, struct dt *dt)
{
	const bool is_32bit = config->aarch32 == ARCH_ON || arch_is_32bit;

	dt_begin_node(dt, "cpus");
	dt_prop_u32(dt, "#address-cells", is_32bit ? 1 : 2);
	dt_prop_u32(dt, "#size-cells", 0);
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		uint64_t mpidr = vm->vcpus[i].mpidr;

		dt_begin_node(dt, "cpu@%llx", (unsigned long long)mpidr);
		dt_prop_str(dt, "device_type", "cpu");
		dt_prop_str(dt, "compatible", arch_cpu_compatible(config));
		if (is_32bit)
			dt_prop_u32(dt, "reg", (uint32_t)mpidr);
		else
			dt_prop_u64(dt, "reg", mpidr);
		dt_prop_str(dt, "enable-method", "psci");
		dt_end_node(dt);
	}
	dt_end_node(dt);
}

static void describe_psci(struct dt *dt)
{
	static const char *const compatible[] = { "arm,psci-1.0", "arm,psci-0.2" };

	dt_begin_node(dt, "psci");
	dt_prop_strs(dt, "compatible", compatible, n_elems(compatible));
	dt_prop_str(dt, "method", "hvc");
	dt_end_node(dt);
}

/*
 * What is wrong with the host's counter, which its guests read, too: Linux works around it only if
 * the timer's node says so (drivers/clocksource/arm_arch_timer.c of Linux 6.12).
 */
static void describe_flaws(const struct host_tree *host, struct dt *dt)
{
	struct host_node *const *node = host ? host->nodes : NULL;

	while (node && *node && !host_node_matches(*node, "arm,armv[78]-timer"))
		node++;
	for (size_t i = 0; node && *node && i < (*node)->n_properties; i++) {
		const struct host_property *p = &(*node)->properties[i];

		if (str_matches(p->name, "*,erratum-* clock-frequency"))
			dt_prop(dt, p->name, p->value, p->size);
	}
}

/*
 * The INTIDs that KVM gives the timers (include/kvm/arm_arch_timer.h): secure physical, physical,
 * virtual, hypervisor.
 */
static void describe_timer(uint32_t flags, const struct host_tree *host, struct dt *dt)
{
	const uint32_t interrupts[] = {
		DT_GIC_PPI, INTID_TO_PPI(29), flags, DT_GIC_PPI, INTID_TO_PPI(30), flags,
		DT_GIC_PPI, INTID_TO_PPI(27), flags, DT_GIC_PPI, INTID_TO_PPI(26), flags,
	};

	dt_begin_node(dt, "timer");
	dt_prop_str(dt, "compatible", arch_port.timer);
	dt_prop_cells(dt, "interrupts", interrupts, n_elems(interrupts));
	dt_prop_empty(dt, "always-on");
	describe_flaws(host, dt);
	dt_end_node(dt);
}

void arch_describe(struct vm *vm, const struct arch_cpu_config *config,
		   const struct host_tree *host, struct dt *dt)
{
	uint32_t ppi_flags = DT_IRQ_LEVEL_HIGH;

	/* a GICv2's PPI specifier names the CPUs that it is wired to (arm,gic.yaml) */
	if (vm->vgic->version == VGIC_V2)
		ppi_flags |= ((1U << vm->n_vcpus) - 1) << 8;
	describe_cpus(vm, config, dt);
	describe_psci(dt);
	describe_timer(ppi_flags, host, dt);
	if (config->pmu != ARCH_ON)
		return;
	dt_begin_node(dt, "pmu");
	dt_prop_str(dt, "compatible", "arm,armv8-pmuv3");
	dt_prop_interrupt(dt, DT_GIC_PPI, INTID_TO_PPI(PMU_INTID), ppi_flags);
	dt_end_node(dt);
}
