// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/own.h"
#include "vmm/core/at_work.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

static_assert(sizeof(cpu_set_t) == VCPU_AFFINITY_WORDS * sizeof(uint64_t), "CPU sets match");

#define KICK_SIGNAL (SIGRTMIN + 1)

static void ignore_kick(int sig)
{
	(void)sig;
}

/* Not sys_sigmask(): of a valid set it cannot fail, and a vCPU that cannot be kicked never stops.
 */
static void mask_kick(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, KICK_SIGNAL);
	pthread_sigmask(how, &set, NULL);
}

static void set_immediate_exit(struct vcpu *vcpu, uint8_t value)
{
	__atomic_store_n(&vcpu->run->immediate_exit, value, __ATOMIC_RELEASE);
}

/*
 * Out of KVM_RUN, wherever the thread is. On its way in it finds immediate_exit set; inside, the
 * signal wakes it. The flag is set before the signal is sent, so a signal that comes too early to
 * wake anything is not missed.
 */
static void kick(struct vcpu *vcpu)
{
	set_immediate_exit(vcpu, 1);
	pthread_kill(vcpu->thread, KICK_SIGNAL);
}

/* Wait while parked; false: the thread is to end. */
static bool wait_for_release(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	owned_lock pthread_mutex_t *lock = take_lock(&vm->lock);

	while (vcpu->parked && !vm->quit)
		pthread_cond_wait(&vm->cond, &vm->lock);
	return !vm->quit;
}

static void report_parked(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	owned_lock pthread_mutex_t *lock = take_lock(&vm->lock);

	vcpu->parked = true;
	vm->n_parked++;
	pthread_cond_broadcast(&vm->cond);
}

/* What vcpus_start() waits for. False: the thread is to end. */
static bool enter(struct vcpu *vcpu)
{
	char name[16];

	snprintf(name, sizeof(name), "vcpu%u", vcpu->index);
	pthread_setname_np(pthread_self(), name);
	mask_kick(SIG_UNBLOCK);
	if (vcpu->start->enter)
		vcpu->start_error = vcpu->start->enter(vcpu->start->opaque, vcpu->index);
	report_parked(vcpu);
	return !vcpu->start_error;
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	uint8_t *at_work = vcpu->vm->at_work;
	int ret;

	if (!enter(vcpu))
		return NULL;
	while (wait_for_release(vcpu)) {
		do {
			at_work_set(at_work, AT_WORK_VCPU(vcpu->index), false);
			ret = sys_ioctl(vcpu->fd, KVM_RUN, NULL);
			at_work_set(at_work, AT_WORK_VCPU(vcpu->index), true);
		} while (vcpu_handle_exit(vcpu, ret));
		/*
		 * The access of an MMIO exit ends inside the next KVM_RUN
		 * (Documentation/virt/kvm/api.rst, KVM_EXIT_MMIO). Left pending, it would write a
		 * register of the guest after its reset.
		 */
		set_immediate_exit(vcpu, 1);
		sys_ioctl(vcpu->fd, KVM_RUN, NULL);
		at_work_set(at_work, AT_WORK_VCPU(vcpu->index), false);
		report_parked(vcpu);
	}
	return NULL;
}

static void explain_start_error(struct vcpu *vcpu, const struct vcpu_start *start, int code,
				struct err *err)
{
	err_set(err, code, "start the thread of vCPU %u", vcpu->index);
	if (code == EPERM && start->rt_priority) {
		err_why(err, "rt-priority = %d is more than RLIMIT_RTPRIO allows this process",
			start->rt_priority);
		err_fix(err,
			"raise the limit (\"ulimit -r %d\", LimitRTPRIO= in a systemd unit, rtprio in "
			"/etc/security/limits.conf), or grant CAP_SYS_NICE",
			start->rt_priority);
	} else if (code == EINVAL && start->cpus) {
		err_why(err, "none of the CPUs that cpu-affinity gives this vCPU is there for this "
			     "process to use");
		err_fix(err, "choose CPUs of \"grep Cpus_allowed_list /proc/self/status\"");
	} else if (code == EAGAIN) {
		err_why(err, "the limit of threads or of memory is reached");
		err_fix(err,
			"raise \"ulimit -u\", or pids.max and memory.max of the control group");
	}
}

