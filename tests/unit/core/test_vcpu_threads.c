// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vmm/base/range.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define N_VCPUS 4

static struct vm vm;
static struct err err;

static void set_up(void)
{
	fake_vm_create_bare(&vm);
	cr_assert_eq(vcpus_create(&vm, N_VCPUS, &err), 0);
}

static void tear_down(void)
{
	vcpus_join(&vm);
	vcpus_destroy(&vm);
	vm_destroy(&vm);
	cr_assert_eq(fake_n_open_fds(), 0);
	cr_assert_eq(fake_n_mappings(), 0);
}

TestSuite(vcpu_threads, .init = set_up, .fini = tear_down);

static unsigned int n_runs(unsigned int vcpu)
{
	return __atomic_load_n(&fake_kvm.vcpus[vcpu].n_runs, __ATOMIC_RELAXED);
}

static void wait_for_runs(unsigned int vcpu, unsigned int n)
{
	while (n_runs(vcpu) < n)
		sched_yield();
}

static void wait_for_request(void)
{
	struct pollfd p = { .fd = vm.request_fd, .events = POLLIN };

	cr_assert_eq(poll(&p, 1, -1), 1);
}

Test(vcpu_threads, no_guest_code_runs_before_the_release)
{
	cr_assert_eq(vcpus_start(&vm, NULL, &err), 0);
	vcpus_park(&vm);
	for (unsigned int i = 0; i < N_VCPUS; i++)
		cr_assert_eq(n_runs(i), 0);
}

Test(vcpu_threads, release_and_park_again_and_again)
{
	cr_assert_eq(vcpus_start(&vm, NULL, &err), 0);
	for (unsigned int round = 0; round < 100; round++) {
		unsigned int runs[N_VCPUS];

		for (unsigned int i = 0; i < N_VCPUS; i++)
			runs[i] = n_runs(i);
		vcpus_release(&vm);
		if (round % 2) /* else park them while they are on their way */
			for (unsigned int i = 0; i < N_VCPUS; i++)
				wait_for_runs(i, runs[i] + 1);
		vcpus_park(&vm);
		for (unsigned int i = 0; i < N_VCPUS; i++)
			runs[i] = n_runs(i);
		sched_yield();
		for (unsigned int i = 0; i < N_VCPUS; i++)
			cr_assert_eq(n_runs(i), runs[i], "a parked vCPU ran");
	}
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_NONE);
}

Test(vcpu_threads, join_takes_running_and_parked_threads)
{
	cr_assert_eq(vcpus_start(&vm, NULL, &err), 0);
	vcpus_release(&vm);
	wait_for_runs(0, 1);
	vcpus_join(&vm);
	vcpus_join(&vm);

	cr_assert_eq(vcpus_start(&vm, NULL, &err), 0);
	vcpus_join(&vm);
}

/* An access of vCPU 0 whose handler lasts until the main thread wants to park. */
static unsigned int in_handler;

