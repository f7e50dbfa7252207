// SPDX-License-Identifier: GPL-2.0-only
/* Whether KVM resamples: when that is tried, and what is kept of it. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fixtures/fixture_machine.h"
#include "vmm/machine/machine.h"

#define KEPT "/run/dais/resample"

static struct vm_config config;
static struct machine machine;
static struct err err;

static void make_host(void)
{
	fixture_host();
	fake_remove(KEPT);
}

static void setup(void)
{
	fixture_begin(&config, "no");
	make_host();
}

static void teardown(void)
{
	fixture_end(&config);
}

TestSuite(machine_resample, .init = setup, .fini = teardown);

/* Builds the machine; returns whether KVM was tried for it. */
static bool is_tried(void)
{
	unsigned int before = fake_kvm.n_probes;

	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	machine_destroy(&machine);
	return fake_kvm.n_probes != before;
}

Test(machine_resample, is_tried_once_for_each_boot_and_kernel)
{
	cr_expect(is_tried());
	cr_expect_str_eq(fake_file_text(KEPT), "b00t 7.3.4 GICv3 yes\n");
	cr_expect_not(machine.vm.kvm.no_resample);
	cr_expect_not(is_tried());
	fake_file("/proc/sys/kernel/osrelease", "7.3.5\n");
	fake_kvm.n_resamples = 0;
	cr_redirect_stderr();
	cr_expect(is_tried());
	cr_expect(machine.vm.kvm.no_resample);
	cr_expect_str_eq(fake_file_text(KEPT), "b00t 7.3.5 GICv3 no\n");
	fake_kvm.n_resamples = 2;
	cr_expect_not(is_tried());
	cr_expect(machine.vm.kvm.no_resample);
	fake_file("/proc/sys/kernel/random/boot_id", "b01t\n");
	cr_expect(is_tried());
	cr_expect_not(machine.vm.kvm.no_resample);
}

Test(machine_resample, what_others_can_have_written_is_not_read)
{
	static const struct {
		const char *text;
		unsigned int uid;
		mode_t mode;
		bool tried;
	} cases[] = {
		{ "b00t 7.3.4 GICv3 no\n", 0, 0644, false },
		{ "b00t 7.3.4 GICv3 no\n", 1000, 0644, true },
		{ "b00t 7.3.4 GICv3 no\n", 0, 0664, true },
		{ "b00t 7.3.4 GICv3 no\n", 0, 0646, true },
		{ "b00t 7.3.4 GICv2 no\n", 0, 0644, true },
		{ "b00t 7.3.4 GICv3 maybe\n", 0, 0644, true },
		{ "b00t 7.3.4 GICv3 ", 0, 0644, true },
		{ "", 0, 0644, true },
	};

	cr_redirect_stderr();
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_host();
		fake_file(KEPT, cases[i].text);
		fake_owner(KEPT, cases[i].uid, cases[i].mode);
		cr_expect_eq(is_tried(), cases[i].tried, "case %u", i);
		cr_expect_eq(machine.vm.kvm.no_resample, !cases[i].tried, "case %u", i);
	}
	/* nor what is behind a link, or no file */
	make_host();
	fake_file("/elsewhere", "b00t 7.3.4 GICv3 no\n");
	fake_link(KEPT, "/elsewhere");
	cr_expect(is_tried());
	make_host();
	fake_dir(KEPT);
	cr_expect(is_tried());
}

Test(machine_resample, where_nothing_can_be_kept_it_is_tried_each_time)
{
	char temporary[64];

	snprintf(temporary, sizeof(temporary), KEPT ".%d", (int)getpid());
	fake_open_error(temporary, EACCES);
	cr_expect(is_tried());
	cr_expect(is_tried());
	cr_expect_null(fake_file_text(KEPT));
	make_host();
	fake_remove("/proc/sys/kernel/random/boot_id");
	cr_expect(is_tried());
	cr_expect(is_tried());
	cr_expect_null(fake_file_text(KEPT));
}

/* The guest runs as if it did; what can be told of it was told. */
Test(machine_resample, a_try_that_fails_stops_nothing)
{
	fake_kvm_fail(KVM_RUN, EIO);
	cr_expect_not(is_tried());
	cr_expect_not(machine.vm.kvm.no_resample);
	cr_expect_null(fake_file_text(KEPT));
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
}

/* It would be in vain. */
Test(machine_resample, is_not_tried_where_nothing_hangs_on_it)
{
	fake_kvm.can_forward = true;
	cr_expect_not(is_tried());
	make_host();
	fake_kvm.device_errors[KVM_DEV_TYPE_ARM_VGIC_V3] = ENODEV;
	fake_kvm.device_errors[KVM_DEV_TYPE_ARM_VGIC_V2] = 0;
	cr_expect_not(is_tried());
}
