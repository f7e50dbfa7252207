// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "tests/fakes/fake_kvm.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/fake_vfio.h"
#include "vfio/context.h"
#include "vfio/host_device.h"
#include "vfio/vfio.h"
#include "vmm/core/ram.h"
#include "vmm/core/vm.h"

static struct fake_vfio_device devices[] = {
	{ .name = "10000000.ahci", .group = 7 },
	{ .name = "10100000.edu", .group = 3 },
	{ .name = "10200000.twin", .group = 3 },
};

static struct vm vm;
static struct err err;

static struct vfio_host_device hosts[n_elems(devices)];
static struct vfio_handle handles[n_elems(devices)];

static void setup(void)
{
	fake_vm_create(&vm);
	for (unsigned int i = 0; i < n_elems(devices); i++) {
		fake_vfio_add(&devices[i]);
		cr_assert_eq(vfio_host_device_find(&hosts[i], devices[i].name, &err), 0);
		handles[i].fd = -1;
	}
}

TestSuite(vfio_iommu, .init = setup);

static int open_device(const char *name)
{
	unsigned int i = 0;

	while (strcmp(devices[i].name, name))
		i++;
	return vfio_handle_open(vm.vfio, &hosts[i], &handles[i], &err);
}

static void end(void)
{
	for (unsigned int i = 0; i < n_elems(handles); i++)
		vfio_handle_close(vm.vfio, &handles[i]);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
	cr_expect(fake_failed() || fake_vfio.containers[0].n_groups == 0);
}

static struct ram_bank banks[] = {
	{ .gpa = { 0x40000000, 0x200000 }, .hva = (void *)0x10000000 },
	{ .gpa = { 0x80000000, 0x400000 }, .hva = (void *)0x20000000 },
};
static const struct ram two_banks = {
	.banks = banks,
	.n_banks = n_elems(banks),
	.size = 0x600000,
};

Test(vfio_iommu, groups_share_a_container_and_members_a_group)
{
	cr_assert_eq(open_device("10000000.ahci"), 0);
	cr_assert_eq(open_device("10100000.edu"), 0);
	cr_assert_eq(open_device("10200000.twin"), 0);
	cr_expect_neq(handles[0].kvm_fd, handles[1].kvm_fd);
	cr_expect_eq(handles[1].kvm_fd, handles[2].kvm_fd);
	cr_expect_eq(fake_vfio.n_containers, 1);
	cr_expect_eq(fake_vfio.containers[0].n_groups, 2);
	end();
}

Test(vfio_iommu, groups_that_do_not_fit_together_get_containers_that_are_kept_equal)
{
	fake_vfio.no_sharing = true;
	cr_assert_eq(open_device("10000000.ahci"), 0);
	cr_assert_eq(open_device("10100000.edu"), 0);
	cr_assert_eq(fake_vfio.n_containers, 2);

	cr_assert_eq(vfio_dma_map(vm.vfio, &two_banks, &err), 0);
	for (unsigned int i = 0; i < 2; i++) {
		const struct fake_vfio_container *c = &fake_vfio.containers[i];

		cr_assert_eq(c->n_maps, 2);
		for (unsigned int k = 0; k < 2; k++) {
			cr_expect_eq(c->maps[k].start, two_banks.banks[k].gpa.start);
			cr_expect_eq(c->maps[k].size, two_banks.banks[k].gpa.size);
			cr_expect_eq(c->hvas[k], two_banks.banks[k].hva);
		}
	}
	cr_assert_eq(vfio_dma_unmap(vm.vfio, &err), 0);
	cr_expect_eq(fake_vfio.containers[0].n_maps + fake_vfio.containers[1].n_maps, 0);
	cr_expect_eq(vfio_dma_unmap(vm.vfio, &err), 0, "nothing is mapped");
	cr_assert_eq(vfio_dma_map(vm.vfio, &two_banks, &err), 0);
	cr_expect_eq(fake_vfio.containers[1].n_maps, 2);
	end();
}

Test(vfio_iommu, reserved_is_what_cannot_be_mapped)
{
	static const struct range want[] = {
		{ 0x08000000, 0x00100000 },
		{ 1ULL << 48, UINT64_MAX - (1ULL << 48) + 1 },
		{ 0x50000000, 0x10000 },
	};
	const struct range *ranges;
	unsigned int n;

	cr_assert_eq(vfio_reserved(vm.vfio, &ranges, &n, &err), 0);
	cr_expect_eq(n, 0, "no device, no limits");

	cr_assert_eq(open_device("10000000.ahci"), 0);
	fake_file("/sys/kernel/iommu_groups/7/reserved_regions",
		  "0x0000000008000000 0x00000000080fffff msi\n"
		  "0x0000000050000000 0x000000005000ffff reserved\n"
		  "0x0000000060000000 0x000000006000ffff direct-relaxable\n");
	for (unsigned int round = 0; round < 2; round++) {
		cr_assert_eq(vfio_reserved(vm.vfio, &ranges, &n, &err), 0);
		cr_assert_eq(n, n_elems(want));
		for (unsigned int i = 0; i < n; i++) {
			cr_expect_eq(ranges[i].start, want[i].start);
			cr_expect_eq(ranges[i].size, want[i].size);
		}
	}
	end();
}

