// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "arch/arch.h"
#include "arch/arm64/pmu.h"
#include "arch/common/kvm_arm.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

const bool arch_is_32bit = false;

#define BIT(n) (1U << (n))

/* Aff3 to Aff0; the other bits of MPIDR_EL1 are flags. */
#define MPIDR_AFFINITY 0xff00ffffffULL

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

/* Of an AArch32 guest; what that has not stays off. */
static int choose_width(const struct kvm_caps *caps, struct arch_cpu_config *config,
			uint32_t *features, struct err *err)
{
	const bool wants_more = config->sve == ARCH_ON || config->pauth == ARCH_ON;

	if (!caps->el1_32bit) {
		err_set(err, ENOTSUP, "a 32-bit guest (a zImage, or aarch32=yes)");
		err_why(err, "this processor's EL1 is 64-bit only: KVM has no "
			     "KVM_CAP_ARM_EL1_32BIT");
		err_fix(err, "an arm64 kernel, or a host with AArch32 at EL1, such as a "
			     "Cortex-A53, A57 or A72");
		return err_host(err);
	}
	if (wants_more) {
		err_usage(err, "%s=on for a 32-bit guest",
			  config->sve == ARCH_ON ? "sve" : "pauth");
		err_why(err, "AArch32 has nothing of the kind");
		err_fix(err, "leave it out");
		return err->code;
	}
	config->sve = config->pauth = ARCH_OFF;
	*features |= BIT(KVMARM_FEATURE_EL1_32BIT);
	return 0;
}

static int choose_features(struct vm *vm, struct arch_cpu_config *config, struct err *err)
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
	config->kvm_features = features;
	return ret;
}

static int vcpu_init(struct vcpu *vcpu, const struct arch_cpu_config *config)
{
	struct kvmarm_vcpu_init init = {
		.target = config->kvm_target,
		.features = { config->kvm_features },
	};

	if (vcpu->index > 0)
		init.features[0] |= BIT(KVMARM_FEATURE_POWER_OFF);
	return sys_ioctl(vcpu->fd, KVMARM_VCPU_INIT, &init);
}

static int init_failed(const struct vcpu *vcpu, int ret, struct err *err)
{
	return err_set(err, ret, "KVM_ARM_VCPU_INIT of vCPU %u", vcpu->index);
}

/*
 * The generic target serves every core, so that vCPUs may move between the kinds of a big.LITTLE
 * host. Kernels before 4.3 do not know it, and want the one of the core that they run on.
 */
static int init_first_vcpu(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	struct kvmarm_vcpu_init preferred = { 0 };
	struct vcpu *vcpu = &vm->vcpus[0];
	int ret, old = KVMARM_TARGET_GENERIC_V8;

	config->kvm_target = KVMARM_TARGET_GENERIC_V8;
	ret = vcpu_init(vcpu, config);
	if (ret == -EINVAL && sys_ioctl(vm->fd, KVMARM_PREFERRED_TARGET, &preferred) >= 0 &&
	    preferred.target != (uint32_t)old) {
		config->kvm_target = preferred.target;
		ret = vcpu_init(vcpu, config);
	}
	return ret < 0 ? init_failed(vcpu, ret, err) : 0;
}

static int finalize_sve(struct vcpu *vcpu, struct err *err)
{
	int feature = KVMARM_FEATURE_SVE;
	int ret = sys_ioctl(vcpu->fd, KVMARM_VCPU_FINALIZE, &feature);

	return ret < 0 ? err_set(err, ret, "enable SVE of vCPU %u", vcpu->index) : 0;
}

static int read_mpidr(struct vcpu *vcpu, struct err *err)
{
	int ret = vcpu_get_reg(vcpu, KVMARM_REG_MPIDR_EL1, &vcpu->mpidr);

	if (ret < 0)
		return err_set(err, ret, "read MPIDR_EL1 of vCPU %u", vcpu->index);
	vcpu->mpidr &= MPIDR_AFFINITY;
	return 0;
}

int arch_vcpus_init(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	int ret = choose_features(vm, config, err);

	if (ret < 0)
		return ret;
	vm->pc_reg = KVMARM_REG_PC;
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];

		if (i == 0)
			ret = init_first_vcpu(vm, config, err);
		else if ((ret = vcpu_init(vcpu, config)) < 0)
			init_failed(vcpu, ret, err);
		if (ret >= 0 && config->sve == ARCH_ON)
			ret = finalize_sve(vcpu, err);
		if (ret >= 0)
			ret = read_mpidr(vcpu, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int arch_vcpus_reset(struct vm *vm, const struct arch_cpu_config *config, struct err *err)
{
	/*
	 * SVE stays finalised and the PMU set up: kvm_reset_vcpu() of arch/arm64/kvm/reset.c
	 * clears their state only.
	 */
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		int ret = vcpu_init(&vm->vcpus[i], config);

		if (ret < 0)
			return init_failed(&vm->vcpus[i], ret, err);
	}
	return 0;
}
