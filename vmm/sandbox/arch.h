/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_ARCH_H
#define VMM_SANDBOX_ARCH_H

/*
 * What a seccomp filter has to know of the instruction set: its name in struct seccomp_data, and
 * where a signal's context (ucontext_t) has argument @n, 0 to 2, of a system call.
 */
#include <linux/audit.h>

#if defined(__aarch64__)
#define SANDBOX_ARCH            AUDIT_ARCH_AARCH64
#define SANDBOX_ARGUMENT(uc, n) ((unsigned long long)(uc)->uc_mcontext.regs[n])
#elif defined(__arm__)
#define SANDBOX_ARCH            AUDIT_ARCH_ARM
#define SANDBOX_ARGUMENT(uc, n) ((unsigned long long)(&(uc)->uc_mcontext.arm_r0)[n])
#elif defined(__x86_64__) /* unit tests */
#define SANDBOX_ARCH AUDIT_ARCH_X86_64
#define SANDBOX_ARGUMENT(uc, n)                                           \
	((unsigned long long)(uc)->uc_mcontext.gregs[(n) == 0   ? REG_RDI \
						     : (n) == 1 ? REG_RSI \
								: REG_RDX])
#endif

#endif
