/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_MACHINE_KEEPER_H
#define VMM_MACHINE_KEEPER_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "devices/terminal.h"
#include "vmm/base/err.h"

/*
 * The keeper: a process that has the assigned devices' descriptors and nothing of the guest, waits
 * for the VMM to end, in whatever way, and then brings the devices back to the host. It is the
 * process that the user started; the VMM is its child. Order of calls:
 *
 *	keeper_fork()	after the devices are opened, before KVM, guest RAM and threads
 *	keeper_follow()	in the VMM
 *	keeper_wait()	in the keeper: until the VMM is gone
 *
 * What is in the keeper: one thread, the terminal's modes, what the stages before it have opened.
 * Signals that would end it are sent on to the VMM. If the keeper itself is killed, the kernel
 * kills the VMM.
 */
struct keeper {
	pid_t keeper, vmm;
	sigset_t signals; /* that the keeper takes */
	sigset_t before;  /* that were blocked before */
	struct terminal terminal;
	uint8_t *at_work; /* core/at_work.h; a page that both have */
};

/* Returns 1 in the keeper and 0 in the VMM. keeper_destroy() also after an error. */
int keeper_fork(struct keeper *keeper, struct err *err);

/* In the VMM, first thing: take signals again, and keeper_die_with(). */
int keeper_follow(const struct keeper *keeper, struct err *err);

/*
 * In the VMM: be killed when the keeper dies. The kernel forgets that when a process changes its
 * user or its capabilities: to be called again then. Signals that are blocked meanwhile stay so.
 */
int keeper_die_with(const struct keeper *keeper, struct err *err);

/* Kill the VMM, and wait until it is gone: for a keeper that cannot do its work. */
void keeper_end(struct keeper *keeper);

/*
 * Returns the VMM's exit status, when it is gone and the terminal is as it was. One that was killed
 * gives EXIT_STATUS_FAILURE, and @err tells by which signal and what that means.
 */
int keeper_wait(struct keeper *keeper, struct err *err);

/* What it has itself; it may never have been forked. */
void keeper_destroy(struct keeper *keeper);

#endif
