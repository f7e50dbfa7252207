// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "vfio/host/live.h"
#include "vfio/host/power.h"

/* Lines as clk_summary_show_one() of Linux 6.12 prints them. */
static const char clk_summary[] =
	"                                 enable  prepare  protect                                duty  hardware                            connection\n"
	"   clock                          count    count    count        rate   accuracy phase  cycle    enable   consumer                         id\n"
	"---------------------------------------------------------------------------------------------------------------------------------------------\n"
	" osc                                 2       2        0        24000000    0          0     50000      Y   deviceless                      no_connection_id\n"
	"    gate                             1       1        0        24000000    0          0     50000      Y      10200000.sata                   bus\n"
	"                                                                                                                    deviceless                      no_connection_id\n"
	"    pll-out1                         0       0        0        100000000   0          0     50000      N      deviceless                      no_connection_id\n"
	"    left-on                          0       0        0        50000000    0          0     50000      Y      deviceless                      no_connection_id\n"
	"    shared                           2       2        0        7000000     0          0     50000      Y      10200000.sata                   odd\n";

static const char genpd_summary[] =
	"domain                          status          children        performance\n"
	"    /device                         runtime status                  managed by\n"
	"------------------------------------------------------------------------------\n"
	"pd-top                          on                                      0\n"
	"                                                pd-sata\n"
	"pd-sata                         on                                      0\n"
	"    /devices/platform/10200000.sata     active                          0           SW\n"
	"pd-off                          off-0                                   0\n";

enum { GATE = 20, PLL, ODD, RESET, DOMAIN, SUPPLY, LEFT };

static void provider(struct dt *dt, const char *name, const char *cells, uint32_t n,
		     uint32_t phandle)
{
	dt_begin_node(dt, "%s", name);
	if (cells)
		dt_prop_u32(dt, cells, n);
	dt_prop_u32(dt, "phandle", phandle);
	if (phandle == PLL) {
		static const char *const names[] = { "pll-out0", "pll-out1" };
		static const uint32_t indices[] = { 4, 9 };

		dt_prop_strs(dt, "clock-output-names", names, 2);
		dt_prop_cells(dt, "clock-indices", indices, 2);
	}
	dt_end_node(dt);
}

static struct host_tree *make_tree(void)
{
	static const uint32_t clocks[] = { GATE, PLL, 9, ODD, 3, LEFT };
	static const uint32_t resets[] = { RESET, 0 };
	static const uint32_t domains[] = { DOMAIN, 0, DOMAIN, 1 };
	static const char *const clock_names[] = { "bus", "ref", "odd", "left" };
	struct host_tree *tree;
	struct err err;
	struct dt dt;
	void *blob;
	size_t size;

	dt_init(&dt);
	provider(&dt, "gate@0", "#clock-cells", 0, GATE);
	provider(&dt, "left-on", "#clock-cells", 0, LEFT);
	provider(&dt, "pll", "#clock-cells", 1, PLL);
	provider(&dt, "odd", "#clock-cells", 1, ODD);
	provider(&dt, "rst", "#reset-cells", 1, RESET);
	provider(&dt, "power", "#power-domain-cells", 1, DOMAIN);
	provider(&dt, "vcc", NULL, 0, SUPPLY);
	dt_begin_node(&dt, "sata@10200000");
	dt_prop_str(&dt, "compatible", "vendor,ahci");
	dt_prop_cells(&dt, "clocks", clocks, 6);
	dt_prop_strs(&dt, "clock-names", clock_names, 4);
	dt_prop_cells(&dt, "resets", resets, 2);
	dt_prop_cells(&dt, "power-domains", domains, 4);
	dt_prop_u32(&dt, "ahci-supply", SUPPLY);
	dt_end_node(&dt);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0);
	dt_destroy(&dt);
	cr_assert_eq(host_tree_parse(blob, size, "test", &tree, &err), 0, "%s", err.what);
	free(blob);
	return tree;
}

