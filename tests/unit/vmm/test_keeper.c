// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "tests/fakes/fake_process.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fixtures/fixture_machine.h"
#include "tests/unit/err_says.h"
#include "vfio/iommu/iommufd_uapi.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/core/at_work.h"
#include "vmm/machine/machine.h"

static struct vm_config config;
static struct machine machine;
static struct err err;

static void setup(void)
{
	fixture_begin(&config, "yes");
}

static void teardown(void)
{
	fixture_end(&config);
}

TestSuite(keeper, .init = setup, .fini = teardown);

static void nothing_is_left(void)
{
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 0);
}

/* As the keeper, of a VMM that ends so. */
static int keep(int code, int status)
{
	fake_process.be_parent = true;
	fake_process.code = code;
	fake_process.status = status;
	return machine_build(&machine, &config, MACHINE_FOR_RUN, &err);
}

Test(keeper, the_vmm_leaves_the_devices_to_it)
{
	unsigned int end;

	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	cr_expect_eq(fake_process.death_signal, SIGKILL);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 1);
	end = fake_n_ioctls();
	machine_destroy(&machine);
	cr_expect_eq(fake_find_ioctl(VFIO_DEVICE_RESET, end), UINT32_MAX);
	cr_expect_lt(fake_find_ioctl(VFIO_DEVICE_SET_IRQS, end), fake_find_ioctl(IOAS_UNMAP, end),
		     "masked, then cut off");
	cr_expect_eq(fixture_disk.irqs[0].trigger_fd, -1);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 0);
	cr_expect_eq(fake_n_mappings(), 1, "the page that it has with the keeper");
	cr_expect(fixture_disk.fd >= 0 && fixture_rtc.fd >= 0);

	machine.n_kept = 0; /* as the keeper sees it */
	machine_destroy(&machine);
	nothing_is_left();
}

Test(keeper, it_has_nothing_of_the_guest_and_brings_the_devices_back)
{
	unsigned int end, masked, unmapped, reset;

	fake_process.signals[0] = SIGCHLD;
	cr_assert_eq(keep(CLD_EXITED, 77), MACHINE_KEPT, "%s", err.what);
	cr_expect_eq(machine.vmm_status, 77);
	cr_expect_str_eq(fake_process.name, "dais-keeper");
	cr_expect_eq(fake_find_ioctl(KVM_CREATE_VM, 0), UINT32_MAX);
	cr_expect_eq(machine.files.kernel_fd, -1);
	cr_expect(fixture_disk.fd >= 0 && fixture_rtc.fd >= 0);

	/* what a VMM that was killed leaves */
	fixture_disk.irqs[0].trigger_fd = fixture_disk.irqs[0].unmask_fd = 5;
	fake_vfio.containers[0].maps[fake_vfio.containers[0].n_maps++] =
		(struct range){ FIXTURE_RAM_START, FIXTURE_RAM_SIZE };
	fixture_disk.n_resets = 0;
	end = fake_n_ioctls();
	cr_expect(machine_destroy(&machine));
	masked = fake_find_ioctl(VFIO_DEVICE_SET_IRQS, end);
	unmapped = fake_find_ioctl(IOAS_UNMAP, end);
	reset = fake_find_ioctl(VFIO_DEVICE_RESET, end);
	cr_expect_lt(masked, unmapped);
	cr_expect_lt(unmapped, reset);
	cr_expect_eq(fixture_disk.n_resets, 1);
	cr_expect_eq(fixture_rtc.n_resets, 0, "it has no handler");
	nothing_is_left();
}

Test(keeper, it_tells_how_the_vmm_died)
{
	static const struct {
		int signal;
		const char *says;
	} deaths[] = {
		{ SIGKILL, "killed by signal 9 (SIGKILL)" },
		{ SIGSYS, "(SIGSYS): it made a system" },
		{ SIGSEGV, "(SIGSEGV): it crashed" },
		{ SIGBUS, "(SIGBUS)" },
		{ SIGABRT, "(SIGABRT)" },
		{ SIGXCPU, "(SIGXCPU): CPU time" },
	};

	for (size_t i = 0; i < n_elems(deaths); i++) {
		fixture_host();
		cr_assert_eq(keep(i % 2 ? CLD_DUMPED : CLD_KILLED, deaths[i].signal), MACHINE_KEPT);
		cr_expect_eq(machine.vmm_status, EXIT_STATUS_FAILURE);
		cr_expect(err_says(&err, deaths[i].says), "%s: %s", err.what, err.why);
		cr_expect_neq(err.fix[0], '\0');
		machine_destroy(&machine);
		nothing_is_left();
	}
}

static void be_at_work(void)
{
	machine.keeper.at_work[AT_WORK_MAIN] = machine.keeper.at_work[AT_WORK_VCPU(3)] = 1;
}

Test(keeper, it_tells_whose_system_call_it_may_have_been)
{
	fake_process.on_end = be_at_work;
	cr_assert_eq(keep(CLD_KILLED, SIGSYS), MACHINE_KEPT);
	cr_expect(strstr(err.why, "does not allow: at work then was the main loop, vCPU 3"), "%s",
		  err.why);
	cr_expect(strstr(err.fix, "--sandbox=debug"));
	machine_destroy(&machine);
	nothing_is_left();
}

