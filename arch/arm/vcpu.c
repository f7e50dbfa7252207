// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "arch/arch.h"
#include "arch/arm/kvm_reg.h"
#include "arch/common/kvm_arm.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

const bool arch_is_32bit = true;

#define BIT(n) (1U << (n))

#define MPIDR_AFFINITY 0xffffffU /* Aff2 to Aff0; the other bits are flags */

/* None of these is in ARMv7, or in its KVM. */
static int no_features(struct arch_cpu_config *config, struct err *err)
{
	const struct {
		const char *name;
		enum arch_switch *wanted;
	} switches[] = {
		{ "pmu", &config->pmu },
		{ "sve", &config->sve },
		{ "pauth", &config->pauth },
	};

	for (size_t i = 0; i < n_elems(switches); i++) {
		if (*switches[i].wanted == ARCH_ON) {
			err_set(err, ENOTSUP, "%s=on", switches[i].name);
			err_why(err, "KVM on a 32-bit host cannot give it to a guest");
			err_fix(err, "%s=auto, or a 64-bit host that has it", switches[i].name);
			return err_host(err);
		}
		*switches[i].wanted = ARCH_OFF;
	}
	return 0;
}

static int vcpu_init(struct vcpu *vcpu, const struct arch_cpu_config *config, struct err *err)
{
	struct kvmarm_vcpu_init init = {
		.target = config->kvm_target,
		.features = { config->kvm_features },
	};
	int ret;

	if (vcpu->index > 0)
		init.features[0] |= BIT(KVM32_FEATURE_POWER_OFF);
	ret = sys_ioctl(vcpu->fd, KVMARM_VCPU_INIT, &init);
	return ret < 0 ? err_set(err, ret, "KVM_ARM_VCPU_INIT of vCPU %u", vcpu->index) : 0;
}

static int choose_target(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	struct kvmarm_vcpu_init preferred = { 0 };
	int ret = sys_ioctl(vm->fd, KVMARM_PREFERRED_TARGET, &preferred);

	if (ret < 0) {
		err_set(err, ret, "ask for the kind of vCPU that this host can give");
		err_why(err, "KVM on 32-bit hosts serves Cortex-A15 and Cortex-A7");
		return err_host(err);
	}
	config->kvm_target = preferred.target;
	config->kvm_features = BIT(KVM32_FEATURE_PSCI_0_2);
	return 0;
}

static int read_mpidr(struct vcpu *vcpu, struct err *err)
{
	int ret = vcpu_get_reg(vcpu, KVM32_REG_MPIDR, &vcpu->mpidr);

	if (ret < 0)
		return err_set(err, ret, "read MPIDR of vCPU %u", vcpu->index);
	vcpu->mpidr &= MPIDR_AFFINITY;
	return 0;
}

int arch_vcpus_init(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	int ret = no_features(config, err);

	if (ret >= 0)
		ret = choose_target(vm, config, err);
	vm->pc_reg = KVM32_REG_PC;
	for (unsigned int i = 0; ret >= 0 && i < vm->n_vcpus; i++) {
		ret = vcpu_init(&vm->vcpus[i], config, err);
		if (ret >= 0)
			ret = read_mpidr(&vm->vcpus[i], err);
	}
	return ret;
}

int arch_vcpus_finish(struct vm *vm, const struct arch_cpu_config *config, struct err *err)
{
	(void)vm, (void)config, (void)err;
	return 0;
}

int arch_vcpus_reset(struct vm *vm, const struct arch_cpu_config *config, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; ret >= 0 && i < vm->n_vcpus; i++)
		ret = vcpu_init(&vm->vcpus[i], config, err);
	return ret;
}
