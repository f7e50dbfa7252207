// SPDX-License-Identifier: GPL-2.0-only
/* What the guest's driver insists on, from the command line to the guest's nodes. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fixtures/fixture_tree.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/cli/registry.h"

#define plan(...) run_command(cmd_plan, "--host-dtb", "/host.dtb", __VA_ARGS__)

static void setup(void)
{
	size_t size;
	void *blob = fixture_blob("graft_needs", &size);

	cr_redirect_stdout();
	cr_redirect_stderr();
	fake_sys_reset();
	fake_file_bytes("/host.dtb", blob, size);
	free(blob);
}

TestSuite(plan_needs, .init = setup);

static unsigned int count(const char *what)
{
	unsigned int n = 0;

	for (const char *at = command_text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

Test(plan_needs, what_it_names_can_be_pasted)
{
	cr_expect_eq(plan("28000.gmac", NULL), EXIT_STATUS_HOST);
	cr_expect(strstr(command_text, "give syscon.rockchip,,grf=shadow"), "%s", command_text);
	cr_expect_eq(
		plan("--device", "vfio-platform,host=28000.gmac,syscon.rockchip,,grf=shadow", NULL),
		EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "compatible = \"acme,grf\", \"syscon\";"), "%s",
		  command_text);
	cr_expect(strstr(command_text, "it begins with zeros"), "%s", command_text);
	/* Two ways of one question, and two settings of the same key. */
	cr_expect_eq(
		plan("--device", "vfio-platform,host=29000.other,drop=st,,syscon,drop=reg", NULL),
		EXIT_STATUS_OK);
}

Test(plan_needs, what_it_names_can_be_pasted_into_a_file)
{
	static const char *const lines[] = {
		"host = 28000.gmac\nsyscon.rockchip,,grf = shadow\n",
		"host = 28000.gmac\nsyscon.rockchip,grf = shadow\n",
		"host = 29000.other\ndrop = st,,syscon reg\n",
		"host = 29000.other\ndrop = st,syscon reg\n",
	};

	for (size_t i = 0; i < n_elems(lines); i++) {
		char file[256];

		snprintf(file, sizeof(file), "[device a]\ntype = vfio-platform\n%s", lines[i]);
		fake_file("/vm.conf", file);
		cr_expect_eq(plan("-c", "/vm.conf", NULL), EXIT_STATUS_OK, "%s: %s", lines[i],
			     command_text);
	}
}

Test(plan_needs, what_another_device_misses_is_its_own)
{
	cr_expect_eq(plan("--device", "vfio-platform,host=36200.sata", "--device",
			  "vfio-platform,host=36000.phy", NULL),
		     EXIT_STATUS_HOST);
	cr_expect(strstr(command_text, "36200.sata: It can be passed."), "%s", command_text);
	cr_expect(strstr(command_text, "clock.0=HZ"), "%s", command_text);
	cr_expect_eq(plan("--device", "vfio-platform,host=36200.sata", "--device",
			  "vfio-platform,host=36000.phy,clock.0=1000", NULL),
		     EXIT_STATUS_OK, "%s", command_text);
}

Test(plan_needs, devices_share_a_stand_in)
{
	cr_expect_eq(plan("--device", "vfio-platform,host=28000.gmac,syscon.rockchip,,grf=shadow",
			  "--device", "vfio-platform,host=29000.other,syscon.st,,syscon=shadow",
			  NULL),
		     EXIT_STATUS_OK);
	cr_expect_eq(count("phandle = <0x1000"), 2u, "%s", command_text); /* told for each */
	cr_expect_eq(count("syscon@10001000 {"), 2u, "%s", command_text);
}

Test(plan_needs, a_node_that_is_a_clock_controller_too_is_no_clock)
{
	cr_expect_eq(plan("--device",
			  "vfio-platform,host=2b000.twice,syscon.acme,,syscon=shadow,"
			  "syscon.st,,syscon=shadow,clock.0=1000",
			  NULL),
		     EXIT_STATUS_OK, "%s", command_text);
	cr_expect_eq(count("syscon@10001000 {"), 1u, "%s", command_text);
	cr_expect(strstr(command_text, "clock-frequency = <"), "%s", command_text);
}

Test(plan_needs, what_nothing_can_stand_in_for_is_an_error)
{
	cr_expect_eq(plan("--device", "vfio-platform,host=10000.serial,syscon.clocks=shadow", NULL),
		     EXIT_STATUS_USAGE);
	cr_expect_eq(plan("--device", "vfio-platform,host=10000.serial,syscon.other=shadow", NULL),
		     EXIT_STATUS_USAGE);
	cr_expect_eq(
		plan("--device", "vfio-platform,host=28000.gmac,syscon.rockchip,,grf=yes", NULL),
		EXIT_STATUS_USAGE);
}
