// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_board.h"
#include "vfio/host/known.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define NET     "2000000.ethernet"
#define DEVICE  "/sys/bus/platform/devices/" NET
#define SUMMARY "/sys/kernel/debug/clk/clk_summary"
#define LINE    "    %s 1 1 0 %s 0 0 50000 Y %s %s\n"

/* Lines as clk_summary_show_one() of Linux 6.12 prints them. */
static void tell_clocks(const char *user)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), LINE, "enet_ref", "124999998", user, "ref");

	snprintf(text + n, sizeof(text) - (size_t)n, LINE, "enet_axi", "99999999", user, "ahb");
	fake_file(SUMMARY, text);
}

static void tell_regulator(void)
{
	fake_link("/sys/class/regulator/regulator.3/of_node",
		  "/sys/firmware/devicetree/base/regulator-pmic");
	fake_file("/sys/class/regulator/regulator.3/microvolts", "2500000\n");
}

static void tell_interface(const char *dir, const char *name, const char *type, const char *address)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/net/%s/addr_assign_type", dir, name);
	fake_file(path, type);
	snprintf(path, sizeof(path), "%s/net/%s/address", dir, name);
	fake_file(path, address);
}

static struct device_record record;

static void read_device(void)
{
	struct vfio_host_device host;
	struct err err;

	record = (struct device_record){ .bus = "platform", .bound = VFIO_BOUND_BY_BIND };
	snprintf(record.name, sizeof(record.name), "%s", NET);
	cr_assert_eq(vfio_host_device_find(&host, NET, &err), 0, "%s", err.what);
	host_known_read(&host, &record);
}

static void set_up(void)
{
	fake_sys_reset();
	fake_board("known");
	tell_clocks(NET);
	tell_regulator();
}

TestSuite(known, .init = set_up);

Test(known, what_the_driver_knows_is_read)
{
	tell_interface(DEVICE, "eth0", "0\n", "00:0a:35:00:22:01\n");
	read_device();
	cr_expect_str_eq(record.mac, "00:0a:35:00:22:01");
	cr_expect_str_eq(record.rates, ":0=99999999 :1=124999998");
	cr_expect_str_eq(record.voltages, "/regulator-pmic=2500000");
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(known, only_an_address_that_stays_and_is_of_one_interface)
{
	static const struct {
		const char *type, *address, *mac;
	} cases[] = {
		{ "0\n", "00:0a:35:00:22:01\n", "00:0a:35:00:22:01" },
		{ "3\n", "02:00:00:00:00:07\n", "02:00:00:00:00:07" },
		{ "1\n", "02:00:00:00:00:07\n", "" }, /* random */
		{ "2\n", "02:00:00:00:00:07\n", "" }, /* another interface's */
		{ "0\n", "01:00:5e:00:00:01\n", "" },
		{ "0\n", "00:00:00:00:00:00\n", "" },
		{ "0\n", "00:0a:35\n", "" },
		{ "0\n", "00:0a:35:00:22:01:00:00:fe:80\n", "" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		set_up();
		tell_interface(DEVICE, "eth0", cases[i].type, cases[i].address);
		read_device();
		cr_expect_str_eq(record.mac, cases[i].mac, "%zu: %s", i, record.mac);
	}
	set_up();
	tell_interface(DEVICE, "eth0", "0\n", "00:0a:35:00:22:01\n");
	tell_interface(DEVICE, "eth1", "0\n", "00:0a:35:00:22:02\n");
	read_device();
	cr_expect_str_eq(record.mac, "", "which of the two?");
	set_up();
	tell_interface(DEVICE "/virtio3", "eth0", "0\n", "00:0a:35:00:22:01\n");
	read_device();
	cr_expect_str_eq(record.mac, "00:0a:35:00:22:01", "virtio_mmio has it below its child");
}

/* As a plan asks, when the driver is gone. */
static uint32_t microvolt;

static void ask(const char *path, unsigned int clock, uint64_t *hz, uint64_t *mac)
{
	struct host_tree *tree;
	struct host_live *live;
	struct graft_host host;
	const struct host_node *node;
	struct err err;

	*hz = *mac = 0;
	cr_assert_eq(host_tree_read_live(VFIO_HOST_TREE, NULL, &tree, &err), 0, "%s", err.what);
	cr_assert_eq(host_live_create(tree, &live, &err), 0);
	host_known_for_graft(live, &host);
	node = host_tree_find(tree, path);
	cr_assert(node);
	host.clock_rate(host.opaque, node, clock, hz);
	host.mac_address(host.opaque, node, mac);
	microvolt = 0;
	host.supply_voltage(host.opaque, host_tree_find(tree, "/regulator-pmic"), &microvolt);
	host_live_destroy(live);
	host_tree_destroy(tree);
}

Test(known, a_record_tells_it_when_the_driver_is_gone)
{
	struct err err;
	uint64_t hz, mac;
	int dir;

	tell_interface(DEVICE, "eth0", "0\n", "00:0a:35:00:22:01\n");
	ask("/ethernet@2000000", 1, &hz, &mac);
	cr_expect_eq(hz, 124999998);
	cr_expect_eq(mac, 0x000a35002201);

	read_device();
	dir = records_open(RECORD_OF_DEVICE, true, &err);
	cr_assert_geq(dir, 0);
	cr_assert_eq(record_write(RECORD_OF_DEVICE, dir, &record, &err), 0);
	sys_close(dir);
	tell_clocks("deviceless");
	fake_remove(DEVICE "/net/eth0/address");
	fake_remove("/sys/class/regulator/regulator.3/microvolts");
	ask("/ethernet@2000000", 1, &hz, &mac);
	cr_expect_eq(hz, 124999998);
	cr_expect_eq(mac, 0x000a35002201);
	cr_expect_eq(microvolt, 2500000);
	ask("/ethernet@2000000", 2, &hz, &mac);
	cr_expect_eq(hz, 0, "there is no such clock");
	ask("/efuse@1010000", 0, &hz, &mac);
	cr_expect_eq(hz | mac, 0, "it is another device's");
	cr_expect_eq(fake_n_open_fds(), 0);
}
