// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/vm.h"

static struct vm vm;
static struct err err;

static int build(void)
{
	fake_sys_reset();
	fake_kvm_reset();
	vm_init(&vm);
	if (kvm_open(&vm.kvm, NULL, &err))
		return err.code;
	return vm_create(&vm, &err);
}

static void set_up(void)
{
	cr_assert_eq(build(), 0);
}

static void tear_down(void)
{
	vm_destroy(&vm);
	cr_assert_eq(fake_n_open_fds(), 0);
	cr_assert_eq(fake_n_mappings(), 0);
}

TestSuite(vm, .init = set_up, .fini = tear_down);

Test(vm, address_space_is_what_kvm_offers)
{
	static const unsigned int bits[] = { 32, 36, 40, 44, 48, 52 };

	cr_assert_eq(fake_kvm.vm_type, 48);
	for (unsigned int i = 0; i < n_elems(bits); i++) {
		vm_destroy(&vm);
		fake_sys_reset();
		fake_kvm_reset();
		vm_init(&vm);
		cr_assert_eq(kvm_open(&vm.kvm, NULL, &err), 0);
		vm.kvm.caps.ipa_bits = bits[i];
		cr_assert_eq(vm_create(&vm, &err), 0);
		cr_assert_eq(fake_kvm.vm_type, bits[i] == 40 ? 0 : bits[i]);
	}
}

Test(vm, each_failing_call_leaves_nothing_open)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		vm_destroy(&vm);
		fake_sys_reset();
		fake_kvm_reset();
		vm_init(&vm);
		cr_assert_eq(kvm_open(&vm.kvm, NULL, &err), 0);
		fake_fail_at(n, EIO);
		ret = vm_create(&vm, &err);
		if (!fake_failed())
			break;
		cr_assert_eq(ret, -EIO);
		cr_assert(strstr(err.what, "create"), "%s", err.what);
	}
}

Test(vm, memslots_are_numbered_in_order_and_never_reused)
{
	char *page = (char *)0x10000;

	cr_assert_eq(vm_memslot_add(&vm, 0x40000000, 0x200000, page, false, "RAM", &err), 0);
	cr_assert_eq(vm_memslot_add(&vm, 0x10000000, 0x1000, page, true, "a page", &err), 1);
	cr_assert_eq(fake_kvm.memslots[0].flags, 0);
	cr_assert_eq(fake_kvm.memslots[0].userspace_addr, 0x10000);
	cr_assert_eq(fake_kvm.memslots[1].flags, KVM_MEM_READONLY);
	cr_assert_eq(fake_kvm.memslots[1].guest_phys_addr, 0x10000000);
	cr_assert_eq(vm_memslot_change(&vm, 1, 0, 0, NULL, false), 0);
	cr_assert_eq(fake_kvm.memslots[1].memory_size, 0);
	cr_assert_eq(vm_memslot_add(&vm, 0x10000000, 0x1000, page, false, "b", &err), 2);
}

Test(vm, memslot_errors_name_what_and_why)
{
	cr_assert_eq(vm_memslot_add(&vm, 0x1000, 0x1000, NULL, false, "first", &err), 0);
	cr_assert_eq(vm_memslot_add(&vm, 0x1000, 0x1000, NULL, false, "second", &err), -EEXIST);
	cr_assert(strstr(err.what, "second") && strstr(err.why, "there"), "%s", err.what);
	vm.kvm.caps.n_memslots = 1;
	cr_assert_eq(vm_memslot_add(&vm, 0x2000, 0x1000, NULL, false, "third", &err), -ENOSPC);
	cr_assert(strstr(err.what, "third") && strstr(err.why, "1 memory slots"), "%s", err.why);
}

Test(vm, devices_and_their_attributes)
{
	uint32_t value = 7;
	int fd;

	cr_assert_eq(kvm_device_create(&vm, KVM_DEV_TYPE_ARM_VGIC_V2, true), -ENODEV);
	cr_assert_eq(kvm_device_create(&vm, KVM_DEV_TYPE_ARM_VGIC_V3, true), 0);
	cr_assert_eq(fake_kvm.n_devices, 0);
	fd = kvm_device_create(&vm, KVM_DEV_TYPE_ARM_VGIC_V3, false);
	cr_assert_eq(fd, fake_kvm.devices[0].fd);

	fake_kvm_attr_deny(FAKE_KVM_DEV(KVM_DEV_TYPE_ARM_VGIC_V3), 9, 1);
	cr_assert(!kvm_attr_has(fd, 9, 1));
	cr_assert(kvm_attr_has(fd, 3, 0));
	cr_assert_eq(kvm_attr_set(fd, 9, 1, &value), -ENXIO);
	cr_assert_eq(kvm_attr_set(fd, 3, 0, &value), 0);
	value = 0;
	cr_assert_eq(kvm_attr_get(fd, 3, 0, &value), 0);
	cr_assert_eq(value, 7);
	sys_close(fd);
}

static bool request_is_signalled(void)
{
	struct pollfd p = { .fd = vm.request_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

Test(vm, a_request_wakes_the_main_loop_once)
{
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_NONE);
	vm_request(&vm, VM_REQUEST_RESET);
	cr_assert(request_is_signalled());
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_RESET);
	cr_assert(!request_is_signalled());
	vm_request(&vm, VM_REQUEST_RESET);
	cr_assert(!request_is_signalled(), "it is pending already");
	vm_request_clear_reset(&vm);
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_NONE);
	vm_request(&vm, VM_REQUEST_RESET);
	cr_assert(request_is_signalled());
}

Test(vm, the_highest_request_wins_and_of_equals_the_first)
{
	struct err crash;

	vm_request(&vm, VM_REQUEST_POWEROFF);
	vm_request_exit(&vm, 65);
	vm_request_exit(&vm, 66);
	vm_request(&vm, VM_REQUEST_RESET);
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_EXIT);
	cr_assert_eq(vm.exit_status, 65);
	vm_request_clear_reset(&vm);
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_EXIT);

	err_set(&crash, EFAULT, "first");
	vm_request_crash(&vm, &crash);
	err_set(&crash, EFAULT, "second");
	vm_request_crash(&vm, &crash);
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_CRASH);
	cr_assert_eq(vm.exit_status, EXIT_STATUS_GUEST_CRASH);
	cr_assert_eq(err_exit_status(&vm.crash), EXIT_STATUS_GUEST_CRASH);
	cr_assert(strstr(vm.crash.what, "first"), "%s", vm.crash.what);

	vm_request(&vm, VM_REQUEST_STOP);
	cr_assert_eq(vm_request_pending(&vm), VM_REQUEST_STOP);
}
