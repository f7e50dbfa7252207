// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/cli/options.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

/* What ends a run, and with which exit status: a machine without assigned devices on the fakes. */
#define ID_AA64MMFR0_EL1 0x603000000013c038ULL /* KVM's register id */

static struct vm_config config;
static struct machine machine;
static struct err err;
static unsigned int n_guest_runs; /* KVM_RUN of vCPU 0 that entered the guest; its thread's */

/* Documentation/arch/arm64/booting.rst */
static const struct {
	uint32_t code[2];
	uint64_t text_offset, image_size, flags, reserved[3];
	uint32_t magic, pe_offset;
} image = { .image_size = 0x10000, .flags = 8, .magic = 0x644d5241 };

static void set_up(void)
{
	char *const argv[] = {
		(char *)"--kernel", (char *)"/boot/Image", (char *)"--memory",  (char *)"16M",
		(char *)"--cpus",   (char *)"2",           (char *)"--console", (char *)"none",
	};
	enum options_wish wish;
	sigset_t signals;

	log_set_level(LOG_ERROR);
	fake_sys_reset();
	fake_kvm_reset();
	for (unsigned int i = 0; i < 2; i++)
		fake_kvm_reg_put(i, ID_AA64MMFR0_EL1, 0);
	fake_file_bytes("/boot/Image", &image, sizeof(image));
	config_init(&config);
	cr_assert_eq(options_parse(&config, n_elems(argv), argv, &wish, &err), 0, "%s", err.what);
	config.keeper = false;
	memset(&err, 0, sizeof(err));
	machine_stop_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
}

static void tear_down(void)
{
	machine_destroy(&machine);
	config_destroy(&config);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
	fake_sys_reset();
}

TestSuite(run, .init = set_up, .fini = tear_down);

/* vCPU 0 ends its first run by @event, its second by a power-off; the others wait. */
static uint32_t first_event;

static int end_by_event(struct fake_kvm_vcpu *vcpu)
{
	if (vcpu->index)
		return fake_kvm_wait(vcpu);
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = n_guest_runs++ ? KVM_SYSTEM_EVENT_SHUTDOWN : first_event;
	return 0;
}

static int run_until(uint32_t event)
{
	first_event = event;
	fake_kvm.run = end_by_event;
	return machine_run(&machine, &err);
}

Test(run, power_off_is_status_0)
{
	cr_expect_eq(run_until(KVM_SYSTEM_EVENT_SHUTDOWN), EXIT_STATUS_OK);
	cr_expect_eq(machine.vm.n_resets, 0);
}

Test(run, a_reset_goes_on)
{
	cr_expect_eq(run_until(KVM_SYSTEM_EVENT_RESET), EXIT_STATUS_OK, "%s", err.what);
	cr_expect_eq(machine.vm.n_resets, 1);
}

Test(run, a_reset_that_fails_ends_it)
{
	first_event = KVM_SYSTEM_EVENT_RESET;
	fake_kvm.run = end_by_event;
	fake_kvm_fail(KVM_SET_ONE_REG, EIO);
	cr_expect_eq(machine_run(&machine, &err), -EIO);
	cr_expect(strstr(err.what, "guest reset"), "%s", err.what);
}

static int fail_entry(struct fake_kvm_vcpu *vcpu)
{
	return vcpu->index ? fake_kvm_wait(vcpu) : -ENOSYS;
}

Test(run, a_crash_is_status_4_and_told)
{
	fake_kvm.run = fail_entry;
	cr_expect_eq(machine_run(&machine, &err), EXIT_STATUS_GUEST_CRASH);
	cr_expect(strstr(err.what, "vCPU 0"), "%s", err.what);
}

static int host_error;

static int fail_by_host(struct fake_kvm_vcpu *vcpu)
{
	return vcpu->index ? fake_kvm_wait(vcpu) : -host_error;
}

/* It is not the guest's fault. */
static void run_without_memory(int code)
{
	host_error = code;
	fake_kvm.run = fail_by_host;
	cr_expect_eq(machine_run(&machine, &err), EXIT_STATUS_FAILURE);
	cr_expect(strstr(err.what, "vCPU 0"), "%s", err.what);
	cr_expect(strstr(err.why, "the host"), "%s", err.why);
}

