// SPDX-License-Identifier: GPL-2.0-only
/* Memory that stands in for syscons (syscon.NAME=shadow): from the answer to the guest's access. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/tree.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/fixtures/fixture_tree.h"
#include "vfio/nodes/shadow.h"
#include "vfio/vfio.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

#define REGISTERS "/sys/kernel/debug/regmap/dummy-syscon@0x0000000000008000/registers"

static struct vm vm;
static struct err err;
static struct host_tree *tree;
static struct vfio_shadows shadows;
static const struct host_node *gmac, *other;

static void setup(void)
{
	fake_vm_create(&vm);
	tree = fixture_tree("graft_needs");
	gmac = host_tree_find(tree, "/gmac@28000");
	other = host_tree_find(tree, "/other@29000");
}

static void teardown(void)
{
	vfio_shadows_destroy(&shadows);
	host_tree_destroy(tree);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
}

TestSuite(vfio_shadow, .init = setup, .fini = teardown);

static int add(const struct host_node *device, const char *name)
{
	static struct vfio_answers answers;

	answers = (struct vfio_answers){ .syscons = { name }, .n_syscons = 1 };
	return vfio_shadows_add(&shadows, tree, true, device, device->name, &answers, &err);
}

static uint32_t access_at(uint64_t offset, bool is_write, uint32_t value)
{
	uint8_t data[8] = { 0 };

	memcpy(data, &value, sizeof(value));
	mmio_access(&vm.mmio, shadows.guest[0].guest.start + offset, data, 4, is_write);
	memcpy(&value, data, sizeof(value));
	return value;
}

static void attach(const struct host_node *device)
{
	cr_assert_eq(vfio_shadows_place(&shadows, device, vm.bus, &err), 0, "%s", err.what);
	cr_assert_eq(vfio_shadows_attach(&shadows, device, &vm, &err), 0, "%s", err.what);
}

Test(vfio_shadow, it_begins_with_the_hosts_values_and_keeps_the_guests)
{
	fake_file(REGISTERS, "00: 0badcafe\n04: XX"
			     "XX"
			     "XX"
			     "XX\n08: 00000012\n1000: 00000001\nno line");
	cr_assert_eq(add(gmac, "rockchip,grf"), 0, "%s", err.what);
	cr_expect(shadows.guest[0].known);
	attach(gmac);
	cr_expect_eq(access_at(0, false, 0), 0x0badcafe);
	cr_expect_eq(access_at(4, false, 0), 0);
	cr_expect_eq(access_at(8, false, 0), 0x12);
	access_at(8, true, 0x34);
	cr_expect_eq(access_at(8, false, 0), 0x34);
	access_at(0xfc, true, 0x56);
	cr_expect_eq(access_at(0xfc, false, 0), 0x56);
	vfio_shadows_reset(&shadows, gmac);
	cr_expect_eq(access_at(8, false, 0), 0x12);
	cr_expect_eq(access_at(0xfc, false, 0), 0);
}

Test(vfio_shadow, a_host_that_does_not_tell_gives_zeros)
{
	cr_assert_eq(add(gmac, "rockchip,grf"), 0);
	cr_expect_not(shadows.guest[0].known);
	attach(gmac);
	cr_expect_eq(access_at(0, false, 0), 0);
}

Test(vfio_shadow, two_devices_share_one)
{
	cr_assert_eq(add(gmac, "rockchip,grf"), 0);
	cr_assert_eq(add(other, "st,syscon"), 0);
	attach(gmac);
	attach(other);
	cr_expect_eq(shadows.guest[0].guest.start, shadows.guest[1].guest.start);
	cr_expect_null(shadows.wanted[1].initial);
}

Test(vfio_shadow, what_has_no_registers_is_an_error)
{
	const struct host_node *serial = host_tree_find(tree, "/serial@10000");

	cr_expect_eq(add(serial, "clocks"), -EINVAL);
	cr_expect(strstr(err.what, "serial@10000: syscon.clocks=shadow"), "%s", err.what);
	cr_expect(strstr(err.why, "no registers of its own"), "%s", err.why);
	cr_expect_eq(add(serial, "nothing"), -EINVAL);
	cr_expect(strstr(err.why, "no node"), "%s", err.why);
}

Test(vfio_shadow, no_memory_is_an_error)
{
	cr_assert_eq(add(gmac, "rockchip,grf"), 0);
	cr_assert_eq(vfio_shadows_place(&shadows, gmac, vm.bus, &err), 0);
	cr_assert_eq(vfio_shadows_attach(&shadows, gmac, &vm, &err), 0);
	/* A second time it is where something else is. */
	cr_expect_neq(vfio_shadows_attach(&shadows, gmac, &vm, &err), 0);
	cr_expect(strstr(err.what, "stand-in for syscon@8000"), "%s", err.what);
}