static uint64_t slow_read(void *opaque, uint64_t offset, unsigned int width)
{
	(void)opaque;
	(void)offset;
	(void)width;
	__atomic_store_n(&in_handler, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&vm.park, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0x1234;
}

static void exit_write(void *opaque, uint64_t offset, unsigned int width, uint64_t value)
{
	(void)opaque;
	(void)offset;
	(void)width;
	vm_request_exit(&vm, (int)value);
}

static bool is_write;

static int run_mmio(struct fake_kvm_vcpu *vcpu)
{
	if (vcpu->index)
		return fake_kvm_wait(vcpu);
	vcpu->run->exit_reason = KVM_EXIT_MMIO;
	vcpu->run->mmio.phys_addr = 0x1000;
	vcpu->run->mmio.len = 4;
	vcpu->run->mmio.is_write = is_write;
	memset(vcpu->run->mmio.data, 0, 8);
	vcpu->run->mmio.data[0] = 66;
	return 0;
}

static void start_with_mmio(bool write)
{
	static const struct mmio_ops ops = { slow_read, exit_write };
	struct mmio_region region = { .gpa = { 0x1000, 0x1000 }, .name = "r", .ops = &ops };

	is_write = write;
	fake_kvm.run = run_mmio;
	cr_assert_eq(mmio_table_add(&vm.mmio, &region, &err), 0);
	mmio_table_seal(&vm.mmio);
	cr_assert_eq(vcpus_start(&vm, NULL, &err), 0);
	vcpus_release(&vm);
}

Test(vcpu_threads, a_pending_access_is_completed_before_the_vcpu_has_parked)
{
	start_with_mmio(false);
	while (!__atomic_load_n(&in_handler, __ATOMIC_ACQUIRE))
		sched_yield();
	vcpus_park(&vm);
	cr_assert(!fake_kvm.vcpus[0].mmio_pending);
	cr_assert_eq(fake_kvm.vcpus[0].n_mmio, 1);
	cr_assert_eq(fake_kvm.vcpus[0].mmio_value, 0x1234);
}

Test(vcpu_threads, a_vcpu_that_ended_the_run_parks_itself_with_its_access_completed)
{
	start_with_mmio(true);
	wait_for_request();
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_EXIT);
	cr_assert_eq(vm.exit_status, 66);
	vcpus_park(&vm);
	cr_assert(!fake_kvm.vcpus[0].mmio_pending);
	cr_assert_eq(fake_kvm.vcpus[0].n_mmio, 1);
	cr_assert_eq(vm.vcpus[0].n_exits[VCPU_EXIT_MMIO], 1);
}

static int run_reset_once(struct fake_kvm_vcpu *vcpu)
{
	static unsigned int asked;

	if (vcpu->index != 1 || asked++)
		return fake_kvm_wait(vcpu);
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = KVM_SYSTEM_EVENT_RESET;
	return 0;
}

Test(vcpu_threads, reset_parks_and_goes_on)
{
	unsigned int runs;

	fake_kvm.run = run_reset_once;
	cr_assert_eq(vcpus_start(&vm, NULL, &err), 0);
	vcpus_release(&vm);
	wait_for_request();
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_RESET);
	vcpus_park(&vm);
	runs = n_runs(1);
	vm_request_clear_reset(&vm);
	vcpus_release(&vm);
	wait_for_runs(1, runs + 1);
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_NONE);
}

static cpu_set_t seen_cpus;
static sigset_t seen_mask;
static unsigned int has_looked;

static int run_look_around(struct fake_kvm_vcpu *vcpu)
{
	if (vcpu->index == 0) {
		pthread_sigmask(SIG_SETMASK, NULL, &seen_mask);
		sched_getaffinity(0, sizeof(seen_cpus), &seen_cpus);
		__atomic_store_n(&has_looked, 1, __ATOMIC_RELEASE);
	}
	return fake_kvm_wait(vcpu);
}

Test(vcpu_threads, threads_take_the_kick_only_and_run_where_they_are_told)
{
	uint64_t cpus[N_VCPUS][VCPU_AFFINITY_WORDS] = { 0 };
	struct vcpu_start placement = { .cpus = cpus[0] };
	cpu_set_t all;
	sigset_t mask;
	int cpu = 0;

	sched_getaffinity(0, sizeof(all), &all);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	for (unsigned int i = 0; i < N_VCPUS; i++)
		cpus[i][cpu / 64] = 1ull << cpu % 64;
	fake_kvm.run = run_look_around;
	cr_assert_eq(vcpus_start(&vm, &placement, &err), 0, "%s", err.what);
	vcpus_release(&vm);
	/* not for its run: a park that comes early ends that before it has looked */
	while (!__atomic_load_n(&has_looked, __ATOMIC_ACQUIRE))
		sched_yield();
	vcpus_park(&vm);
	cr_assert_eq(CPU_COUNT(&seen_cpus), 1);
	cr_assert(CPU_ISSET(cpu, &seen_cpus));
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		cr_assert_eq(!sigismember(&seen_mask, sig), sig == SIGRTMIN + 1, "signal %d", sig);
	cr_assert(sigismember(&seen_mask, SIGTERM) && sigismember(&seen_mask, SIGCHLD));

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	cr_assert(sigismember(&mask, SIGRTMIN + 1), "others do not take the kick");
	cr_assert(!sigismember(&mask, SIGTERM), "the mask of the creator is as before");
}

