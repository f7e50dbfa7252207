/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_ARM_KVM_REG_H
#define ARCH_ARM_KVM_REG_H

/*
 * What is different in the KVM of a 32-bit host: features, targets, and ids of KVM_GET_ONE_REG and
 * KVM_SET_ONE_REG, which are the only way to a register there (KVM_GET_REGS: EINVAL). Source:
 * arch/arm/include/uapi/asm/kvm.h of Linux 5.4. The rest is in arch/common/kvm_arm.h.
 */

#define KVM32_TARGET_CORTEX_A15 0
#define KVM32_TARGET_CORTEX_A7  1

/* Bits of kvmarm_vcpu_init.features[0]; not arm64's */
#define KVM32_FEATURE_POWER_OFF 0
#define KVM32_FEATURE_PSCI_0_2  1

/* Core registers, 32 bits wide: the word in struct kvm_regs */
#define KVM32_REG_CORE(word) (0x4020000000100000ULL | (word))
#define KVM32_REG_R(n)       KVM32_REG_CORE(n)
#define KVM32_REG_PC         KVM32_REG_CORE(15)

/* Registers of the system coprocessor, cp15, 32 bits wide */
#define KVM32_REG_CP15(opc1, crn, crm, opc2) \
	(0x40200000000f0000ULL | (crn) << 11 | (crm) << 7 | (opc1) << 3 | (opc2))
#define KVM32_REG_MPIDR KVM32_REG_CP15(0, 0, 0, 5)

#endif
