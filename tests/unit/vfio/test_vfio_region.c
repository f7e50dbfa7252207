// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <string.h>

#include "devices/platform_bus.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/context.h"
#include "vfio/host/device.h"
#include "vfio/region.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

static struct vm vm;
static struct err err;
static struct fake_vfio_device dev;
static struct vfio_region region;
static struct vfio_host_device host;
static struct vfio_handle handle;

/* The fake device @d, opened. */
static void open_device(struct fake_vfio_device d, size_t page_size)
{
	fake_vm_create(&vm);
	fake_set_page_size(page_size);
	dev = d;
	dev.name = "10000000.dev";
	dev.group = 1;
	fake_vfio_add(&dev);
	cr_assert_eq(vfio_host_device_find(&host, dev.name, &err), 0);
	cr_assert_eq(vfio_handle_open(vm.vfio, &host, &handle, &err), 0);
	region = (struct vfio_region){ .name = "10000000.dev region 0" };
}

static int place(void)
{
	uint64_t gpa = 0;
	int ret = platform_bus_place(vm.bus, region.name, region.size, region.page_offset,
				     PLATFORM_BUS_ANY, &gpa, &err);

	vfio_region_put(&region, gpa);
	return ret;
}

static int attach(void)
{
	int ret = vfio_region_query(&region, handle.fd, 0, &err);

	if (!ret)
		ret = place();
	return ret ? ret : vfio_region_attach(&region, &vm, &err);
}

static void end(void)
{
	vfio_region_detach(&region, &vm);
	vfio_region_destroy(&region);
	for (unsigned int i = 0; i < FAKE_KVM_N_MEMSLOTS; i++)
		cr_expect_eq(fake_kvm.memslots[i].memory_size, 0);
	vfio_handle_close(vm.vfio, &handle);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
}

static uint64_t do_access(uint64_t gpa, unsigned int width, bool is_write, uint64_t value)
{
	uint8_t data[8];

	memcpy(data, &value, sizeof(data));
	mmio_access(&vm.mmio, gpa, data, width, is_write);
	memcpy(&value, data, sizeof(value));
	return value;
}

Test(vfio_region, whole_pages_are_mapped_and_the_rest_is_trapped)
{
	static const struct {
		size_t page_size;
		uint64_t size, page_offset;
		bool mapped;
	} cases[] = {
		{ 4096, 0x1000, 0, true },         { 4096, 0x100000, 0, true },
		{ 4096, 0x200, 0x400, false },     { 4096, 0x1800, 0, false },
		{ 16384, 0x4000, 0, true },        { 16384, 0x1000, 0x1000, false },
		{ 65536, 0x10000, 0, true },       { 65536, 0x4000, 0, false },
		{ 65536, 0x10000, 0x1000, false },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		const struct kvm_userspace_memory_region *slot = &fake_kvm.memslots[0];

		open_device(
			(struct fake_vfio_device){
				.n_regions = 1,
				.regions = { { .size = cases[i].size,
					       .page_offset = cases[i].page_offset } } },
			cases[i].page_size);
		region.page_offset = cases[i].page_offset;
		cr_assert_eq(attach(), 0, "case %u: %s", i, err.what);
		cr_expect_eq(region.gpa % cases[i].page_size, cases[i].page_offset, "case %u", i);
		cr_expect_eq(vm.mmio.n_regions, 1, "all of it is in the table");
		cr_expect_eq(vm.mmio.regions[0].gpa.size, cases[i].size);
		cr_expect_eq(!!vm.mmio.regions[0].memslot_mapped, cases[i].mapped);
		cr_expect_eq(fake_n_mappings(), cases[i].mapped, "case %u", i);
		cr_expect_eq(slot->memory_size, cases[i].mapped ? cases[i].size : 0, "case %u", i);
		if (cases[i].mapped) {
			cr_expect_eq(slot->guest_phys_addr, region.gpa);
			cr_expect_eq(slot->userspace_addr, (uintptr_t)region.areas[0].hva);
			cr_expect_eq(slot->flags, 0);
		}
		end();
	}
}

Test(vfio_region, accesses_keep_their_width)
{
	open_device((struct fake_vfio_device){ .n_regions = 1, .regions = { { .size = 0x200 } } },
		    4096);
	cr_assert_eq(attach(), 0);
	for (unsigned int width = 1; width <= 8; width *= 2) {
		const uint64_t all = 0x8877665544332211,
			       mask = width == 8 ? ~0ULL : (1ULL << 8 * width) - 1;

		dev.access.value = all;
		cr_expect_eq(do_access(region.gpa + 0x10 * width, width, false, 0) & mask,
			     all & mask);
		cr_expect_eq(dev.access.width, width);
		cr_expect_eq(dev.access.offset, 0x10 * width);
		do_access(region.gpa + 0x20 * width, width, true, 0x1122334455667788);
		cr_expect_eq(dev.access.width, width);
		cr_expect_eq(dev.access.offset, 0x20 * width);
		cr_expect_eq(dev.access.value, 0x1122334455667788 & mask);
	}
	cr_expect_eq(dev.access.n, 8, "one call each");
	end();
}