static void make_host(const char *driver)
{
	fake_sys_reset();
	fake_file("/sys/kernel/debug/clk/clk_summary", clk_summary);
	fake_file("/sys/kernel/debug/pm_genpd/pm_genpd_summary", genpd_summary);
	fake_file("/sys/devices/platform/10200000.sata/uevent", "");
	fake_link("/sys/bus/platform/devices/10200000.sata", "/sys/devices/platform/10200000.sata");
	fake_file("/sys/firmware/devicetree/base/sata@10200000/name", "sata");
	fake_link("/sys/devices/platform/10200000.sata/of_node",
		  "/sys/firmware/devicetree/base/sata@10200000");
	if (driver) {
		char target[128];

		snprintf(target, sizeof(target), "/sys/bus/platform/drivers/%s", driver);
		fake_link("/sys/devices/platform/10200000.sata/driver", target);
	}
	fake_link("/sys/devices/platform/10200000.sata/iommu_group", "/sys/kernel/iommu_groups/3");
	fake_link("/sys/kernel/iommu_groups/3/devices/10200000.sata",
		  "/sys/devices/platform/10200000.sata");
	fake_file("/sys/kernel/iommu_groups/3/reserved_regions",
		  "0x0000000008000000 0x00000000080fffff msi\n"
		  "0x00000000f0000000 0x00000000f0000fff direct-relaxable\n");
	fake_link("/sys/class/regulator/regulator.1/of_node", "/sys/firmware/devicetree/base/vcc");
	fake_file("/sys/class/regulator/regulator.1/name", "vcc-sata\n");
	fake_file("/sys/class/regulator/regulator.1/num_users", "1\n");
	fake_file("/sys/class/regulator/regulator.1/state", "enabled\n");
	fake_file("/sys/class/regulator/regulator.1/microvolts", "3300000\n");
	fake_file("/proc/sys/kernel/osrelease", "6.12.1\n");
}

/* The one of @kind with the @n-th place among its like. */
static const struct host_power *power(const struct host_power_list *list, enum reference_kind kind,
				      unsigned int n)
{
	for (size_t i = 0; i < list->n_items; i++)
		if (list->items[i].kind == kind && n-- == 0)
			return &list->items[i];
	cr_assert(false, "there is no such");
	return NULL;
}

static void read_all(const struct host_tree *tree, struct host_live **live,
		     struct live_device *device, struct host_power_list *list)
{
	static const char *const properties[] = { "clocks", "resets", "power-domains",
						  "ahci-supply", "compatible" };
	const struct host_node *node = host_tree_find(tree, "/sata@10200000");
	struct err err;

	cr_assert_eq(host_live_create(tree, live, &err), 0);
	host_live_device(*live, node, device);
	*list = (struct host_power_list){ 0 };
	for (size_t i = 0; i < n_elems(properties); i++)
		cr_assert_eq(host_power_add(list, *live, device, node, properties[i]), 0);
}

Test(host_live, facts_of_a_device)
{
	struct host_tree *tree = make_tree();
	struct host_live *live;
	struct live_device device;
	struct host_power_list list;

	make_host("ahci");
	read_all(tree, &live, &device, &list);
	cr_expect(device.found);
	cr_expect_str_eq(device.host.name, "10200000.sata");
	cr_expect_str_eq(device.host.driver, "ahci");
	cr_expect_eq(device.host.group, 3);
	cr_expect_str_eq(device.members, "10200000.sata (ahci)");
	cr_assert_eq(device.n_reserved, 2u);
	cr_expect_eq(device.reserved[0].iova.start, 0x8000000);
	cr_expect_eq(device.reserved[0].iova.size, 0x100000);
	cr_expect_str_eq(device.reserved[1].kind, "direct-relaxable");
	cr_expect_eq(device.reset_handler, LIVE_HANDLER_UNKNOWN);
	cr_expect_eq(host_live_node(tree, "10200000.sata"), host_tree_find(tree, "/sata@10200000"));
	cr_expect_null(host_live_node(tree, "10300000.sata"));
	host_power_destroy(&list);
	host_live_destroy(live);
	host_tree_destroy(tree);
	cr_expect_eq(fake_n_open_fds(), 0u);
}

