// SPDX-License-Identifier: GPL-2.0-only
/* --sandbox=debug: the filters trap instead of killing, and the handler tells what was called. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include "vmm/base/err.h"
#include "vmm/base/log.h"
#include "vmm/sandbox/filter.h"

/* Argument @n, 0 to 2, of a system call in a signal's context. */
#if defined(__aarch64__)
#define ARGUMENT(uc, n) ((unsigned long long)(uc)->uc_mcontext.regs[n])
#elif defined(__arm__)
#define ARGUMENT(uc, n) ((unsigned long long)(&(uc)->uc_mcontext.arm_r0)[n])
#elif defined(__x86_64__) /* unit tests */
#define ARGUMENT(uc, n)                                                   \
	((unsigned long long)(uc)->uc_mcontext.gregs[(n) == 0   ? REG_RDI \
						     : (n) == 1 ? REG_RSI \
								: REG_RDX])
#endif

/* That of call 0, a NUL, that of call 1 …; empty: this architecture has none. By gen/programs.c. */
static const char names[] =
#include <syscall_names.h>
	;

static const char *name_of(unsigned int nr)
{
	const char *name = names;

	while (nr-- && name < names + sizeof(names) - 1)
		name += strlen(name) + 1;
	return name;
}

/* On the thread that made the call, in the place of the call: nothing of libc was interrupted but
 * itself. */
static void on_forbidden_call(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	unsigned int nr = (unsigned int)info->si_syscall, role = (unsigned int)info->si_errno;
	const char *name = name_of(nr);
	char number[32];

	(void)signal;
	/* newer than the headers */
	snprintf(number, sizeof(number), "system call %u", nr);
	log_line(LOG_ERROR,
		 "sandbox: the %s called %s(%#llx, %#llx, %#llx), which is not in its list",
		 role < N_SANDBOX_ROLES ? sandbox_role_name(role) : "process",
		 name[0] ? name : number, ARGUMENT(uc, 0), ARGUMENT(uc, 1), ARGUMENT(uc, 2));
	_exit(EXIT_STATUS_FAILURE);
}

int sandbox_debug_start(void)
{
	struct sigaction action = { .sa_sigaction = on_forbidden_call, .sa_flags = SA_SIGINFO };

	if (!BUILT(SANDBOX_SHOW))
		return 0;
	return sigaction(SIGSYS, &action, NULL) ? -errno : 0;
}
