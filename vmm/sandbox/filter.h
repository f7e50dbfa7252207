/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_FILTER_H
#define VMM_SANDBOX_FILTER_H

/*
 * Seccomp programs (classic BPF). They are made by libseccomp when dais is built, and are constant
 * but for two values that only a run knows: which process and which vCPU is the thread's own. Those
 * stand in comparisons in which the programs have marks (vmm/sandbox/policy.h). Descriptors need no
 * place, because each kind has fixed numbers (vmm/base/fd_range.h): so what is shown, and tested,
 * is what is loaded.
 */
#include <linux/filter.h>

#include "vmm/sandbox/policy.h"

#define SANDBOX_MAX_INSNS 256

struct sandbox_filter {
	struct sock_filter insns[SANDBOX_MAX_INSNS];
	unsigned int n;
};

/* What a call that is not in the tables leads to. */
enum sandbox_verdict {
	SANDBOX_KILL, /* SIGSYS, the whole process */
	SANDBOX_TRAP, /* SIGSYS, which can be caught and tells the role: for --sandbox=debug */
};

/* The program of @role, for SANDBOX_MARK_PROCESS and SANDBOX_MARK_OWN_VCPU the values given. */
void sandbox_filter_make(struct sandbox_filter *filter, enum sandbox_role role, uint32_t process,
			 uint32_t own_vcpu, enum sandbox_verdict verdict);

/*
 * Bind the calling thread to it, for ever; allocates nothing. no_new_privs is set. Returns as a
 * function of sys.h.
 */
int sandbox_filter_load(const struct sandbox_filter *filter);

/* The number of @call, which is in sandbox_calls; negative: this architecture has no such call. */
int sandbox_call_number(const struct sandbox_call *call);

/* For SANDBOX_TRAP: tell, once and for all threads, what was called, and end the process. */
int sandbox_debug_start(void);

#endif