Test(vfio_region, a_refused_access_reads_as_zero)
{
	open_device((struct fake_vfio_device){ .n_regions = 1, .regions = { { .size = 0x200 } } },
		    4096);
	cr_assert_eq(attach(), 0);
	dev.regions[0].size = 0x10; /* the kernel changes its mind */
	dev.access.value = 0x55;
	for (unsigned int i = 0; i < 100; i++)
		cr_expect_eq(do_access(region.gpa + 0x20, 4, false, 0), 0);
	do_access(region.gpa + 0x20, 4, true, 1);
	end();
}

Test(vfio_region, mmap_setting)
{
	open_device((struct fake_vfio_device){ .n_regions = 1, .regions = { { .size = 0x1000 } } },
		    4096);
	region.mmap = VFIO_MMAP_OFF;
	cr_assert_eq(attach(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
	cr_expect_eq(vm.mmio.regions[0].memslot_mapped, 0);
	end();

	open_device((struct fake_vfio_device){ .n_regions = 1, .regions = { { .size = 0x1000 } } },
		    4096);
	region.mmap = VFIO_MMAP_ON;
	cr_assert_eq(attach(), 0);
	cr_expect_eq(fake_n_mappings(), 1);
	end();

	open_device((struct fake_vfio_device){ .n_regions = 1, .regions = { { .size = 0x1000 } } },
		    65536);
	region.mmap = VFIO_MMAP_ON;
	cr_expect_lt(attach(), 0);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	cr_expect(strstr(err.what, "10000000.dev region 0 cannot be mapped"));
	cr_expect(strstr(err.why, "65536 bytes"));
	end();
}

Test(vfio_region, sparse_areas_are_mapped_and_the_holes_trapped)
{
	static const struct range areas[] = {
		{ 0x1000, 0x2000 },
		{ 0x4000, 0x800 }, /* no whole page */
		{ 0x5000, 0x1000 },
		{ 0x7000, 0x2000 }, /* reaches out of the region */
		{ UINT64_MAX - 0xfff, 0x2000 },
	};

	open_device((struct fake_vfio_device){ .n_regions = 1,
					       .regions = { { .size = 0x8000,
							      .sparse = areas,
							      .n_sparse = n_elems(areas) } } },
		    4096);
	cr_assert_eq(attach(), 0);
	cr_assert_eq(region.n_areas, 2);
	cr_expect_eq(fake_kvm.memslots[0].guest_phys_addr, region.gpa + 0x1000);
	cr_expect_eq(fake_kvm.memslots[0].memory_size, 0x2000);
	cr_expect_eq(fake_kvm.memslots[1].guest_phys_addr, region.gpa + 0x5000);
	cr_expect_eq(fake_kvm.memslots[1].memory_size, 0x1000);
	cr_expect_eq(vm.mmio.regions[0].gpa.size, 0x8000);
	end();
}

Test(vfio_region, read_only_and_unusable_regions)
{
	open_device(
		(struct fake_vfio_device){ .n_regions = 1,
					   .regions = { { .size = 0x1000,
							  .flags = VFIO_REGION_INFO_FLAG_READ |
								   VFIO_REGION_INFO_FLAG_MMAP } } },
		4096);
	cr_assert_eq(attach(), 0);
	cr_expect_eq(fake_kvm.memslots[0].flags, KVM_MEM_READONLY);
	end();

	open_device(
		(struct fake_vfio_device){ .n_regions = 1,
					   .regions = { { .size = 0x1000, .flags = 1u << 31 } } },
		4096);
	cr_expect_lt(attach(), 0);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(strstr(err.what, "neither read nor written"));
	end();
}

Test(vfio_region, a_mapping_that_fails_is_an_error_and_no_slow_path)
{
	unsigned int before;

	open_device((struct fake_vfio_device){ .n_regions = 1, .regions = { { .size = 0x1000 } } },
		    4096);
	cr_assert_eq(vfio_region_query(&region, handle.fd, 0, &err), 0);
	cr_assert_eq(place(), 0);
	before = fake_n_calls();
	fake_fail_at(1, EAGAIN);
	cr_expect_eq(vfio_region_attach(&region, &vm, &err), -EAGAIN);
	cr_expect_eq(fake_n_calls(), before + 1, "the first call is mmap");
	cr_expect(strstr(err.what, "mmap 10000000.dev region 0"));
	cr_expect(strstr(err.fix, "mmap=off"));
	end();
}

Test(vfio_region, the_kernel_knows_better_than_the_node_where_a_region_is)
{
	open_device((struct fake_vfio_device){ .n_regions = 1, .regions = { { .size = 0x1000 } } },
		    4096);
	region.page_offset = 0x200;
	cr_assert_eq(attach(), 0);
	cr_expect_eq(region.gpa % 4096, 0);
	cr_expect_eq(region.n_areas, 1);
	end();
}
