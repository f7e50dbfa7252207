/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FAKE_CONFINE_H
#define TESTS_FAKES_FAKE_CONFINE_H

/* Stands in for vmm/base/sys_confine.c: what a process gave up, as text, in order. */
#include <stdbool.h>
#include <stdint.h>

struct fake_confine {
	char log[2048]; /* "unshare mount:private mount:tmpfs …" */
	unsigned int uid;
	bool may_unshare;      /* without a user namespace */
	int pivot_error;       /* errno of pivot_root; 0: none */
	int landlock_version;  /* or a negative errno */
	uint64_t capabilities; /* in effect */
	uint64_t bounds;       /* the bounding set */
	uint64_t max_fds;      /* RLIMIT_NOFILE, when it was set */
	uint64_t scoped;       /* of the last Landlock ruleset */
	unsigned int n_filters;
};
extern struct fake_confine fake_confine;

/* A limit that a process set itself. */
void fake_confine_limit(int resource, uint64_t value);

/* prctl(PR_CAPBSET_READ) */
int fake_confine_bounds(unsigned long capability);

/* Root on a host that has everything. fake_sys_reset() does it. */
void fake_confine_reset(void);

#endif
