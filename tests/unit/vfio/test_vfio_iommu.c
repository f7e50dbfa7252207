// SPDX-License-Identifier: GPL-2.0-only
/* What both IOMMU backends do alike. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fixtures/fixture_vfio.h"
#include "vfio/iommu/iommufd_uapi.h"
#include "vfio/vfio.h"
#include "vmm/core/ram/ram.h"

static enum vfio_backend both[] = { VFIO_BACKEND_IOMMUFD, VFIO_BACKEND_TYPE1 };

#define BothTest(name)                                                              \
	ParameterizedTestParameters(vfio_iommu, name)                               \
	{                                                                           \
		return cr_make_param_array(enum vfio_backend, both, n_elems(both)); \
	}                                                                           \
	ParameterizedTest(const enum vfio_backend *backend, vfio_iommu, name)

static struct fixture_vfio f;

static struct ram_bank banks[] = {
	{ .gpa = { 0x40000000, 0x200000 }, .hva = (void *)0x10000000 },
	{ .gpa = { 0x80000000, 0x400000 }, .hva = (void *)0x20000000 },
};
static const struct ram two_banks = {
	.banks = banks,
	.n_banks = n_elems(banks),
	.size = 0x600000,
};

static int map(void)
{
	return vfio_dma_map(f.vm.vfio, &two_banks, &f.err);
}

static int unmap(void)
{
	return vfio_dma_unmap(f.vm.vfio, &f.err);
}

static void open_devices(enum vfio_backend backend)
{
	fixture_vfio_create(&f, backend);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_EDU), 0);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_TWIN), 0);
}

static void open_apart(enum vfio_backend backend)
{
	fixture_vfio_create(&f, backend);
	fake_vfio.no_sharing = true;
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_EDU), 0);
	cr_assert_eq(fake_vfio.n_containers, 2);
}

BothTest(devices_share_an_address_space)
{
	open_devices(*backend);
	cr_expect_eq(fake_vfio.n_containers, 1);
	cr_expect_eq(fake_vfio.containers[0].n_members, *backend == VFIO_BACKEND_TYPE1 ? 2 : 3);
	fixture_vfio_destroy(&f);
}

BothTest(devices_that_do_not_fit_together_get_address_spaces_that_are_kept_equal)
{
	open_apart(*backend);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_TWIN), 0, "with its sibling: %s", f.err.what);
	cr_assert_eq(fake_vfio.n_containers, 2);

	cr_assert_eq(map(), 0);
	for (unsigned int i = 0; i < 2; i++) {
		const struct fake_vfio_container *c = &fake_vfio.containers[i];

		cr_assert_eq(c->n_maps, 2);
		for (unsigned int k = 0; k < 2; k++) {
			cr_expect_eq(c->maps[k].start, banks[k].gpa.start);
			cr_expect_eq(c->maps[k].size, banks[k].gpa.size);
			cr_expect_eq(c->hvas[k], banks[k].hva);
		}
	}
	cr_assert_eq(unmap(), 0);
	cr_expect_eq(fake_vfio.containers[0].n_maps + fake_vfio.containers[1].n_maps, 0);
	cr_expect_eq(unmap(), 0, "nothing is mapped");
	cr_assert_eq(map(), 0);
	cr_expect_eq(fake_vfio.containers[1].n_maps, 2);
	fixture_vfio_destroy(&f);
}

/* Execute permission is not among the flags: see vfio/iommu/iommu.h. */
BothTest(RAM_is_mapped_to_be_read_and_written)
{
	open_devices(*backend);
	cr_assert_eq(map(), 0);
	cr_expect_eq(fake_vfio.containers[0].map_flags,
		     *backend == VFIO_BACKEND_TYPE1
			     ? VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE
			     : IOAS_MAP_FIXED_IOVA | IOAS_MAP_READABLE | IOAS_MAP_WRITEABLE);
	fixture_vfio_destroy(&f);
}

static void expect_reserved(const struct range *want, unsigned int n_want)
{
	const struct range *ranges;
	unsigned int n;

	cr_assert_eq(vfio_reserved(f.vm.vfio, &ranges, &n, &f.err), 0);
	cr_assert_eq(n, n_want);
	for (unsigned int i = 0; i < n; i++) {
		cr_expect_eq(ranges[i].start, want[i].start);
		cr_expect_eq(ranges[i].size, want[i].size);
	}
}

BothTest(reserved_is_what_cannot_be_mapped)
{
	static const struct range want[] = {
		{ 0x08000000, 0x00100000 },
		{ 1ULL << 48, UINT64_MAX - (1ULL << 48) + 1 },
		{ 0x50000000, 0x10000 },
	};

	fixture_vfio_create(&f, *backend);
	expect_reserved(NULL, 0);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0);
	fake_file("/sys/kernel/iommu_groups/7/reserved_regions",
		  "0x0000000008000000 0x00000000080fffff msi\n"
		  "0x0000000050000000 0x000000005000ffff reserved\n"
		  "0x0000000060000000 0x000000006000ffff direct-relaxable\n");
	expect_reserved(want, n_elems(want));
	expect_reserved(want, n_elems(want));
	fixture_vfio_destroy(&f);
}

BothTest(all_of_the_address_space_is_usable)
{
	static const struct range want = { 0, 0x1000 };

	fixture_vfio_create(&f, *backend);
	fake_vfio.n_usable = 1;
	fake_vfio.usable[0] = (struct range){ 0x1000, UINT64_MAX - 0x1000 + 1 };
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0);
	fake_remove("/sys/kernel/iommu_groups/7/reserved_regions");
	expect_reserved(&want, 1);
	fixture_vfio_destroy(&f);
}

