// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vmm/base/range.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define PC_REG 0x6030000000100040ULL /* PC of arm64's core registers */

static struct vm vm;
static struct err err;

static void set_up(void)
{
	fake_vm_create_bare(&vm);
}

static void tear_down(void)
{
	vcpus_destroy(&vm);
	vm_destroy(&vm);
	cr_assert_eq(fake_n_open_fds(), 0);
	cr_assert_eq(fake_n_mappings(), 0);
}

static void set_up_vcpus(void)
{
	set_up();
	cr_assert_eq(vcpus_create(&vm, 2, &err), 0);
}

Test(vcpu, as_many_as_kvm_allows, .init = set_up, .fini = tear_down)
{
	static const unsigned int bad[] = { 0, 9, 1000000 };

	vm.kvm.caps.max_vcpus = 8;
	for (unsigned int i = 0; i < n_elems(bad); i++) {
		cr_assert_eq(vcpus_create(&vm, bad[i], &err), -EINVAL);
		cr_assert(strstr(err.what, "cpus = ") && strstr(err.why, "8"), "%s", err.why);
		cr_assert_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	}
	cr_assert_eq(vcpus_create(&vm, 8, &err), 0);
	cr_assert_eq(vm.n_vcpus, 8);
	for (unsigned int i = 0; i < 8; i++) {
		cr_assert_eq(vm.vcpus[i].index, i);
		cr_assert_eq(vm.vcpus[i].run, fake_kvm.vcpus[i].run);
		cr_assert_eq(vm.vcpus[i].stats_fd, -1);
	}
}

Test(vcpu, each_failing_call_leaves_nothing_open)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		set_up();
		vm.kvm.caps.binary_stats = true;
		fake_fail_at(n, EMFILE);
		ret = vcpus_create(&vm, 3, &err);
		tear_down();
		if (!fake_failed())
			break;
		cr_assert_eq(ret, -EMFILE);
		cr_assert(strstr(err.what, "of vCPU") || strstr(err.what, "create vCPU"), "%s",
			  err.what);
	}
}

Test(vcpu, registers_of_64_and_32_bits, .init = set_up_vcpus, .fini = tear_down)
{
	const uint64_t reg32 = 0x6020000000100000ULL;
	uint64_t value;

	cr_assert_eq(vcpu_set_reg(&vm.vcpus[1], PC_REG, 0x1122334455667788), 0);
	cr_assert_eq(vcpu_get_reg(&vm.vcpus[1], PC_REG, &value), 0);
	cr_assert_eq(value, 0x1122334455667788);
	cr_assert_eq(vcpu_set_reg(&vm.vcpus[1], reg32, 0x11223344), 0);
	value = UINT64_MAX;
	cr_assert_eq(vcpu_get_reg(&vm.vcpus[1], reg32, &value), 0);
	cr_assert_eq(value, 0x11223344);
	cr_assert_eq(vcpu_get_reg(&vm.vcpus[0], PC_REG, &value), -ENOENT);
}

static uint64_t read_pattern(void *opaque, uint64_t offset, unsigned int width)
{
	(void)opaque;
	(void)width;
	return 0xab00 + offset;
}

static void write_exit(void *opaque, uint64_t offset, unsigned int width, uint64_t value)
{
	(void)opaque;
	(void)width;
	if (offset)
		vm_request_exit(&vm, (int)value);
}

static const struct mmio_ops ops = { read_pattern, write_exit };

static void add_region(void)
{
	struct mmio_region region = { .gpa = { 0x1000, 0x1000 }, .name = "r", .ops = &ops };

	cr_assert_eq(mmio_table_add(&vm.mmio, &region, &err), 0);
	mmio_table_seal(&vm.mmio);
}

static bool mmio_exit(uint64_t gpa, bool is_write, uint8_t value)
{
	struct kvm_run *run = vm.vcpus[0].run;

	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = gpa;
	run->mmio.len = 4;
	run->mmio.is_write = is_write;
	memset(run->mmio.data, 0, sizeof(run->mmio.data));
	run->mmio.data[0] = value;
	return vcpu_handle_exit(&vm.vcpus[0], 0);
}

Test(vcpu, mmio_exits_go_to_the_table, .init = set_up_vcpus, .fini = tear_down)
{
	add_region();
	cr_assert(mmio_exit(0x1020, false, 0));
	cr_assert_eq(vm.vcpus[0].run->mmio.data[0], 0x20);
	cr_assert_eq(vm.vcpus[0].run->mmio.data[1], 0xab);
	cr_assert(mmio_exit(0x1000, true, 1));
	cr_assert_eq(vm.vcpus[0].n_exits[VCPU_EXIT_MMIO], 2);
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_NONE);
}

Test(vcpu, a_vcpu_that_ends_the_run_does_not_run_on, .init = set_up_vcpus, .fini = tear_down)
{
	add_region();
	cr_assert(!mmio_exit(0x1004, true, 70));
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_EXIT);
	cr_assert_eq(vm.exit_status, 70);
}

Test(vcpu, interruptions_go_on_unless_it_is_to_park, .init = set_up_vcpus, .fini = tear_down)
{
	cr_assert(vcpu_handle_exit(&vm.vcpus[0], -EINTR));
	cr_assert(vcpu_handle_exit(&vm.vcpus[0], -EAGAIN));
	vm.park = 1;
	cr_assert(!vcpu_handle_exit(&vm.vcpus[0], -EINTR));
	cr_assert_eq(vm.vcpus[0].n_exits[VCPU_EXIT_INTERRUPTED], 3);
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_NONE);
}

