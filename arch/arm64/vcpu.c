// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "arch/arm64/pmu.h"
#include "arch/common/kvm_arm.h"
#include "arch/common/port.h"
#include "vmm/base/log.h"
#include "vmm/core/vm.h"

#define BIT(n) (1U << (n))

const bool arch_is_32bit = false;

/* r0 to r2 of a 32-bit guest are x0 to x2 for KVM. */
const struct arch_port arch_port = {
	.pc_reg = KVMARM_REG_PC,
	.mpidr_reg = KVMARM_REG_MPIDR_EL1,
	.arg_regs = { KVMARM_REG_X(0), KVMARM_REG_X(1), KVMARM_REG_X(2) },
	.mpidr_affinity = 0xff00ffffff, /* Aff3 to Aff0 */
	.power_off = BIT(KVMARM_FEATURE_POWER_OFF),
	.timer = "arm,armv8-timer",
};

/* Decide one switch by what the host has; @bits join the features when it is on. */
static int choose(enum arch_switch *wanted, const char *name, bool host_has, uint32_t bits,
		  uint32_t *features, struct err *err)
{
	if (*wanted == ARCH_ON && !host_has) {
		err_set(err, ENOTSUP, "%s=on", name);
		err_why(err, "KVM on this host cannot give it to a guest");
		err_fix(err, "%s=auto, or a host that has it", name);
		return err_host(err);
	}
	if (*wanted == ARCH_AUTO && !host_has)
		log_debug("%s: off, the host cannot give it to a guest", name);
	if (*wanted == ARCH_AUTO)
		*wanted = host_has ? ARCH_ON : ARCH_OFF;
	if (*wanted == ARCH_ON)
		*features |= bits;
	return 0;
}

int arch_check_aarch32(const struct kvm_caps *caps, struct err *err)
{
	if (caps->el1_32bit)
		return 0;
	err_set(err, ENOTSUP, "a 32-bit guest (a zImage, or aarch32=yes)");
	err_why(err, "this processor's EL1 is 64-bit only: KVM has no KVM_CAP_ARM_EL1_32BIT");
	err_fix(err, "an arm64 kernel (an arm64 Image), or a host with AArch32 at EL1, such as a "
		     "Cortex-A53, A57 or A72");
	return err_host(err);
}

/* Of an AArch32 guest; what that has not stays off. */
static int choose_width(const struct kvm_caps *caps, struct arch_cpu_config *config,
			uint32_t *features, struct err *err)
{
	const bool wants_more = config->sve == ARCH_ON || config->pauth == ARCH_ON;

	if (arch_check_aarch32(caps, err))
		return err->code;
	if (wants_more) {
		err_usage(err, "%s=on for a 32-bit guest",
			  config->sve == ARCH_ON ? "sve" : "pauth");
		err_why(err, "AArch32 has nothing of the kind");
		return err_fix(err, "leave it out");
	}
	config->sve = config->pauth = ARCH_OFF;
	*features |= BIT(KVMARM_FEATURE_EL1_32BIT);
	return 0;
}

/*
 * The generic target serves every core, so that vCPUs may move between the kinds of a big.LITTLE
 * host.
 */
int arch_choose(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	const struct kvm_caps *caps = &vm->kvm.caps;
	uint32_t features = BIT(KVMARM_FEATURE_PSCI_0_2);
	int ret = 0;

	if (config->aarch32 == ARCH_ON)
		ret = choose_width(caps, config, &features, err);
	if (ret >= 0 && caps->pmu_v3)
		ret = pmu_choose(vm, config, err);
	if (ret >= 0)
		ret = choose(&config->pmu, "pmu", caps->pmu_v3, BIT(KVMARM_FEATURE_PMU_V3),
			     &features, err);
	if (ret >= 0)
		ret = choose(&config->sve, "sve", caps->sve, BIT(KVMARM_FEATURE_SVE), &features,
			     err);
	if (ret >= 0)
		ret = choose(&config->pauth, "pauth", caps->pauth,
			     BIT(KVMARM_FEATURE_PTRAUTH_ADDRESS) |
				     BIT(KVMARM_FEATURE_PTRAUTH_GENERIC),
			     &features, err);
	config->kvm_target = KVMARM_TARGET_GENERIC_V8;
	config->kvm_features = features;
	return ret;
}

const char *arch_cpu_compatible(const struct arch_cpu_config *config)
{
	(void)config;
	return "arm,armv8";
}