static int start_one(struct vcpu *vcpu, const struct vcpu_start *start, struct err *err)
{
	struct sched_param param = { .sched_priority = start->rt_priority };
	pthread_attr_t attr;
	int code = 0;

	pthread_attr_init(&attr);
	if (start->cpus) {
		const uint64_t *bits = start->cpus + (size_t)vcpu->index * VCPU_AFFINITY_WORDS;
		cpu_set_t set;

		memcpy(&set, bits, sizeof(set));
		code = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	}
	if (param.sched_priority) {
		pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
		pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
		pthread_attr_setschedparam(&attr, &param);
	}
	vcpu->start = start;
	vcpu->start_error = 0;
	if (!code)
		code = pthread_create(&vcpu->thread, &attr, vcpu_thread, vcpu);
	pthread_attr_destroy(&attr);
	if (code) {
		explain_start_error(vcpu, start, code, err);
		return err->code;
	}
	vcpu->has_thread = true;
	return 0;
}

static void wait_for_parked(struct vm *vm)
{
	owned_lock pthread_mutex_t *lock = take_lock(&vm->lock);

	while (vm->n_parked < vm->n_vcpus)
		if (!BUILT(VIRTIO) || !vm_run_errand(vm))
			pthread_cond_wait(&vm->cond, &vm->lock);
}

static int wait_for_start(struct vm *vm, struct err *err)
{
	int ret = 0;

	wait_for_parked(vm);
	for (unsigned int i = 0; i < vm->n_vcpus && !ret; i++)
		if (vm->vcpus[i].start_error)
			ret = err_set(err, vm->vcpus[i].start_error, "start the thread of vCPU %u",
				      i);
	return ret;
}

int vcpus_start(struct vm *vm, const struct vcpu_start *start, struct err *err)
{
	static const struct vcpu_start plain;
	struct sigaction action = { .sa_handler = ignore_kick };
	sigset_t all, old;
	int ret;

	sigaction(KICK_SIGNAL, &action, NULL);
	vm->n_parked = 0;
	/* Threads begin with the mask of their creator. */
	sigfillset(&all);
	ret = sys_sigmask(SIG_SETMASK, &all, &old);
	if (ret)
		return err_set(err, ret, "block signals");
	for (unsigned int i = 0; i < vm->n_vcpus && !ret; i++)
		ret = start_one(&vm->vcpus[i], start ? start : &plain, err);
	sys_sigmask(SIG_SETMASK, &old, NULL);
	mask_kick(SIG_BLOCK);
	if (!ret)
		ret = wait_for_start(vm, err);
	if (ret)
		vcpus_join(vm);
	return ret;
}

void vcpus_release(struct vm *vm)
{
	owned_lock pthread_mutex_t *lock = take_lock(&vm->lock);

	assert(vm->n_parked == vm->n_vcpus);
	__atomic_store_n(&vm->park, 0, __ATOMIC_RELEASE);
	vm->n_parked = 0;
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		set_immediate_exit(&vm->vcpus[i], 0);
		vm->vcpus[i].parked = false;
	}
	pthread_cond_broadcast(&vm->cond);
}

static void kick_all(struct vm *vm)
{
	__atomic_store_n(&vm->park, 1, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < vm->n_vcpus; i++)
		if (vm->vcpus[i].has_thread)
			kick(&vm->vcpus[i]);
}

void vcpus_park(struct vm *vm)
{
	kick_all(vm);
	wait_for_parked(vm);
}

void vcpus_join(struct vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	vm->quit = 1;
	pthread_cond_broadcast(&vm->cond);
	pthread_mutex_unlock(&vm->lock);
	kick_all(vm);
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];

		if (vcpu->has_thread)
			pthread_join(vcpu->thread, NULL);
		vcpu->has_thread = false;
	}
	vm->quit = 0;
}