Test(vcpu, system_events, .init = set_up_vcpus, .fini = tear_down)
{
	static const struct {
		uint32_t type;
		enum vm_request request;
	} events[] = { { KVM_SYSTEM_EVENT_RESET, VM_REQUEST_RESET },
		       { KVM_SYSTEM_EVENT_SHUTDOWN, VM_REQUEST_POWEROFF },
		       { KVM_SYSTEM_EVENT_CRASH, VM_REQUEST_CRASH } };

	for (unsigned int i = 0; i < n_elems(events); i++) {
		vm.vcpus[1].run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
		vm.vcpus[1].run->system_event.type = events[i].type;
		cr_assert(!vcpu_handle_exit(&vm.vcpus[1], 0));
		cr_assert_eq(vm_request_pending(&vm), events[i].request);
	}
	cr_assert(strstr(vm.crash.what, "vCPU 1"), "%s", vm.crash.what);
	cr_assert(strstr(vm.crash.why, "crashed"), "%s", vm.crash.why);
	cr_assert_eq(vm.vcpus[1].n_exits[VCPU_EXIT_SYSTEM_EVENT], 3);
}

/* PSCI 1.3's SYSTEM_OFF2 is a power-off that is told of. */
Test(vcpu, hibernation_ends_in_order, .init = set_up_vcpus, .fini = tear_down)
{
	cr_redirect_stderr();
	for (uint64_t flags = 0; flags <= 1; flags++) {
		vm.request = VM_REQUEST_NONE;
		vm.vcpus[0].run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
		vm.vcpus[0].run->system_event.type = KVM_SYSTEM_EVENT_SHUTDOWN;
		vm.vcpus[0].run->system_event.data[0] = flags;
		cr_assert(!vcpu_handle_exit(&vm.vcpus[0], 0));
		cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_POWEROFF);
	}
	fflush(stderr);
	cr_assert_stderr_eq_str("dais: the guest hibernates (PSCI SYSTEM_OFF2)\n");
}

/*
 * What a vCPU cannot go on after: the ioctl's value, the exit reason, words of the message, and
 * whether it is the host's fault or dais's, not the guest's.
 */
static const struct dead_end {
	int ret;
	uint32_t reason;
	const char *what, *why;
	bool not_guest;
} dead_ends[] = {
	{ -ENOSYS, 0, "KVM_RUN", "no memory is", false },
	{ -EFAULT, 0, "Bad address", "could not give memory", true },
	{ -ENOEXEC, 0, "KVM_RUN", "not initialised", true },
	{ -EHWPOISON, 0, "KVM_RUN", "memory failed", true },
	{ -ENOMEM, 0, "Cannot allocate memory", "no memory left", true },
	{ -EIO, 0, "Input/output error", "", false },
	{ 0, KVM_EXIT_FAIL_ENTRY, "exit reason 9", "reason 0x2a", false },
	{ 0, KVM_EXIT_INTERNAL_ERROR, "exit reason 17", "suberror 42", false },
	{ 0, KVM_EXIT_ARM_NISV, "exit reason 28", "no memory is", false },
	{ 0, 41, "exit reason 41", "external abort", true },
	{ 0, 42, "exit reason 42", "64 bytes at once", false },
	{ 0, KVM_EXIT_DEBUG, "exit reason 4", "", false },
	{ 0, 4711, "exit reason 4711", "", false },
};

Test(vcpu, dead_ends_are_crashes_that_name_vcpu_pc_and_cause)
{
	for (const struct dead_end *d = dead_ends; d < dead_ends + n_elems(dead_ends); d++) {
		set_up_vcpus();
		vm.pc_reg = PC_REG;
		fake_kvm_reg_put(1, PC_REG, 0x40080123);
		vm.vcpus[1].run->exit_reason = d->reason;
		if (d->reason == KVM_EXIT_INTERNAL_ERROR)
			vm.vcpus[1].run->internal.suberror = 42;
		else
			vm.vcpus[1].run->fail_entry.hardware_entry_failure_reason = 42;
		cr_assert(!vcpu_handle_exit(&vm.vcpus[1], d->ret));
		cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_CRASH);
		cr_assert_eq(vm.exit_status,
			     d->not_guest ? EXIT_STATUS_FAILURE : EXIT_STATUS_GUEST_CRASH);
		cr_assert(strstr(vm.crash.what, "vCPU 1 at PC 0x40080123"), "%s", vm.crash.what);
		cr_assert(strstr(vm.crash.what, d->what), "%s", vm.crash.what);
		cr_assert(strstr(vm.crash.why, d->why), "%s", vm.crash.why);
		cr_assert_eq(vm.vcpus[1].n_exits[VCPU_EXIT_OTHER], 1);
		tear_down();
	}
}

Test(vcpu, a_crash_without_pc_still_names_the_vcpu, .init = set_up_vcpus, .fini = tear_down)
{
	vm.pc_reg = PC_REG; /* nobody put it: the read fails */
	cr_assert(!vcpu_handle_exit(&vm.vcpus[1], -ENOSYS));
	cr_assert(strstr(vm.crash.what, "vCPU 1: KVM_RUN"), "%s", vm.crash.what);
}

Test(vcpu, every_exit_has_a_name)
{
	for (unsigned int i = 0; i < N_VCPU_EXITS; i++)
		cr_assert_not_null(vcpu_exit_name((enum vcpu_exit)i));
}