Test(vfio_iommu, reserved_by_sysfs_alone)
{
	const struct range *ranges;
	unsigned int n;

	fake_vfio.no_iova_ranges = true;
	cr_assert_eq(open_device("10000000.ahci"), 0);
	cr_assert_eq(vfio_reserved(vm.vfio, &ranges, &n, &err), 0);
	cr_assert_eq(n, 1);
	cr_expect_eq(ranges[0].start, 0x08000000);
	cr_expect_eq(ranges[0].size, 0x100000);
	end();
}

Test(vfio_iommu, all_of_the_address_space_is_usable)
{
	const struct range *ranges;
	unsigned int n;

	fake_vfio.n_usable = 1;
	fake_vfio.usable[0] = (struct range){ 0x1000, UINT64_MAX - 0x1000 + 1 };
	cr_assert_eq(open_device("10000000.ahci"), 0);
	fake_remove("/sys/kernel/iommu_groups/7/reserved_regions");
	cr_assert_eq(vfio_reserved(vm.vfio, &ranges, &n, &err), 0);
	cr_assert_eq(n, 1);
	cr_expect_eq(ranges[0].start, 0);
	cr_expect_eq(ranges[0].size, 0x1000);
	end();
}

Test(vfio_iommu, a_refused_map_tells_the_limit_and_leaves_nothing_mapped)
{
	fake_vfio.no_sharing = true;
	cr_assert_eq(open_device("10000000.ahci"), 0);
	cr_assert_eq(open_device("10100000.edu"), 0);
	fake_vfio.map_error = ENOMEM;
	fake_vfio.n_good_maps = 3;
	cr_expect_eq(vfio_dma_map(vm.vfio, &two_banks, &err), -ENOMEM);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(strstr(err.why, "RLIMIT_MEMLOCK"));
	cr_expect(strstr(err.fix, "12582912 bytes: ulimit -l 12288"), "%s", err.fix);
	cr_expect_eq(fake_vfio.containers[0].n_maps + fake_vfio.containers[1].n_maps, 0);
	end();
}

Test(vfio_iommu, what_stays_mapped_is_told)
{
	cr_assert_eq(open_device("10000000.ahci"), 0);
	cr_assert_eq(vfio_dma_map(vm.vfio, &two_banks, &err), 0);
	fake_vfio.n_stuck_maps = 1;
	cr_expect_eq(vfio_dma_unmap(vm.vfio, &err), -EIO);
	cr_expect(strstr(err.why, "4194304 bytes of 6291456"), "%s", err.why);
	end();
}

Test(vfio_iommu, a_backend_that_is_not_there)
{
	vm.vfio->backend = VFIO_BACKEND_NONE;
	cr_expect_eq(open_device("10000000.ahci"), -EINVAL);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	end();
}

/* What may be wrong with the host before a device is open, and what the user is told. */
static void no_container(void)
{
	fake_remove("/dev/vfio/vfio");
}

static void container_forbidden(void)
{
	fake_open_error("/dev/vfio/vfio", EACCES);
}

static void no_type1(void)
{
	fake_vfio.no_type1 = true;
}

static void no_remapping(void)
{
	fake_vfio.no_remapping = true;
}

static void group_forbidden(void)
{
	fake_open_error("/dev/vfio/7", EACCES);
}

static void no_group(void)
{
	fake_remove("/dev/vfio/7");
}

static void group_held(void)
{
	fake_open_error("/dev/vfio/7", EBUSY);
	fake_link("/proc/12/fd/3", "/dev/vfio/71");
	fake_link("/proc/4121/fd/9", "/dev/vfio/7");
	fake_file_bytes("/proc/4121/cmdline", "dais\0run\0-c\0disk.conf", 22);
}

static void group_held_by_a_stranger(void)
{
	fake_open_error("/dev/vfio/7", EBUSY);
}

static void not_viable(void)
{
	fake_vfio.not_viable[7] = true;
	fake_host_device("platform", "10300000.eth", "macb", 7);
}