Test(run, a_host_without_memory_for_tables_is_status_1)
{
	run_without_memory(ENOMEM);
}

Test(run, a_host_without_memory_for_the_guest_is_status_1)
{
	run_without_memory(EFAULT);
}

#define N_RESETS (2 * LOG_BUDGET_MAX)

static int reset_all_the_time(struct fake_kvm_vcpu *vcpu)
{
	if (vcpu->index)
		return fake_kvm_wait(vcpu);
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type =
		n_guest_runs++ < N_RESETS ? KVM_SYSTEM_EVENT_RESET : KVM_SYSTEM_EVENT_SHUTDOWN;
	return 0;
}

Test(run, a_guest_that_resets_all_the_time_floods_no_log)
{
	char *line = NULL;
	size_t size;
	unsigned int n = 0;
	FILE *f;

	cr_redirect_stderr();
	log_set_level(LOG_INFO);
	fake_kvm.run = reset_all_the_time;
	cr_expect_eq(machine_run(&machine, &err), EXIT_STATUS_OK, "%s", err.what);
	cr_expect_eq(machine.vm.n_resets, N_RESETS);
	fputs("end\n", stderr);
	fflush(stderr);
	f = cr_get_redirected_stderr();
	while (getline(&line, &size, f) > 0 && strcmp(line, "end\n"))
		n++;
	free(line);
	cr_expect_eq(n, LOG_BUDGET_MAX);
}

static int be_signalled(struct fake_kvm_vcpu *vcpu)
{
	if (!vcpu->index && !n_guest_runs++)
		kill(getpid(), SIGTERM);
	return fake_kvm_wait(vcpu);
}

Test(run, a_guest_that_does_not_obey_a_signal_is_stopped)
{
	config.stop_timeout = 1;
	fake_kvm.run = be_signalled;
	cr_expect_eq(machine_run(&machine, &err), EXIT_STATUS_FAILURE);
}

static int count_runs(struct fake_kvm_vcpu *vcpu)
{
	__atomic_add_fetch(&n_guest_runs, 1, __ATOMIC_RELAXED);
	return fake_kvm_wait(vcpu);
}

Test(run, a_signal_during_the_build_ends_it_before_it_begins)
{
	fake_kvm.run = count_runs;
	raise(SIGINT);
	cr_expect_eq(machine_run(&machine, &err), EXIT_STATUS_FAILURE);
	cr_expect_eq(n_guest_runs, 0);
}

Test(run, hangups_are_ignored_under_nohup)
{
	sigset_t signals;

	machine_stop_signals(&signals);
	cr_expect(sigismember(&signals, SIGHUP));
	signal(SIGHUP, SIG_IGN);
	machine_stop_signals(&signals);
	cr_expect(!sigismember(&signals, SIGHUP));
	cr_expect(sigismember(&signals, SIGTERM));
}

/* --- what vCPUs have the main thread do */

#define N_ERRANDS 5000

static unsigned int n_errands; /* the main thread's */

static void errand(void *opaque)
{
	(void)opaque;
	n_errands++;
}

/* One after the other, by both at once: none waits for ever. */
static int ask_main(struct fake_kvm_vcpu *vcpu)
{
	static unsigned int n_done;

	for (unsigned int i = 0; i < N_ERRANDS && !n_guest_runs; i++)
		vm_run_on_main(&machine.vm, errand, NULL);
	if (__atomic_add_fetch(&n_done, 1, __ATOMIC_RELAXED) != 2)
		return fake_kvm_wait(vcpu);
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = KVM_SYSTEM_EVENT_SHUTDOWN;
	return 0;
}

Test(run, errands_of_vcpus_are_all_done, .timeout = 60)
{
	fake_kvm.run = ask_main;
	cr_assert_eq(machine_run(&machine, &err), EXIT_STATUS_OK);
	cr_expect_eq(n_errands, 2 * N_ERRANDS);
}