static enum live_handler reset_handler(void)
{
	struct host_tree *tree = make_tree();
	struct host_live *live;
	struct live_device device;
	struct err err;

	cr_assert_eq(host_live_create(tree, &live, &err), 0);
	host_live_device(live, host_tree_find(tree, "/sata@10200000"), &device);
	host_live_destroy(live);
	host_tree_destroy(tree);
	return device.reset_handler;
}

Test(host_live, a_reset_handler_is_a_module_with_the_first_compatible_as_alias)
{
	static const char builtin[] = "a.license=GPL\0b.alias=vfio-reset:vendor,ahci";

	make_host(NULL);
	fake_file("/lib/modules/6.12.1/modules.alias", "alias vfio-reset:vendor,ahci-2 other\n");
	cr_expect_eq(reset_handler(), LIVE_HANDLER_NONE);
	fake_file_bytes("/lib/modules/6.12.1/modules.builtin.modinfo", builtin, sizeof(builtin));
	cr_expect_eq(reset_handler(), LIVE_HANDLER_THERE);
	fake_remove("/lib/modules/6.12.1/modules.builtin.modinfo");
	fake_file("/lib/modules/6.12.1/modules.alias", "alias vfio-reset:vendor,ahci module\n");
	cr_expect_eq(reset_handler(), LIVE_HANDLER_THERE);
}

Test(host_live, what_the_driver_alone_holds_is_cut_at_unbind)
{
	struct host_tree *tree = make_tree();
	struct host_live *live;
	struct live_device device;
	struct host_power_list list;
	const struct host_power *item;

	make_host("ahci");
	read_all(tree, &live, &device, &list);
	item = power(&list, REFERENCE_CLOCK, 0); /* by its consumer */
	cr_expect_str_eq(item->name, "gate");
	cr_expect_eq(item->state, HOST_POWER_ON);
	cr_expect(item->cut);
	cr_expect(strstr(item->remedy, "clk_ignore_unused"));
	item = power(&list, REFERENCE_CLOCK, 1); /* by the provider's names and indices */
	cr_expect_str_eq(item->name, "pll-out1");
	cr_expect_eq(item->state, HOST_POWER_OFF);
	cr_expect_not(item->cut);
	item = power(&list, REFERENCE_CLOCK, 2); /* the provider tells no name: its consumer does */
	cr_expect_str_eq(item->name, "shared");
	cr_expect_eq(item->state, HOST_POWER_ON);
	cr_expect_not(item->cut);
	item = power(&list, REFERENCE_CLOCK, 3);
	cr_expect_str_eq(item->name, "left-on");
	cr_expect_eq(item->state, HOST_POWER_ON);
	cr_expect_null(item->remedy);
	item = power(&list, REFERENCE_SUPPLY, 0);
	cr_expect_str_eq(item->name, "vcc-sata");
	cr_expect(item->cut);
	cr_expect(strstr(item->remedy, "regulator_ignore_unused"));
	item = power(&list, REFERENCE_POWER_DOMAIN, 1); /* one of two: no driver attaches it */
	cr_expect_str_eq(item->name, "pd-sata");
	cr_expect_eq(item->state, HOST_POWER_ON);
	cr_expect(item->cut);
	cr_expect(strstr(item->remedy, "pd_ignore_unused"));
	item = power(&list, REFERENCE_RESET, 0);
	cr_expect_eq(item->state, HOST_POWER_UNKNOWN);
	cr_expect_not_null(item->remedy);
	host_power_destroy(&list);
	host_live_destroy(live);
	host_tree_destroy(tree);
}

