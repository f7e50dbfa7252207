/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_PSCI_H
#define GUEST_LIB_PSCI_H

/* Arm DEN 0022 (PSCI 1.1), called by hvc as SMCCC 1.1 says. */
#define PSCI_VERSION 0x84000000UL
#define PSCI_CPU_OFF 0x84000002UL
#ifdef __arm__ /* the calls with arguments of 32 bits */
#define PSCI_CPU_ON        0x84000003UL
#define PSCI_AFFINITY_INFO 0x84000004UL
#else
#define PSCI_CPU_ON        0xc4000003UL
#define PSCI_AFFINITY_INFO 0xc4000004UL
#endif
#define PSCI_SYSTEM_OFF   0x84000008UL
#define PSCI_SYSTEM_RESET 0x84000009UL

#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_ALREADY_ON         (-4)
#define PSCI_AFFINITY_OFF       1

#ifdef __arm__
#define PSCI_REG(n) "r" #n
#else
#define PSCI_REG(n) "x" #n
#endif

static inline int psci_call(unsigned long function, unsigned long a, unsigned long b,
			    unsigned long c)
{
	register unsigned long x0 asm(PSCI_REG(0)) = function;
	register unsigned long x1 asm(PSCI_REG(1)) = a;
	register unsigned long x2 asm(PSCI_REG(2)) = b;
	register unsigned long x3 asm(PSCI_REG(3)) = c;

	asm volatile("dsb sy; hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
	return (int)x0;
}

#endif
