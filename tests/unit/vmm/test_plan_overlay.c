// SPDX-License-Identifier: GPL-2.0-only
/* Plans with the overlays and partial trees of other hypervisors' users. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fixtures/fixture_tree.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/cli/registry.h"

static void add(const char *path, const char *tree)
{
	size_t size;
	void *blob = fixture_blob(tree, &size);

	fake_file_bytes(path, blob, size);
	free(blob);
}

static void setup(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
	fake_sys_reset();
	add("/zynqmp.dtb", "zynqmp");
	add("/midway.dtb", "midway");
	add("/crosvm.dtbo", "overlay_crosvm");
	add("/xen.dtb", "xen_zynqmp");
	add("/toolstack.dtb", "xen_midway");
}

TestSuite(plan_overlay, .init = setup);

#define GEM       "vfio-platform,host=ff0e0000.ethernet,overlay="
#define ZYNQMP    "--host-dtb", "/zynqmp.dtb", "--device"
#define MIDWAY    "--host-dtb", "/midway.dtb", "--device"
#define plan(...) run_command(cmd_plan, __VA_ARGS__)

static void expect(const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_expect(strstr(command_text, texts[i]), "%s: %s", texts[i], command_text);
}

Test(plan_overlay, a_node_that_crosvms_overlay_brings_is_shown)
{
	static const char *const texts[] = {
		"What becomes of the overlay's nodes",
		"ethernet@1000 (of the overlay)",
		"rewritten    interrupts",
		"\nethernet@1000 {",
		"\nmy-clock {",
		"interrupt-parent = <1>;",
		"ff0e0000.ethernet: It can be passed.\n",
	};

	cr_expect_eq(plan(ZYNQMP, GEM "/crosvm.dtbo,dt-symbol=net", NULL), EXIT_STATUS_OK);
	expect(texts, n_elems(texts));
	cr_expect_null(strstr(command_text, "clock."), "%s", command_text);
}

Test(plan_overlay, a_partial_tree_for_xen_is_translated)
{
	static const char *const dom0less[] = {
		"dropped      xen,path",
		"dropped      power-domains",
		"it points at power-controller@ffd80000",
		"\nethernet@ff0e0000 {",
		"\nmisc-clk {",
		"ff0e0000.ethernet: It can be passed.\n",
	};
	static const char *const toolstack[] = {
		"\nethernet@10000000 {",
		"interrupts = <0 0 4>, <0 1 4>, <0 2 4>;",
		"fff51000.ethernet: It can be passed.\n",
	};

	cr_expect_eq(plan(ZYNQMP, GEM "/xen.dtb", NULL), EXIT_STATUS_OK);
	expect(dom0less, n_elems(dom0less));
	cr_expect_eq(
		plan(MIDWAY, "vfio-platform,host=fff51000.ethernet,overlay=/toolstack.dtb", NULL),
		EXIT_STATUS_OK);
	expect(toolstack, n_elems(toolstack));
	cr_expect_eq(plan(ZYNQMP, GEM "/xen.dtb", "--json", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "\"property\": \"xen,reg\""));
}

Test(plan_overlay, another_devices_partial_tree_is_an_error)
{
	cr_expect_eq(plan(ZYNQMP, GEM "/toolstack.dtb", NULL), EXIT_STATUS_USAGE);
}

/* The host's tree with another compatible of the GEM. */
static void change_compatible(const char *compatible, size_t size)
{
	size_t n;
	void *blob = fixture_blob("zynqmp", &n), *wide = malloc(n + 256);

	cr_assert_eq(fdt_open_into(blob, wide, (int)n + 256), 0);
	cr_assert_eq(fdt_setprop(wide, fdt_path_offset(wide, "/axi/ethernet@ff0e0000"),
				 "compatible", compatible, (int)size),
		     0);
	fake_file_bytes("/zynqmp.dtb", wide, n + 256);
	free(blob);
	free(wide);
}

Test(plan_overlay, a_stand_in_of_a_recipe_is_no_compatible)
{
	static const struct {
		const char *compatible;
		size_t size;
		bool asks;
	} cases[] = {
		{ "nvidia,dummy", 13, true },
		{ "arm,dummy\0vfio-platform", 24, true },
		{ "arm,dummy\0cdns,zynqmp-gem", 26, false },
		{ "acme,dummy-codec", 17, false },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		change_compatible(cases[i].compatible, cases[i].size);
		plan(ZYNQMP, "vfio-platform,host=ff0e0000.ethernet", NULL);
		cr_expect_eq(!!strstr(command_text, "compatible=TEXT"), cases[i].asks, "%s: %s",
			     cases[i].compatible, command_text);
	}
	change_compatible("nvidia,dummy", 13);
	plan(ZYNQMP, "vfio-platform,host=ff0e0000.ethernet,compatible=cdns,,gem", NULL);
	cr_expect_null(strstr(command_text, "compatible=TEXT"), "%s", command_text);
}