Test(host_live, with_dais_own_driver_all_is_on_while_the_device_is_open)
{
	static const char *const drivers[] = { "ahci", "vfio-dais" };

	for (size_t i = 0; i < n_elems(drivers); i++) {
		struct host_tree *tree = make_tree();
		struct host_live *live;
		struct live_device device;
		struct host_power_list list;

		make_host(drivers[i]);
		fake_file("/sys/bus/platform/drivers/vfio-dais/bind", "");
		read_all(tree, &live, &device, &list);
		cr_expect_eq(device.reset_handler, LIVE_HANDLER_THERE, "it has a reset line");
		for (size_t k = 0; k < list.n_items; k++) {
			cr_expect_not(list.items[k].cut, "%s", list.items[k].name);
			cr_expect_null(list.items[k].remedy, "%s", list.items[k].name);
		}
		cr_expect(strstr(power(&list, REFERENCE_CLOCK, 1)->how, "vfio-dais has it on"));
		cr_expect(strstr(power(&list, REFERENCE_RESET, 0)->how, "vfio-dais has it on"));
		host_power_destroy(&list);
		host_live_destroy(live);
		host_tree_destroy(tree);
	}
}

/* It is there, but the device is with vfio-platform. */
Test(host_live, another_driver_than_dais_own_keeps_its_remedies)
{
	struct host_tree *tree = make_tree();
	struct host_live *live;
	struct live_device device;
	struct host_power_list list;

	make_host("vfio-platform");
	fake_file("/sys/bus/platform/drivers/vfio-dais/bind", "");
	read_all(tree, &live, &device, &list);
	cr_expect_not_null(power(&list, REFERENCE_RESET, 0)->remedy);
	host_power_destroy(&list);
	host_live_destroy(live);
	host_tree_destroy(tree);
}

Test(host_live, under_vfio_nothing_more_is_cut)
{
	struct host_tree *tree = make_tree();
	struct host_live *live;
	struct live_device device;
	struct host_power_list list;

	make_host("vfio-platform");
	read_all(tree, &live, &device, &list);
	cr_assert_eq(list.n_items, 8u);
	for (size_t i = 0; i < list.n_items; i++)
		cr_expect_not(list.items[i].cut, "%s", list.items[i].property);
	host_power_destroy(&list);
	host_live_destroy(live);
	host_tree_destroy(tree);
}

Test(host_live, without_debugfs_all_is_unknown)
{
	struct host_tree *tree = make_tree();
	struct host_live *live;
	struct live_device device;
	struct host_power_list list;
	const struct host_power *item;

	make_host("ahci");
	fake_open_error("/sys/kernel/debug/clk/clk_summary", EACCES);
	fake_open_error("/sys/kernel/debug/pm_genpd/pm_genpd_summary", EACCES);
	read_all(tree, &live, &device, &list);
	item = power(&list, REFERENCE_CLOCK, 0);
	cr_expect_eq(item->state, HOST_POWER_UNKNOWN);
	cr_expect_str_eq(item->name, "bus");
	cr_expect(strstr(item->remedy, "debugfs"));
	cr_expect_eq(power(&list, REFERENCE_POWER_DOMAIN, 0)->state, HOST_POWER_UNKNOWN);
	host_power_destroy(&list);
	host_live_destroy(live);
	host_tree_destroy(tree);
}

Test(host_live, rates_and_voltages_for_the_graft)
{
	struct host_tree *tree = make_tree();
	const struct host_node *node = host_tree_find(tree, "/sata@10200000");
	struct host_live *live;
	struct graft_host host;
	struct err err;
	uint64_t hz = 0;
	uint32_t microvolt = 0;

	make_host(NULL);
	cr_assert_eq(host_live_create(tree, &live, &err), 0);
	host_live_for_graft(live, &host);
	cr_expect_eq(host.clock_rate(host.opaque, node, 0, &hz), 0);
	cr_expect_eq(hz, 24000000u);
	cr_expect_eq(host.clock_rate(host.opaque, node, 1, &hz), 0);
	cr_expect_eq(hz, 100000000u);
	cr_expect_eq(host.clock_rate(host.opaque, node, 4, &hz), -ENOENT);
	cr_expect_eq(host.supply_voltage(host.opaque, host_tree_find(tree, "/vcc"), &microvolt), 0);
	cr_expect_eq(microvolt, 3300000u);
	cr_expect_eq(host.supply_voltage(host.opaque, node, &microvolt), -ENOENT);
	host_live_destroy(live);
	host_tree_destroy(tree);
}
