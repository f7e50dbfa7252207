// SPDX-License-Identifier: GPL-2.0-only
/* Supplies that the user wants the guest to switch and set. */
#include "tests/unit/vfio/vfio_scmi_rig.h"

TestSuite(vfio_scmi_supply, .init = begin, .fini = end);

/* The driver numbers supplies in an order of its own, and lists voltages in the regulator's, with a
 * 0 for one that the host forbids. */
static void hold_supplies(void)
{
	static struct {
		struct vfio_dais_held held;
		struct vfio_dais_held_entry entries[2];
	} both = { .held.n_entries = 2,
		   .entries = {
			   { .kind = VFIO_DAIS_HELD_SUPPLY, .name = "vcc-supply" },
			   { .kind = VFIO_DAIS_HELD_SUPPLY, .index = 1, .name = "vdd-supply" } } };

	disk.held = (const struct vfio_dais_held *)&both;
	disk.n_levels = 3;
	disk.levels[0] = 3300000;
	disk.levels[1] = 0;
	disk.levels[2] = 1800000;
}

static int voltage_set(uint32_t uv)
{
	return send(0x17, 7, 3, 0, 0, uv, NULL);
}

Test(vfio_scmi_supply, a_supply_that_the_user_names)
{
	const struct scmi_list *list;

	hold_supplies();
	cr_assert_eq(start("supply.vdd", "scmi"), 0, "%s: %s", err.what, err.why);
	list = &vm.vfio->scmi.platform.lists[SCMI_VOLTAGE];
	cr_assert_eq(list->n_items, 1);
	cr_expect_str_eq(list->items[0].name, "10000000.ahci:vdd");
	cr_assert_eq(list->items[0].n_levels, 2);
	cr_expect_eq(list->items[0].levels[0], 1800000);
	cr_expect_eq(list->items[0].levels[1], 3300000);
	cr_expect_eq(voltage_set(1800000), 0);
	cr_expect_eq(disk.controls[SUPPLY].value, 1800000);
	cr_expect_eq(voltage_set(1799999), INVALID);
	cr_expect_eq(send(0x17, 5, 2, 0, 0, 0, NULL), 0);
	cr_expect_eq(disk.controls[SUPPLY].state, VFIO_DAIS_STATE_OFF);
	cr_expect_not(is_mapped());
	cr_expect_eq(device->class->reset(device, &err), 0, "%s", err.what);
	cr_expect_eq(disk.controls[SUPPLY].action, VFIO_DAIS_CONTROL_BACK);
	cr_expect(is_mapped());
}

Test(vfio_scmi_supply, a_supply_that_the_driver_does_not_have)
{
	hold_supplies();
	disk.held = NULL;
	cr_assert_eq(start("supply.vdd", "scmi"), -ENOENT);
	cr_expect(err_says(&err, "supplies of 10000000.ahci"), "%s", err.what);
}

Test(vfio_scmi_supply, without_vfio_dais_a_supply_cannot_be_set)
{
	use_vfio_platform();
	cr_assert_eq(start("supply.vdd", "scmi"), 0, "%s", err.what);
	cr_expect_eq(vdev->node.result, GRAFT_REFUSED);
}

/* The regulators that the guest's tree has: what a driver may set stands there. */
Test(vfio_scmi_supply, the_nodes_of_regulators)
{
	struct dt dt;
	void *blob;
	size_t size;
	int node;

	hold_supplies();
	cr_assert_eq(start("supply.vdd", "scmi"), 0);
	dt_init(&dt);
	vfio_scmi_describe(vm.vfio, &dt);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0, "%s", err.what);
	node = fdt_path_offset(blob, "/firmware/scmi/protocol@17/regulators/regulator@0");
	cr_assert_geq(node, 0);
	cr_expect_eq(fdt_get_phandle(blob, node), DT_PHANDLE_SCMI_SUPPLY);
	cr_expect_eq(fdt32_ld(fdt_getprop(blob, node, "regulator-min-microvolt", NULL)), 1800000);
	cr_expect_eq(fdt32_ld(fdt_getprop(blob, node, "regulator-max-microvolt", NULL)), 3300000);
	free(blob);
	dt_destroy(&dt);
}