Test(keeper, it_passes_signals_on)
{
	static const int signals[] = {
		SIGTERM, SIGCHLD, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGCHLD
	};

	memcpy(fake_process.signals, signals, sizeof(signals));
	cr_assert_eq(keep(CLD_EXITED, 0), MACHINE_KEPT);
	cr_assert_eq(fake_process.n_sent, 5);
	cr_expect_eq(fake_process.sent[0], SIGTERM);
	cr_expect_eq(fake_process.sent[1], SIGINT);
	cr_expect_eq(fake_process.sent[4], SIGUSR1);
	cr_expect_eq(machine.vmm_status, 0);
	machine_destroy(&machine);
}

Test(keeper, a_vmm_whose_keeper_has_died_ends)
{
	fake_process.parent_gone = true;
	cr_assert_lt(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0);
	cr_expect(err_says(&err, "the keeper has died"));
	machine_destroy(&machine);
	machine.n_kept = 0;
	machine_destroy(&machine);
	nothing_is_left();
}

Test(keeper, who_dumps_the_tree_needs_none)
{
	fake_process.be_parent = true;
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_TREE, &err), 0, "%s", err.what);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 0);
	cr_expect_eq(fixture_disk.irqs[0].trigger_fd, -1);
	cr_expect(machine_destroy(&machine));
	nothing_is_left();
}

Test(keeper, a_device_that_cannot_be_reset_is_told_of)
{
	cr_redirect_stderr();
	cr_assert_eq(keep(CLD_EXITED, 0), MACHINE_KEPT);
	fixture_disk.reset_error = ETIMEDOUT;
	cr_expect_not(machine_destroy(&machine));
	nothing_is_left();
}

/* Fails the n-th call, for every n; and once more for the keeper's undoing. */
Test(keeper, each_failing_call_of_the_vmm_leaves_the_devices_to_it)
{
	cr_redirect_stderr();
	for (unsigned int n = 1;; n++) {
		fixture_host();
		fake_fail_at(n, ENOTTY);
		machine_build(&machine, &config, MACHINE_FOR_RUN, &err);
		machine_destroy(&machine);
		if (machine.n_kept)
			cr_assert(fixture_disk.fd >= 0 && fixture_rtc.fd >= 0, "call %u", n);
		machine.n_kept = 0;
		machine_destroy(&machine);
		cr_assert_eq(fake_n_open_fds(), 0, "call %u", n);
		if (!fake_failed())
			break;
	}
}

/* Fails the n-th call of all that the keeper does, for every n. */
Test(keeper, each_failing_call_ends_the_vmm_and_leaks_nothing)
{
	cr_redirect_stderr();
	for (unsigned int n = 1;; n++) {
		int ret;

		fixture_host();
		memset(&err, 0, sizeof(err));
		fake_process.signals[0] = SIGTERM;
		fake_process.signals[1] = SIGCHLD;
		fake_fail_at(n, EIO);
		ret = keep(CLD_EXITED, 0);
		cr_assert(ret == MACHINE_KEPT ? machine.vmm_status >= 0 || err.what[0]
					      : ret < 0 && err.what[0],
			  "call %u", n);
		if (ret == MACHINE_KEPT && machine.vmm_status < 0)
			cr_assert_eq(fake_process.sent[fake_process.n_sent - 1], SIGKILL, "call %u",
				     n);
		machine_destroy(&machine);
		cr_assert_eq(fake_n_open_fds(), 0, "call %u: %s", n, err.what);
		if (!fake_failed())
			break;
	}
}

/*
 * What the console blocks after the fork stays blocked: a shell that has taken the terminal back
 * must not stop the VMM (SIGTTIN, SIGTTOU).
 */
Test(keeper, signals_that_the_vmm_has_blocked_stay_blocked)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	cr_assert_eq(keeper_fork(&machine.keeper, &err), 0);
	cr_assert_eq(keeper_follow(&machine.keeper, &err), 0);
	sigaddset(&blocked, SIGTTIN);
	sigaddset(&blocked, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);
	fake_process.death_signal = 0;
	cr_assert_eq(keeper_die_with(&machine.keeper, &err), 0);
	cr_expect_eq(fake_process.death_signal, SIGKILL);
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	cr_expect(sigismember(&blocked, SIGTTIN) && sigismember(&blocked, SIGTTOU));
	keeper_destroy(&machine.keeper);
}

static void on_prctl(int option)
{
	sigset_t ttin;

	/* in place of the console, which has no terminal here */
	sigemptyset(&ttin);
	sigaddset(&ttin, SIGTTIN);
	if (option == PR_SET_NO_NEW_PRIVS)
		pthread_sigmask(SIG_BLOCK, &ttin, NULL);
}

Test(keeper, confinement_leaves_signals_blocked)
{
	sigset_t blocked;

	fake_process.on_prctl = on_prctl;
	config.sandbox.mode = SANDBOX_ON;
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	cr_expect(sigismember(&blocked, SIGTTIN));
	machine_destroy(&machine);
	machine.n_kept = 0;
	machine_destroy(&machine);
	nothing_is_left();
}
