// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/describe.h"
#include "arch/arch.h"
#include "arch/arm64/pmu.h"
#include "fdt/builder.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

/* Of a 32-bit guest MPIDR has 32 bits, and Linux there reads one cell (arm,cpus.yaml). */
static void describe_cpus(struct vm *vm, bool is_32bit, struct dt *dt)
{
	dt_begin_node(dt, "cpus");
	dt_prop_u32(dt, "#address-cells", is_32bit ? 1 : 2);
	dt_prop_u32(dt, "#size-cells", 0);
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		uint64_t mpidr = vm->vcpus[i].mpidr;

		dt_begin_node(dt, "cpu@%llx", (unsigned long long)mpidr);
		dt_prop_str(dt, "device_type", "cpu");
		dt_prop_str(dt, "compatible", "arm,armv8");
		if (is_32bit)
			dt_prop_u32(dt, "reg", (uint32_t)mpidr);
		else
			dt_prop_u64(dt, "reg", mpidr);
		dt_prop_str(dt, "enable-method", "psci");
		dt_end_node(dt);
	}
	dt_end_node(dt);
}

static void describe_pmu(const struct vm *vm, struct dt *dt)
{
	dt_begin_node(dt, "pmu");
	dt_prop_str(dt, "compatible", "arm,armv8-pmuv3");
	dt_prop_interrupt(dt, DT_GIC_PPI, INTID_TO_PPI(PMU_INTID), describe_ppi_flags(vm));
	dt_end_node(dt);
}

void arch_describe(struct vm *vm, const struct arch_cpu_config *config, struct dt *dt)
{
	describe_cpus(vm, config->aarch32 == ARCH_ON, dt);
	describe_psci(dt);
	describe_timer(vm, "arm,armv8-timer", dt);
	if (config->pmu == ARCH_ON)
		describe_pmu(vm, dt);
}
