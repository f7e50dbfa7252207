// SPDX-License-Identifier: GPL-2.0-only
/* --sandbox=debug: the filters trap instead of killing, and the handler tells what was called. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/sandbox_filter.h"

#if defined(__aarch64__)
#define ARGUMENT(uc, n) ((unsigned long long)(uc)->uc_mcontext.regs[n])
#elif defined(__arm__)
#define ARGUMENT(uc, n) ((unsigned long long)(&(uc)->uc_mcontext.arm_r0)[n])
#else
#define ARGUMENT(uc, n)                                                   \
	((unsigned long long)(uc)->uc_mcontext.gregs[(n) == 0   ? REG_RDI \
						     : (n) == 1 ? REG_RSI \
								: REG_RDX])
#endif

/* On the thread that made the call, in the place of the call: nothing of libc was interrupted but
 * itself. */
static void on_forbidden_call(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, info->si_syscall);

	(void)signal;
	log_line(LOG_ERROR,
		 "sandbox: the %s called %s(%#llx, %#llx, %#llx), which is not in its list",
		 info->si_errno < N_SANDBOX_ROLES ? sandbox_role_name((unsigned int)info->si_errno)
						  : "process",
		 name ? name : "?", ARGUMENT(uc, 0), ARGUMENT(uc, 1), ARGUMENT(uc, 2));
	_exit(EXIT_STATUS_FAILURE);
}

int sandbox_debug_start(void)
{
	struct sigaction action = { .sa_sigaction = on_forbidden_call, .sa_flags = SA_SIGINFO };

	return sigaction(SIGSYS, &action, NULL) ? -errno : 0;
}

void sandbox_debug_mark(struct sandbox_filter *filter, enum sandbox_role role)
{
	struct sock_filter *insns = filter->insns;

	for (unsigned int i = 0; i < filter->n_insns; i++)
		if (insns[i].code == (BPF_RET | BPF_K) && insns[i].k == SECCOMP_RET_TRAP)
			insns[i].k |= (unsigned int)role;
}
