// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "arch/common/check_guest.h"
#include "arch/common/resample.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/unit/err_says.h"
#include "vmm/core/kvm.h"

static struct kvm kvm;
static struct err err;
static bool works;

static void set_up(void)
{
	fake_sys_reset();
	fake_kvm_reset();
	cr_assert_eq(kvm_open(&kvm, NULL, &err), 0);
}

TestSuite(resample, .init = set_up);

Test(resample, is_what_the_eventfd_tells)
{
	static const struct {
		unsigned int n_resamples, n_tried;
		bool works;
	} cases[] = {
		{ 2, 2, true },
		{ 1, 2, false }, /* the first was an exit of the host's */
		{ 0, 1, false },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_kvm.n_resamples = cases[i].n_resamples;
		fake_kvm.n_probes = 0;
		cr_assert_eq(resample_try(&kvm, VGIC_V3, NULL, &works, &err), 0, "%s", err.what);
		cr_expect_eq(works, cases[i].works, "case %u", i);
		cr_expect_eq(fake_kvm.n_probes, cases[i].n_tried, "case %u", i);
		cr_expect_eq(fake_n_open_fds(), 1, "that of KVM");
		cr_expect_eq(fake_n_mappings(), 0);
	}
}

Test(resample, its_end_can_be_later)
{
	struct resample_vm *left = NULL;

	cr_assert_eq(resample_try(&kvm, VGIC_V3, &left, &works, &err), 0);
	cr_expect_gt(fake_n_open_fds(), 1);
	resample_end(left);
	cr_expect_eq(fake_n_open_fds(), 1);
	left = NULL;
	fake_kvm_fail(KVM_IRQFD, EIO);
	cr_assert_eq(resample_try(&kvm, VGIC_V3, &left, &works, &err), -EIO);
	resample_end(left);
	cr_expect_eq(fake_n_open_fds(), 1);
	cr_expect_eq(fake_n_mappings(), 0);
	resample_end(NULL);
}

Test(resample, line_is_raised_and_the_program_counter_put)
{
	uint64_t pc;

	cr_assert_eq(resample_try(&kvm, VGIC_V3, NULL, &works, &err), 0);
	cr_expect_eq(fake_kvm.n_lines, 2);
	cr_expect_eq(fake_kvm.lines[0].irq, 1u << 24 | 32);
	cr_expect_eq(fake_kvm.lines[0].level, 1);
	cr_expect(fake_kvm_reg(0, 0x6030000000100040ULL, &pc) && pc == MEMMAP_RAM);
	cr_expect_eq(fake_kvm.vcpus[0].n_mmio, 2, "each last write was completed");
}

static int end_otherwise(struct fake_kvm_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	return 0;
}

/* What is not the guest's last write tells nothing. */
Test(resample, guest_that_ends_otherwise_is_an_error)
{
	fake_set_page_size(128 << 10); /* for the fake, this is no probe */
	fake_kvm.run = end_otherwise;
	cr_expect_eq(resample_try(&kvm, VGIC_V3, NULL, &works, &err), -EPROTO);
	cr_expect(err_says(&err, "try whether KVM resamples: run its guest"), "%s", err.what);
}

Test(resample, each_failing_call_is_told_and_leaves_nothing)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		set_up();
		fake_fail_at(n, EIO);
		ret = resample_try(&kvm, VGIC_V3, NULL, &works, &err);
		if (!fake_failed())
			break;
		cr_expect_eq(fake_n_open_fds(), 1, "call %u", n);
		cr_expect_eq(fake_n_mappings(), 0, "call %u", n);
		if (ret) /* a read that fails tells of no resampling */
			cr_expect(err_says(&err, "try whether KVM resamples"), "%s", err.what);
	}
}
