/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_THREADS_H
#define VMM_SANDBOX_THREADS_H

#include "vmm/base/err.h"
#include "vmm/sandbox/filter.h"

struct machine;

/*
 * The seccomp filters of a machine's threads. Order of calls: make (all files of the machine are
 * open), sandbox_confine(), enter_vcpu on each vCPU's thread, enter_main, destroy.
 */
struct sandbox_threads {
	struct sandbox_filter main;
	struct sandbox_filter *vcpus;
	unsigned int n_vcpus;
};

/* Does nothing when the machine's configuration has the sandbox off. */
int sandbox_threads_make(struct sandbox_threads *threads, const struct machine *machine,
			 struct err *err);
/* As vcpu_start's enter; @opaque is the struct sandbox_threads. */
int sandbox_enter_vcpu(void *opaque, unsigned int index);
int sandbox_enter_main(const struct sandbox_threads *threads, struct err *err);
/*
 * All of it for the keeper, which has one thread: sandbox_confine_keeper() and its filter. Does
 * nothing when the configuration has the sandbox off.
 */
int sandbox_enter_keeper(const struct machine *machine, struct err *err);
void sandbox_threads_destroy(struct sandbox_threads *threads);

#endif
