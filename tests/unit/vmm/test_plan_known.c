// SPDX-License-Identifier: GPL-2.0-only
/* Live plans of a device of which only its driver knows the most, before it is unbound and after.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_board.h"
#include "tests/unit/vmm/run_command.h"
#include "vfio/host/record.h"
#include "vmm/base/err.h"
#include "vmm/base/sys.h"
#include "vmm/cli/registry.h"

#define NET "2000000.ethernet"

static void setup(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
	fake_sys_reset();
	fake_board("known");
	fake_file("/sys/kernel/debug/clk/clk_summary",
		  "    enet_ref 1 1 0 124999998 0 0 50000 Y " NET " ref\n"
		  "    enet_axi 1 1 0 99999999 0 0 50000 Y " NET " ahb\n");
	fake_link("/sys/class/regulator/regulator.3/of_node",
		  "/sys/firmware/devicetree/base/regulator-pmic");
	fake_file("/sys/class/regulator/regulator.3/microvolts", "2500000\n");
	fake_file("/sys/bus/platform/devices/" NET "/net/eth0/addr_assign_type", "0\n");
	fake_file("/sys/bus/platform/devices/" NET "/net/eth0/address", "00:0a:35:00:22:01\n");
}

/* What is left when the driver is unbound. */
static void unbind(void)
{
	struct device_record record = {
		.name = NET,
		.bus = "platform",
		.bound = VFIO_BOUND_BY_BIND,
		.mac = "00:0a:35:00:22:01",
		.rates = ":0=99999999 :1=124999998",
		.voltages = "/regulator-pmic=2500000",
	};
	struct err err;
	int dir = records_open(RECORD_OF_DEVICE, true, &err);

	cr_assert_geq(dir, 0);
	cr_assert_eq(record_write(RECORD_OF_DEVICE, dir, &record, &err), 0);
	sys_close(dir);
	fake_remove("/sys/bus/platform/devices/" NET "/net/eth0/address");
	fake_file("/sys/kernel/debug/clk/clk_summary",
		  "    enet_ref 0 0 0 124999998 0 0 50000 N deviceless no_connection_id\n");
	fake_remove("/sys/class/regulator/regulator.3/microvolts");
}

TestSuite(plan_known, .init = setup);

static void expect_all(void)
{
	static const char *const texts[] = {
		"local-mac-address = [00 0a 35 00 22 01];",
		"replaced     local-mac-address",
		"local-mac-address has it",
		"clock-frequency = <0x5f5e0ff>;",
		"clock-frequency = <0x773593e>;",
		"regulator-min-microvolt = <0x2625a0>;",
		NET ": It can be passed.",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect(strstr(command_text, texts[i]), "%s: %s", texts[i], command_text);
}

Test(plan_known, before_and_after_the_driver_is_unbound)
{
	cr_expect_eq(run_command(cmd_plan, NET, NULL), EXIT_STATUS_OK);
	expect_all();
	unbind();
	cr_expect_eq(run_command(cmd_plan, NET, NULL), EXIT_STATUS_OK);
	expect_all();
}

Test(plan_known, without_a_record_it_is_asked_for)
{
	struct err err;
	int dir;

	unbind();
	dir = records_open(RECORD_OF_DEVICE, false, &err);
	cr_assert_eq(record_remove(RECORD_OF_DEVICE, dir, NET, &err), 0);
	sys_close(dir);
	cr_expect_eq(run_command(cmd_plan, NET, NULL), EXIT_STATUS_HOST);
	cr_expect(strstr(command_text, "clock.ahb=HZ"), "%s", command_text);
	cr_expect_null(strstr(command_text, "local-mac-address ="), "%s", command_text);
}

Test(plan_known, the_user_knows_a_better_address)
{
	static const char *const bad[] = { "02:00:00:00:00",    "03:00:00:00:00:01",
					   "00:00:00:00:00:00", "02:00:00:00:00:011",
					   "02-00-00-00-00-01", "2:0:0:0:0:1",
					   "02:00:00:00:00:0g" };
	char device[128];

	cr_expect_eq(run_command(cmd_plan, "--device",
				 "vfio-platform,host=" NET ",mac=02:00:00:00:00:0f", NULL),
		     EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "local-mac-address = [02 00 00 00 00 0f];"), "%s",
		  command_text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(device, sizeof(device), "vfio-platform,host=" NET ",mac=%s", bad[i]);
		cr_expect_eq(run_command(cmd_plan, "--device", device, NULL), EXIT_STATUS_USAGE,
			     "%s", bad[i]);
	}
}
