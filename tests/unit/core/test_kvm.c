// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "vmm/base/range.h"
#include "vmm/core/kvm.h"

static struct kvm kvm;
static struct err err;

static void set_up(void)
{
	fake_sys_reset();
	fake_kvm_reset();
}

TestSuite(kvm, .init = set_up);

Test(kvm, capabilities_are_asked_once)
{
	fake_kvm.caps[KVM_CAP_ARM_PTRAUTH_GENERIC] = 0;
	fake_kvm.caps[KVM_CAP_ARM_SVE] = 0;
	cr_assert_eq(kvm_open(&kvm, NULL, &err), 0, "%s", err.what);
	cr_assert_eq(kvm.caps.max_vcpus, FAKE_KVM_N_VCPUS);
	cr_assert_eq(kvm.caps.n_memslots, FAKE_KVM_N_MEMSLOTS);
	cr_assert_eq(kvm.caps.ipa_bits, 48);
	cr_assert(kvm.caps.irqfd && kvm.caps.pmu_v3 && kvm.caps.el1_32bit);
	cr_assert(!kvm.caps.sve && !kvm.caps.binary_stats);
	cr_assert(!kvm.caps.pauth, "half of pointer authentication is none");
	cr_assert(kvm.run_size >= sizeof(struct kvm_run));
	kvm_close(&kvm);
	kvm_close(&kvm);
	cr_assert_eq(fake_n_open_fds(), 0);
}

Test(kvm, a_host_that_does_not_know_of_ipa_sizes_has_40_bits)
{
	fake_kvm.caps[KVM_CAP_ARM_VM_IPA_SIZE] = 0;
	cr_assert_eq(kvm_open(&kvm, NULL, &err), 0);
	cr_assert_eq(kvm.caps.ipa_bits, 40);
	kvm_close(&kvm);
}

Test(kvm, open_errors_name_cause_and_fix)
{
	static const struct {
		int code;
		const char *why, *fix;
	} cases[] = {
		{ ENOENT, "no KVM", "EL2" },       { ENODEV, "no KVM", "EL2" },
		{ ENXIO, "no KVM", "EL2" },        { EACCES, "may not use", "group" },
		{ EPERM, "may not use", "group" }, { EBUSY, "another hypervisor", "stop" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		fake_open_error("/dev/kvm", cases[i].code);
		cr_assert_eq(kvm_open(&kvm, NULL, &err), -cases[i].code);
		cr_assert(strstr(err.what, "/dev/kvm"), "%s", err.what);
		cr_assert(strstr(err.why, cases[i].why), "%s", err.why);
		cr_assert(strstr(err.fix, cases[i].fix), "%s", err.fix);
		cr_assert_eq(err_exit_status(&err), EXIT_STATUS_HOST);
		cr_assert_eq(kvm.fd, -1);
	}
}

Test(kvm, what_dais_cannot_do_without_is_named)
{
	static const struct {
		int cap;
		const char *name;
	} required[] = { { KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT" },
			 { KVM_CAP_ARM_PSCI_0_2, "KVM_CAP_ARM_PSCI_0_2" } };

	for (unsigned int i = 0; i < n_elems(required); i++) {
		set_up();
		fake_kvm.caps[required[i].cap] = 0;
		cr_assert_eq(kvm_open(&kvm, NULL, &err), -ENOTSUP);
		cr_assert(strstr(err.what, required[i].name), "%s", err.what);
		cr_assert_eq(err_exit_status(&err), EXIT_STATUS_HOST);
		cr_assert_eq(fake_n_open_fds(), 0);
	}
}

Test(kvm, another_api_is_refused)
{
	fake_kvm.api_version = 11;
	cr_assert_eq(kvm_open(&kvm, NULL, &err), -EINVAL);
	cr_assert(strstr(err.what, "API version 11"), "%s", err.what);
	cr_assert_eq(fake_n_open_fds(), 0);
}

Test(kvm, each_failing_call_leaves_nothing_open)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		set_up();
		fake_fail_at(n, EIO);
		ret = kvm_open(&kvm, NULL, &err);
		if (!fake_failed())
			break;
		cr_assert_eq(ret, -EIO, "call %u", n);
		cr_assert(strstr(err.what, "/dev/kvm"), "%s", err.what);
		cr_assert_eq(err_exit_status(&err), EXIT_STATUS_HOST);
		cr_assert_eq(kvm.fd, -1);
		cr_assert_eq(fake_n_open_fds(), 0);
	}
	kvm_close(&kvm);
}