static void drop_sys_nice(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	syscall(SYS_capget, &header, data);
	data[0].effective &= ~(1u << CAP_SYS_NICE);
	cr_assert_eq(syscall(SYS_capset, &header, data), 0);
}

Test(vcpu_threads, placement_errors_name_the_remedy)
{
	uint64_t nowhere[N_VCPUS * VCPU_AFFINITY_WORDS] = { 0 };
	struct vcpu_start rt = { .rt_priority = 50 };
	struct vcpu_start away = { .cpus = nowhere };

	drop_sys_nice();
	cr_assert_eq(vcpus_start(&vm, &rt, &err), -EPERM);
	cr_assert(strstr(err.what, "vCPU 0") && strstr(err.why, "rt-priority = 50"), "%s", err.why);
	cr_assert(strstr(err.fix, "ulimit -r 50"), "%s", err.fix);

	for (unsigned int i = 0; i < N_VCPUS; i++)
		nowhere[(i + 1) * VCPU_AFFINITY_WORDS - 1] = 1ull << 63; /* CPU 1023 */
	cr_assert_eq(vcpus_start(&vm, &away, &err), -EINVAL);
	cr_assert(strstr(err.why, "cpu-affinity"), "%s", err.why);
	for (unsigned int i = 0; i < N_VCPUS; i++)
		cr_assert(!vm.vcpus[i].has_thread);
}

Test(vcpu_threads, signals_that_cannot_be_blocked)
{
	fake_fail_at(1, EINVAL);
	cr_assert_eq(vcpus_start(&vm, NULL, &err), -EINVAL);
	for (unsigned int i = 0; i < N_VCPUS; i++)
		cr_assert(!vm.vcpus[i].has_thread);
}

/* --- what a vCPU has the main thread do */

static unsigned int n_errands;

static void errand(void *opaque)
{
	cr_expect(pthread_equal(pthread_self(), *(pthread_t *)opaque), "on the main thread");
	n_errands++;
}

static void errand_write(void *opaque, uint64_t offset, unsigned int width, uint64_t value)
{
	(void)offset;
	(void)width;
	(void)value;
	vm_run_on_main(&vm, errand, opaque);
}

static int run_all_write(struct fake_kvm_vcpu *vcpu)
{
	int ret;

	is_write = true;
	vcpu->run->exit_reason = KVM_EXIT_MMIO;
	vcpu->run->mmio.phys_addr = 0x1000;
	vcpu->run->mmio.len = 4;
	vcpu->run->mmio.is_write = 1;
	ret = __atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE) ? -EINTR : 0;
	return ret;
}

/* All of them wait for the main thread, which parks them. */
Test(vcpu_threads, a_vcpu_that_waits_for_the_main_thread_can_be_parked)
{
	static const struct mmio_ops ops = { slow_read, errand_write };
	pthread_t self = pthread_self();
	struct mmio_region region = { { 0x1000, 0x1000 }, "r", &ops, &self, 0 };

	fake_kvm.run = run_all_write;
	cr_assert_eq(mmio_table_add(&vm.mmio, &region, &err), 0);
	mmio_table_seal(&vm.mmio);
	cr_assert_eq(vcpus_start(&vm, NULL, &err), 0);
	for (unsigned int round = 1; round <= 20; round++) {
		vcpus_release(&vm);
		wait_for_request();
		vcpus_park(&vm);
		vm_request_pending(&vm);
		cr_expect_geq(n_errands, round);
	}
}
