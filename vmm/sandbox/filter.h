/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_FILTER_H
#define VMM_SANDBOX_FILTER_H

#include "vmm/base/err.h"
#include "vmm/sandbox/policy.h"

/* The open files of one role, by kind; the arrays are the caller's. */
struct sandbox_fds {
	struct sandbox_fd_list {
		const int *fds;
		unsigned int n_fds;
	} kinds[N_SANDBOX_FD_KINDS];
};

/* A seccomp program: classic BPF. */
struct sandbox_filter {
	void *insns; /* struct sock_filter of <linux/filter.h> */
	unsigned short n_insns;
};

/* What a call that is not in the tables leads to. */
enum sandbox_verdict {
	SANDBOX_KILL, /* SIGSYS, the whole process */
	SANDBOX_TRAP, /* SIGSYS, which can be caught and tells the role: for --sandbox=debug */
};

/*
 * Make the filter of @role from the tables of vmm/sandbox/policy.h. An ioctl of a kind without
 * files is not allowed. sandbox_filter_destroy() also after an error.
 */
int sandbox_filter_make(struct sandbox_filter *filter, enum sandbox_role role,
			const struct sandbox_fds *fds, enum sandbox_verdict verdict,
			struct err *err);

/*
 * Bind the calling thread to it, for ever; allocates nothing. no_new_privs is set. Returns as a
 * function of sys.h.
 */
int sandbox_filter_load(const struct sandbox_filter *filter);

/* For SANDBOX_TRAP: tell, once and for all threads, what was called, and end the process. */
int sandbox_debug_start(void);

void sandbox_filter_destroy(struct sandbox_filter *filter);

#endif
