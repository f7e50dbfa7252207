// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "arch/common/kvm_arm.h"
#include "arch/common/port.h"
#include "vmm/base/sys.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

static int init_vcpu(struct vcpu *vcpu, const struct arch_cpu_config *config, struct err *err)
{
	struct kvmarm_vcpu_init init = {
		.target = config->kvm_target,
		.features = { config->kvm_features },
	};
	int ret;

	if (vcpu->index > 0)
		init.features[0] |= arch_port.power_off;
	ret = sys_ioctl(vcpu->fd, KVMARM_VCPU_INIT, &init);
	return ret < 0 ? err_set(err, ret, "KVM_ARM_VCPU_INIT of vCPU %u", vcpu->index) : 0;
}

/* Kernels before 4.3 know no generic target, and want that of the core that they run on. */
static int init_first_vcpu(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	struct kvmarm_vcpu_init preferred = { 0 };
	int ret = init_vcpu(&vm->vcpus[0], config, err);

	if (ret != -EINVAL || sys_ioctl(vm->fd, KVMARM_PREFERRED_TARGET, &preferred) < 0 ||
	    preferred.target == config->kvm_target)
		return ret;
	config->kvm_target = preferred.target;
	return init_vcpu(&vm->vcpus[0], config, err);
}

static int finalize_sve(struct vcpu *vcpu, struct err *err)
{
	int feature = KVMARM_FEATURE_SVE;
	int ret = sys_ioctl(vcpu->fd, KVMARM_VCPU_FINALIZE, &feature);

	return ret < 0 ? err_set(err, ret, "enable SVE of vCPU %u", vcpu->index) : 0;
}

static int read_mpidr(struct vcpu *vcpu, struct err *err)
{
	int ret = vcpu_get_reg(vcpu, arch_port.mpidr_reg, &vcpu->mpidr);

	vcpu->mpidr &= arch_port.mpidr_affinity;
	return ret < 0 ? err_set(err, ret, "read MPIDR of vCPU %u", vcpu->index) : 0;
}

int arch_vcpus_init(struct vm *vm, struct arch_cpu_config *config, struct err *err)
{
	int ret = arch_choose(vm, config, err);

	vm->pc_reg = arch_port.pc_reg;
	vm->result_reg = arch_port.arg_regs[0];
	for (unsigned int i = 0; ret >= 0 && i < vm->n_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];

		ret = i ? init_vcpu(vcpu, config, err) : init_first_vcpu(vm, config, err);
		if (ret >= 0 && config->sve == ARCH_ON)
			ret = finalize_sve(vcpu, err);
		if (ret >= 0)
			ret = read_mpidr(vcpu, err);
	}
	return ret;
}

static int set_up_pmu(struct vcpu *vcpu, int type, struct err *err)
{
	const uint32_t group = KVMARM_VCPU_GRP_PMU_V3;
	int intid = PMU_INTID;
	int ret = 0;

	if (type >= 0)
		ret = kvm_attr_set(vcpu->fd, group, KVMARM_PMU_V3_SET_PMU, &type);
	if (ret >= 0)
		ret = kvm_attr_set(vcpu->fd, group, KVMARM_PMU_V3_IRQ, &intid);
	if (ret >= 0)
		ret = kvm_attr_set(vcpu->fd, group, KVMARM_PMU_V3_INIT, NULL);
	return ret < 0 ? err_set(err, ret, "set up the PMU of vCPU %u", vcpu->index) : 0;
}

int arch_vcpus_finish(struct vm *vm, const struct arch_cpu_config *config, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; ret >= 0 && config->pmu == ARCH_ON && i < vm->n_vcpus; i++)
		ret = set_up_pmu(&vm->vcpus[i], config->pmu_type, err);
	return ret;
}

/*
 * SVE stays finalised and the PMU set up: kvm_reset_vcpu() of arch/arm64/kvm/reset.c clears their
 * state only.
 */
int arch_vcpus_reset(struct vm *vm, const struct arch_cpu_config *config, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; ret >= 0 && i < vm->n_vcpus; i++)
		ret = init_vcpu(&vm->vcpus[i], config, err);
	return ret;
}
