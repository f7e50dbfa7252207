// SPDX-License-Identifier: GPL-2.0-only
/* Plans of devices whose clocks, reset lines and power domains SCMI serves. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/cli/registry.h"

enum { GIC = 1, OSCILLATOR = 20, CONTROLLER = 21 };

/* /host.dtb: an MMC controller with a clock, a reset line and a power domain */
static void setup(void)
{
	static const struct range reg = { 0x10000000, 0x1000 };
	static const uint32_t line[] = { CONTROLLER, 3 };
	struct err err;
	struct dt dt;
	void *blob;
	size_t size;

	cr_redirect_stdout();
	cr_redirect_stderr();
	fake_sys_reset();
	dt_init(&dt);
	dt_prop_u32(&dt, "interrupt-parent", GIC);
	dt_begin_node(&dt, "intc@8000000");
	dt_prop_str(&dt, "compatible", "arm,gic-v3");
	dt_prop_empty(&dt, "interrupt-controller");
	dt_prop_u32(&dt, "#interrupt-cells", 3);
	dt_prop_u32(&dt, "phandle", GIC);
	dt_end_node(&dt);
	dt_begin_node(&dt, "oscillator");
	dt_prop_str(&dt, "compatible", "fixed-clock");
	dt_prop_u32(&dt, "clock-frequency", 24000000);
	dt_prop_u32(&dt, "#clock-cells", 0);
	dt_prop_u32(&dt, "phandle", OSCILLATOR);
	dt_end_node(&dt);
	dt_begin_node(&dt, "controller");
	dt_prop_str(&dt, "compatible", "vendor,controller");
	dt_prop_u32(&dt, "#reset-cells", 1);
	dt_prop_u32(&dt, "#power-domain-cells", 1);
	dt_prop_u32(&dt, "phandle", CONTROLLER);
	dt_end_node(&dt);
	dt_begin_node(&dt, "mmc@10000000");
	dt_prop_str(&dt, "compatible", "vendor,mmc");
	dt_prop_reg(&dt, &reg, 1);
	dt_prop_interrupt(&dt, DT_GIC_SPI, 33, DT_IRQ_LEVEL_HIGH);
	dt_prop_u32(&dt, "clocks", OSCILLATOR);
	dt_prop_cells(&dt, "resets", line, 2);
	dt_prop_cells(&dt, "power-domains", line, 2);
	dt_end_node(&dt);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0);
	fake_file_bytes("/host.dtb", blob, size);
	free(blob);
	dt_destroy(&dt);
}

TestSuite(plan_scmi, .init = setup);

#define plan(...) run_command(cmd_plan, "--host-dtb", "/host.dtb", __VA_ARGS__, NULL)

Test(plan_scmi, where_nobody_holds_them_they_are_read)
{
	cr_expect_eq(plan("--device", "vfio-platform,host=10000000.mmc,clocks=scmi"),
		     EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "0 by SCMI, which stays at 24000000"), "%s", command_text);
	cr_expect(strstr(command_text, "power domains of SCMI"), "%s", command_text);
	cr_expect(strstr(command_text, "the reset line stays the host's"), "%s", command_text);
}
