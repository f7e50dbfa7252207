// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/describe.h"
#include "arch/arch.h"
#include "arch/arm/kvm_reg.h"
#include "fdt/builder.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

static void describe_cpus(struct vm *vm, uint32_t target, struct dt *dt)
{
	const char *core = target == KVM32_TARGET_CORTEX_A7 ? "arm,cortex-a7" : "arm,cortex-a15";

	dt_begin_node(dt, "cpus");
	dt_prop_u32(dt, "#address-cells", 1);
	dt_prop_u32(dt, "#size-cells", 0);
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		uint32_t mpidr = (uint32_t)vm->vcpus[i].mpidr;

		dt_begin_node(dt, "cpu@%x", mpidr);
		dt_prop_str(dt, "device_type", "cpu");
		dt_prop_str(dt, "compatible", core);
		dt_prop_u32(dt, "reg", mpidr);
		dt_prop_str(dt, "enable-method", "psci");
		dt_end_node(dt);
	}
	dt_end_node(dt);
}

void arch_describe(struct vm *vm, const struct arch_cpu_config *config, struct dt *dt)
{
	describe_cpus(vm, config->kvm_target, dt);
	describe_psci(dt);
	describe_timer(vm, "arm,armv7-timer", dt);
}
