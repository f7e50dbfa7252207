// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "arch/arm/kvm_reg.h"
#include "arch/common/kvm_arm.h"
#include "arch/common/port.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/vm.h"

const bool arch_is_32bit = true;

const struct arch_port arch_port = {
	.pc_reg = KVM32_REG_PC,
	.mpidr_reg = KVM32_REG_MPIDR,
	.arg_regs = { KVM32_REG_R(0), KVM32_REG_R(1), KVM32_REG_R(2) },
	.mpidr_affinity = 0xffffff, /* Aff2 to Aff0 */
	.power_off = 1U << KVM32_FEATURE_POWER_OFF,
	.timer = "arm,armv7-timer",
};

/* None of these is in ARMv7, or in its KVM. */
static int no_features(struct arch_cpu_config *config, struct err *err)
{
	static const char *const names[] = { "pmu", "sve", "pauth" };
	enum arch_switch *const switches[] = { &config->pmu, &config->sve, &config->pauth };

	for (size_t i = 0; i < n_elems(names); i++) {
		if (*switches[i] == ARCH_ON) {
			err_set(err, ENOTSUP, "%s=on", names[i]);
			err_why(err, "KVM on a 32-bit host cannot give it to a guest");
			err_fix(err, "%s=auto, or a 64-bit host that has it", names[i]);
			return err_host(err);
		}
		*switches[i] = ARCH_OFF;
	}
	return 0;
}

int arch_check_aarch32(const struct kvm_caps *caps, struct err *err)
{
	(void)caps;
	(void)err;
	return 0;
}

int arch_choose(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	struct kvmarm_vcpu_init preferred = { 0 };
	int ret = no_features(config, err);

	if (ret < 0)
		return ret;
	ret = sys_ioctl(vm->fd, KVMARM_PREFERRED_TARGET, &preferred);
	if (ret < 0) {
		err_set(err, ret, "ask for the kind of vCPU that this host can give");
		err_why(err, "KVM on 32-bit hosts serves Cortex-A15 and Cortex-A7");
		return err_host(err);
	}
	config->kvm_target = preferred.target;
	config->kvm_features = 1U << KVM32_FEATURE_PSCI_0_2;
	return 0;
}

const char *arch_cpu_compatible(const struct arch_cpu_config *config)
{
	return config->kvm_target == KVM32_TARGET_CORTEX_A7 ? "arm,cortex-a7" : "arm,cortex-a15";
}
