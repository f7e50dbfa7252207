/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_KVM_ARM_H
#define ARCH_COMMON_KVM_ARM_H

/*
 * What dais uses of KVM's Arm ABI, in fixed-width types and with names of its own: the kernel's
 * <asm/kvm.h> exists only where the compiler builds for that very architecture, and this code is
 * unit-tested on others. Source, unless said otherwise: arch/arm64/include/uapi/asm/kvm.h and
 * include/uapi/linux/kvm.h of Linux 6.12.
 */
#include <stdint.h>
#include <sys/ioctl.h>

/*
 * KVM_ARM_VCPU_INIT, KVM_ARM_PREFERRED_TARGET and KVM_ARM_VCPU_FINALIZE
 * (Documentation/virt/kvm/api.rst 4.82, 4.83, 4.119)
 */
struct kvmarm_vcpu_init {
	uint32_t target;
	uint32_t features[7]; /* bit set, KVMARM_FEATURE_* */
};
#define KVMARM_VCPU_INIT        _IOW(0xae, 0xae, struct kvmarm_vcpu_init)
#define KVMARM_PREFERRED_TARGET _IOR(0xae, 0xaf, struct kvmarm_vcpu_init) /* of the VM's fd */
#define KVMARM_VCPU_FINALIZE    _IOW(0xae, 0xc2, int)

#define KVMARM_TARGET_GENERIC_V8 5

/* Bits of features[0] */
#define KVMARM_FEATURE_POWER_OFF       0
#define KVMARM_FEATURE_EL1_32BIT       1
#define KVMARM_FEATURE_PSCI_0_2        2
#define KVMARM_FEATURE_PMU_V3          3
#define KVMARM_FEATURE_SVE             4 /* also the argument of KVMARM_VCPU_FINALIZE */
#define KVMARM_FEATURE_PTRAUTH_ADDRESS 5
#define KVMARM_FEATURE_PTRAUTH_GENERIC 6

/* Ids of KVM_GET_ONE_REG and KVM_SET_ONE_REG, all 64 bits wide. */
#define KVMARM_REG_CORE(index) (0x6030000000100000ULL | (index)) /* offset in kvm_regs / 4 */
#define KVMARM_REG_X(n)        KVMARM_REG_CORE(2 * (n))
#define KVMARM_REG_PC          KVMARM_REG_CORE(64)
#define KVMARM_REG_SYS(op0, op1, crn, crm, op2) \
	(0x6030000000130000ULL | KVMARM_SYSREG(op0, op1, crn, crm, op2))
#define KVMARM_REG_MPIDR_EL1        KVMARM_REG_SYS(3, 0, 0, 0, 5)
#define KVMARM_REG_ID_AA64MMFR0_EL1 KVMARM_REG_SYS(3, 0, 0, 7, 0)
/* A system register as A64 instructions encode it; KVMARM_VGIC_GRP_CPU_SYSREGS wants the same. */
#define KVMARM_SYSREG(op0, op1, crn, crm, op2) \
	(((op0) << 14) | ((op1) << 11) | ((crn) << 7) | ((crm) << 3) | (op2))

/* Attributes of a vCPU's fd (Documentation/virt/kvm/devices/vcpu.rst). */
#define KVMARM_VCPU_GRP_PMU_V3 0
#define KVMARM_PMU_V3_IRQ      0 /* int: INTID */
#define KVMARM_PMU_V3_INIT     1 /* no value */
#define KVMARM_PMU_V3_SET_PMU  3 /* int: perf's type number of a PMU */

/* Attributes of a VGIC (Documentation/virt/kvm/devices/arm-vgic.rst and arm-vgic-v3.rst). */
#define KVMARM_VGIC_GRP_ADDR        0 /* uint64_t */
#define KVMARM_VGIC_GRP_DIST_REGS   1 /* uint32_t; so are all below but CPU_SYSREGS */
#define KVMARM_VGIC_GRP_CPU_REGS    2 /* v2 only */
#define KVMARM_VGIC_GRP_NR_IRQS     3
#define KVMARM_VGIC_GRP_CTRL        4
#define KVMARM_VGIC_GRP_REDIST_REGS 5 /* this and the following: v3 only */
#define KVMARM_VGIC_GRP_CPU_SYSREGS 6 /* uint64_t */
#define KVMARM_VGIC_GRP_LEVEL_INFO  7 /* attribute: first INTID of 32 */

#define KVMARM_VGIC_ADDR_V2_DIST   0
#define KVMARM_VGIC_ADDR_V2_CPU    1
#define KVMARM_VGIC_ADDR_V3_DIST   2
#define KVMARM_VGIC_ADDR_V3_REDIST 3 /* one region for all vCPUs */

#define KVMARM_VGIC_CTRL_INIT 0

/*
 * Register attributes hold in their upper half whose register it is: the vCPU's index (v2), or
 * its affinity (v3).
 */
#define KVMARM_VGIC_CPU_SHIFT 32

#define KVMARM_VGIC_V2_DIST_SIZE   0x1000
#define KVMARM_VGIC_V2_CPU_SIZE    0x2000
#define KVMARM_VGIC_V3_DIST_SIZE   0x10000
#define KVMARM_VGIC_V3_REDIST_SIZE 0x20000 /* per vCPU */
#define KVMARM_VGIC_V2_MAX_VCPUS   8

/*
 * Interrupts that a VGIC can have: a multiple of 32, and vgic_set_common_attr()
 * (arch/arm64/kvm/vgic/vgic-kvm-device.c) refuses more than 1023, whatever the documentation says
 * of 1024.
 */
#define KVMARM_VGIC_MAX_IRQS 992

#endif