static const struct bad_host {
	const char *name;
	void (*make)(void);
	const char *what, *why, *fix;
} bad_hosts[] = {
	{ "no container", no_container, "open /dev/vfio/vfio: No such file", "no VFIO container",
	  "modprobe vfio_iommu_type1" },
	{ "container forbidden", container_forbidden, "open /dev/vfio/vfio: Permission denied",
	  "may not", "chmod" },
	{ "no type1", no_type1, "no type1 IOMMU", "", "modprobe vfio_iommu_type1" },
	{ "no interrupt remapping", no_remapping,
	  "VFIO_SET_IOMMU of /dev/vfio/7: Operation not permitted", "interrupt remapping",
	  "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts" },
	{ "group forbidden", group_forbidden, "open /dev/vfio/7: Permission denied", "may not",
	  "chown USER /dev/vfio/7" },
	{ "no group", no_group, "open /dev/vfio/7: No such file", "no such group", "bind" },
	{ "group held", group_held, "open /dev/vfio/7: Device or resource busy",
	  "held by pid 4121 (dais run -c disk.conf)", "another device" },
	{ "group held by a stranger", group_held_by_a_stranger, "busy", "another process", "stop" },
	{ "not viable", not_viable, "IOMMU group 7 is not viable", "10300000.eth (macb)",
	  "unbind" },
};

Test(vfio_iommu, a_host_that_is_not_ready)
{
	fake_vm_destroy(&vm);
	for (unsigned int i = 0; i < n_elems(bad_hosts); i++) {
		const struct bad_host *bad = &bad_hosts[i];
		setup();
		bad->make();
		cr_expect_lt(open_device("10000000.ahci"), 0, "%s", bad->name);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST, "%s", bad->name);
		cr_expect(strstr(err.what, bad->what), "%s: %s", bad->name, err.what);
		cr_expect(strstr(err.why, bad->why), "%s: %s", bad->name, err.why);
		cr_expect(strstr(err.fix, bad->fix), "%s: %s", bad->name, err.fix);
		end();
	}
}

static unsigned int n_kvm_vfio_sets(uint64_t attr)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < fake_kvm_n_attr_sets(); i++) {
		struct fake_kvm_attr_set set = fake_kvm_attr_set(i);

		n += set.owner == FAKE_KVM_DEV(KVM_DEV_TYPE_VFIO) &&
		     set.group == KVM_DEV_VFIO_GROUP && set.attr == attr;
	}
	return n;
}

Test(vfio_iommu, kvm_is_told_of_each_group_and_told_when_it_goes)
{
	cr_assert_eq(vfio_kvm_attach(vm.vfio, &vm, &err), 0);
	cr_expect_eq(fake_kvm.n_devices, 0, "without groups there is nothing to tell");
	cr_assert_eq(open_device("10000000.ahci"), 0);
	cr_assert_eq(open_device("10100000.edu"), 0);
	cr_assert_eq(vfio_kvm_attach(vm.vfio, &vm, &err), 0);
	cr_expect_eq(n_kvm_vfio_sets(KVM_DEV_VFIO_GROUP_ADD), 2);
	end();
	cr_expect_eq(n_kvm_vfio_sets(KVM_DEV_VFIO_GROUP_DEL), 2);
}

Test(vfio_iommu, kvm_may_decline_a_group_with_EPERM_only)
{
	cr_assert_eq(open_device("10000000.ahci"), 0);
	fake_kvm_fail(KVM_SET_DEVICE_ATTR, EPERM);
	cr_expect_eq(vfio_kvm_attach(vm.vfio, &vm, &err), 0);
	end();

	setup();
	cr_assert_eq(open_device("10000000.ahci"), 0);
	fake_kvm_fail(KVM_SET_DEVICE_ATTR, EINVAL);
	cr_expect_eq(vfio_kvm_attach(vm.vfio, &vm, &err), -EINVAL);
	cr_expect(strstr(err.what, "10000000.ahci"));
	end();
}

/* The whole of the above, cut at each of its system calls. */
Test(vfio_iommu, each_failing_call_is_told_and_leaves_nothing_open)
{
	unsigned int n = 1;
	bool failed = true;

	for (fake_vm_destroy(&vm); failed; n++) {
		const struct range *ranges;
		unsigned int n_ranges;
		int ret;

		setup();
		fake_vfio.no_sharing = true;
		err = (struct err){ 0 };
		fake_fail_at(n, EIO);
		ret = open_device("10000000.ahci");
		if (!ret)
			ret = open_device("10100000.edu");
		if (!ret)
			ret = vfio_reserved(vm.vfio, &ranges, &n_ranges, &err);
		if (!ret)
			ret = vfio_dma_map(vm.vfio, &two_banks, &err);
		if (!ret)
			ret = vfio_kvm_attach(vm.vfio, &vm, &err);
		if (!ret)
			ret = vfio_dma_unmap(vm.vfio, &err);
		failed = fake_failed();
		if (ret)
			cr_expect(failed && err.code && err.what[0], "call %u", n);
		end();
	}
	cr_expect_gt(n, 20);
}
