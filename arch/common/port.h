/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_PORT_H
#define ARCH_COMMON_PORT_H

/* What arch/arm64 and arch/arm bring of their own; all else of arch/arch.h is in arch/common. */
#include "arch/arch.h"

extern const struct arch_port {
	/* Ids of KVM_GET_ONE_REG and KVM_SET_ONE_REG */
	uint64_t pc_reg, mpidr_reg, arg_regs[3];
	uint64_t mpidr_affinity; /* the bits of MPIDR that are no flags */
	uint32_t power_off;      /* bit set: of kvmarm_vcpu_init.features[0] */
	const char *timer;       /* compatible of bindings/timer/arm,arch_timer.yaml */
} arch_port;

/* Decide the switches of @config, kvm_target and kvm_features; nothing of a vCPU is touched yet. */
int arch_choose(struct vm *vm, struct arch_cpu_config *config, struct err *err);

/* What the nodes of the vCPUs are compatible with (bindings/arm/cpus.yaml). */
const char *arch_cpu_compatible(const struct arch_cpu_config *config);

/* The PMU's interrupt, a PPI: the number that Arm's base system architecture (BSA) gives it. */
#define PMU_INTID 23

#endif