Test(vfio_iommu, reserved_by_sysfs_alone)
{
	static const struct range want = { 0x08000000, 0x100000 };

	fixture_vfio_create(&f, VFIO_BACKEND_TYPE1);
	fake_vfio.no_iova_ranges = true;
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0);
	expect_reserved(&want, 1);
	fixture_vfio_destroy(&f);
}

BothTest(a_refused_map_tells_the_limit_and_leaves_nothing_mapped)
{
	open_apart(*backend);
	fake_vfio.map_error = ENOMEM;
	fake_vfio.n_good_maps = 3;
	cr_expect_eq(map(), -ENOMEM);
	cr_expect_eq(err_exit_status(&f.err), EXIT_STATUS_HOST);
	cr_expect(strstr(f.err.why, "RLIMIT_MEMLOCK"));
	cr_expect(strstr(f.err.fix, "12582912 bytes: ulimit -l 12288"), "%s", f.err.fix);
	cr_expect_eq(fake_vfio.containers[0].n_maps + fake_vfio.containers[1].n_maps, 0);
	fixture_vfio_destroy(&f);
}

BothTest(what_stays_mapped_is_told)
{
	open_devices(*backend);
	cr_assert_eq(map(), 0);
	fake_vfio.n_stuck_maps = 1;
	cr_expect_eq(unmap(), -EIO);
	cr_expect(strstr(f.err.why, "4194304 bytes of 6291456"), "%s", f.err.why);
	fixture_vfio_destroy(&f);
}

/* A process that shares the files, and knows nothing of the mappings. */
BothTest(a_keeper_can_cut_what_others_mapped)
{
	open_devices(*backend);
	cr_assert_eq(map(), 0);
	f.vm.vfio->iommus->mapped = 0;
	cr_expect_eq(unmap(), 0);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 0);
	fixture_vfio_destroy(&f);
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

BothTest(kvm_is_told_of_each_file_once_and_told_when_it_goes)
{
	unsigned int n = *backend == VFIO_BACKEND_TYPE1 ? 2 : 3;

	open_devices(*backend);
	cr_assert_eq(vfio_kvm_attach(f.vm.vfio, &f.vm, &f.err), 0);
	cr_expect_eq(n_kvm_vfio_sets(KVM_DEV_VFIO_GROUP_ADD), n);
	vfio_handle_close(f.vm.vfio, &f.handles[2]);
	cr_expect_eq(n_kvm_vfio_sets(KVM_DEV_VFIO_GROUP_DEL), n - 2);
	fixture_vfio_destroy(&f);
	cr_expect_eq(n_kvm_vfio_sets(KVM_DEV_VFIO_GROUP_DEL), n);
}

Test(vfio_iommu, without_devices_there_is_nothing_to_tell_kvm)
{
	fixture_vfio_create(&f, VFIO_BACKEND_AUTO);
	cr_assert_eq(vfio_kvm_attach(f.vm.vfio, &f.vm, &f.err), 0);
	cr_expect_eq(fake_kvm.n_devices, 0);
	fixture_vfio_destroy(&f);
}

/* Older kernels' KVM knows groups only, and none without an IOMMU. */
Test(vfio_iommu, what_kvm_may_decline)
{
	static const struct {
		enum vfio_backend backend;
		int code, ret;
	} cases[] = {
		{ VFIO_BACKEND_TYPE1, EPERM, 0 },
		{ VFIO_BACKEND_TYPE1, EINVAL, -EINVAL },
		{ VFIO_BACKEND_IOMMUFD, EINVAL, 0 },
		{ VFIO_BACKEND_IOMMUFD, ENOMEM, -ENOMEM },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		fixture_vfio_create(&f, cases[i].backend);
		cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0);
		fake_kvm_fail(KVM_SET_DEVICE_ATTR, cases[i].code);
		cr_expect_eq(vfio_kvm_attach(f.vm.vfio, &f.vm, &f.err), cases[i].ret, "%u", i);
		cr_expect(!cases[i].ret || strstr(f.err.what, FIXTURE_DISK));
		fixture_vfio_destroy(&f);
	}
}

/* The whole of the above, cut at each of its system calls. */
BothTest(each_failing_call_is_told_and_leaves_nothing_open)
{
	unsigned int n = 1;

	for (bool failed = true; failed; n++) {
		const struct range *ranges;
		unsigned int n_ranges;
		int ret;

		fixture_vfio_create(&f, *backend);
		fake_vfio.no_sharing = true;
		fake_fail_at(n, EIO);
		ret = fixture_vfio_open(&f, FIXTURE_DISK);
		if (!ret)
			ret = fixture_vfio_open(&f, FIXTURE_EDU);
		if (!ret)
			ret = vfio_reserved(f.vm.vfio, &ranges, &n_ranges, &f.err);
		if (!ret)
			ret = map();
		if (!ret)
			ret = vfio_kvm_attach(f.vm.vfio, &f.vm, &f.err);
		if (!ret)
			ret = unmap();
		failed = fake_failed();
		if (ret)
			cr_expect(failed && f.err.code && f.err.what[0], "call %u", n);
		fixture_vfio_destroy(&f);
	}
	cr_expect_gt(n, 20);
}
