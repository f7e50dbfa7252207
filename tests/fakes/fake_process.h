/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FAKE_PROCESS_H
#define TESTS_FAKES_FAKE_PROCESS_H

/* Processes for unit tests: fork only says which of the two the test then is. */
#include <stdbool.h>
#include <sys/types.h>

#define FAKE_CHILD  4711
#define FAKE_N_CAPS 41

struct fake_process {
	bool be_parent;   /* fork returns FAKE_CHILD, else 0 */
	bool parent_gone; /* for getppid */
	int signals[8];   /* that sigwaitinfo gives, in order; the child ends after the last */
	int code, status; /* how it does: si_code and si_status */
	int death_signal; /* of PR_SET_PDEATHSIG */
	char name[16];    /* of PR_SET_NAME */
	int sent[8];      /* signals to the child, in order */
	unsigned int n_sent;
	unsigned int n_signals; /* taken */
	bool is_reaped;
	void (*on_end)(void); /* what the child did last */
	void (*on_prctl)(int option);
	int ends_by; /* signal that ends it, for who waits for a pidfd; 0: it has ended */
	uid_t uid;   /* that it has become */
	gid_t gid;
	unsigned int n_dropped; /* capabilities */
	void (*on_exec)(const char *path, char *const *argv);
};

extern struct fake_process fake_process;

void fake_process_reset(void);

#endif
