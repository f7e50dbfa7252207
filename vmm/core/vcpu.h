/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_VCPU_H
#define VMM_CORE_VCPU_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct kvm_caps;
struct vm;

/* Exits to user space that are counted, by vCPU. */
enum vcpu_exit {
	VCPU_EXIT_MMIO,
	VCPU_EXIT_HYPERCALL,
	VCPU_EXIT_SYSTEM_EVENT,
	VCPU_EXIT_INTERRUPTED, /* a signal: a kick */
	VCPU_EXIT_OTHER,
	N_VCPU_EXITS,
};
const char *vcpu_exit_name(enum vcpu_exit exit);

struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	int stats_fd; /* KVM's binary statistics, -1 where the host has none */
	struct kvm_run *run;
	uint64_t mpidr; /* affinity fields as KVM gave them; 0 until the architecture asked */
	pthread_t thread;
	bool has_thread;
	bool parked;                    /* out of KVM_RUN until vcpus_release(); under vm->lock */
	const struct vcpu_start *start; /* while vcpus_start() runs */
	int start_error;                /* of start->enter(); under vm->lock */
	uint64_t n_exits[N_VCPU_EXITS]; /* written by its own thread only */
};

/* How vCPU threads are placed on the host, and what they do before anything else. */
struct vcpu_start {
	const uint64_t *cpus; /* VCPU_AFFINITY_WORDS per vCPU: a bit set; NULL: anywhere */
	int rt_priority;      /* SCHED_FIFO priority 1 to 99; 0: ordinary scheduling */
	/* On the thread of vCPU @index, which ends if it fails (negative errno); NULL: nothing. */
	int (*enter)(void *opaque, unsigned int index);
	void *opaque;
};
#define VCPU_AFFINITY_WORDS 16 /* 1024 CPUs, as many as cpu_set_t has */

/* Whether KVM gives a guest @n vCPUs. */
int vcpus_check_number(const struct kvm_caps *caps, unsigned int n, struct err *err);
/*
 * KVM_CREATE_VCPU for @n vCPUs, which are checked so, their run mappings and statistics. On error
 * what was made stays for vcpus_destroy().
 */
int vcpus_create(struct vm *vm, unsigned int n, struct err *err);
void vcpus_destroy(struct vm *vm); /* after vcpus_join() */

/* KVM_GET_ONE_REG / KVM_SET_ONE_REG of 64-bit and 32-bit registers; return as sys_ioctl. */
int vcpu_get_reg(struct vcpu *vcpu, uint64_t id, uint64_t *value);
int vcpu_set_reg(struct vcpu *vcpu, uint64_t id, uint64_t value);

/*
 * Threads. One for each vCPU; it takes no signal but the kick (SIGRTMIN + 1, blocked in all
 * others). A vCPU is parked at first; then, in turn, released and parked again. The run loop takes
 * no lock and allocates nothing.
 */

/*
 * Start the threads and wait until each is parked. Errors (affinity, priority, limits,
 * start->enter) come before any guest code runs; no thread is left then. @start may be NULL.
 */
int vcpus_start(struct vm *vm, const struct vcpu_start *start, struct err *err);
/* Let all run; all must be parked. */
void vcpus_release(struct vm *vm);
/*
 * Take all out of KVM_RUN and wait until each has parked. A pending MMIO access of a vCPU is
 * completed first, so its state may be read or reset; what one waits for with vm_run_on_main() is
 * done. No vCPU thread may call this.
 */
void vcpus_park(struct vm *vm);
/* End all threads; they may be running or parked. Does nothing when there are none. */
void vcpus_join(struct vm *vm);

/*
 * Handle one return of KVM_RUN; @ret is what the ioctl gave. On the vCPU's own thread; exposed for
 * tests. Returns false when the vCPU must not run on: it was kicked, or a request to the main
 * thread is pending.
 */
bool vcpu_handle_exit(struct vcpu *vcpu, int ret);

#endif
