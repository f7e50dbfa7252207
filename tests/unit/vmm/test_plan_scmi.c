// SPDX-License-Identifier: GPL-2.0-only
/* Plans of devices whose clocks, reset lines and power domains SCMI serves. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/array.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/cli/registry.h"

enum {
	GIC = 1,
	OSCILLATOR = 20,
	CONTROLLER = 21,
	REGULATOR = 22,
	ISP_END,
	CSI_END,
	MIXER_END,
	TCON_END
};

static void endpoint(struct dt *dt, uint32_t phandle, uint32_t other)
{
	dt_begin_node(dt, "port");
	dt_begin_node(dt, "endpoint");
	dt_prop_u32(dt, "remote-endpoint", other);
	dt_prop_u32(dt, "phandle", phandle);
	dt_end_node(dt);
	dt_end_node(dt);
}

/* A device whose @property has @cells, connected to another. */
static void partner(struct dt *dt, uint32_t spi, const char *compatible, const char *property,
		    const uint32_t *cells, size_t n, uint32_t end, uint32_t other)
{
	const struct range reg = { 0x13000000 + 0x1000 * spi, 0x1000 };

	dt_begin_node(dt, "media@%llx", (unsigned long long)reg.start);
	dt_prop_str(dt, "compatible", compatible);
	dt_prop_reg(dt, &reg, 1);
	dt_prop_interrupt(dt, DT_GIC_SPI, spi, DT_IRQ_LEVEL_HIGH);
	dt_prop_u32(dt, "clocks", OSCILLATOR);
	if (n)
		dt_prop_cells(dt, property, cells, n);
	endpoint(dt, end, other);
	dt_end_node(dt);
}

/*
 * Two pairs: the second one of the first has two power domains, that only vfio-dais can have on,
 * and that of the other a reset line, without which its driver does not work.
 */
static void media(struct dt *dt)
{
	static const uint32_t cells[] = { CONTROLLER, 4, CONTROLLER, 5 };

	partner(dt, 0x23, "vendor,isp", NULL, NULL, 0, ISP_END, CSI_END);
	partner(dt, 0x24, "vendor,csi", "power-domains", cells, 4, CSI_END, ISP_END);
	partner(dt, 0x25, "vendor,mixer", NULL, NULL, 0, MIXER_END, TCON_END);
	partner(dt, 0x26, "allwinner,sun50i-a64-tcon-lcd", "resets", cells, 2, TCON_END, MIXER_END);
}

/* /host.dtb: an MMC controller with a clock, a reset line and a power domain */
static void setup(void)
{
	static const struct range reg = { 0x10000000, 0x1000 }, other = { 0x12000000, 0x1000 };
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
	dt_begin_node(&dt, "regulator");
	dt_prop_str(&dt, "compatible", "vendor,regulator");
	dt_prop_u32(&dt, "phandle", REGULATOR);
	dt_end_node(&dt);
	dt_begin_node(&dt, "measured@12000000");
	dt_prop_str(&dt, "compatible", "vendor,adc");
	dt_prop_reg(&dt, &other, 1);
	dt_prop_interrupt(&dt, DT_GIC_SPI, 34, DT_IRQ_LEVEL_HIGH);
	dt_prop_u32(&dt, "vref-supply", REGULATOR);
	dt_prop_cells(&dt, "resets", line, 2);
	dt_end_node(&dt);
	media(&dt);
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

/* Of a tree in a file: what a run gives where vfio-dais has the device. */
Test(plan_scmi, with_vfio_dais)
{
	cr_expect_eq(plan("10000000.mmc"), EXIT_STATUS_OK);
	cr_expect(strstr(command_text,
			 "vfio-dais     with it on the host, 1 clock, 1 reset line, "
			 "1 power domain by\n                SCMI; it can be passed\n"),
		  "%s", command_text);
	expect_80_columns();
	cr_expect_eq(plan("--device", "vfio-platform,host=10000000.mmc,clocks=fixed"),
		     EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "nothing by SCMI; it can be passed"), "%s", command_text);
}

Test(plan_scmi, with_vfio_dais_in_json)
{
	const json_t *device, *driven;
	json_t *root;

	cr_expect_eq(plan("--json", "10000000.mmc"), EXIT_STATUS_OK);
	root = json_loads(command_text, 0, NULL);
	device = json_array_get(json_object_get(root, "devices"), 0);
	driven = json_object_get(device, "with_vfio_dais");
	cr_expect_str_eq(json_string_value(json_object_get(driven, "result")), "passes");
	cr_expect_eq(json_integer_value(json_object_get(driven, "reset_lines")), 1);
	cr_expect_eq(json_array_size(json_object_get(driven, "questions")), 0);
	json_decref(root);
}

/* Where it cannot be passed even so, the first reason. */
Test(plan_scmi, a_supply_whose_voltage_nobody_knows)
{
	cr_expect_eq(plan("12000000.measured"), EXIT_STATUS_HOST);
	cr_expect(strstr(command_text, "what is asked for: vref-supply: "), "%s", command_text);
	cr_expect_eq(plan("--device", "vfio-platform,host=12000000.measured,supply.vref=scmi"),
		     EXIT_STATUS_HOST, "not without it");
	cr_expect(strstr(command_text, "1 supply by SCMI; it can be"), "%s", command_text);
}

static const struct {
	const char *device, *asked;
} partners[] = { { "media@13023000", "assign it, too: /media@13024000" },
		 { "media@13025000", "assign it, too: /media@13026000" } };

/*
 * What refuses a partner where nobody has its power domains on, or serves its reset line, does not
 * where vfio-dais has it.
 */
Test(plan_scmi, partners_are_tried_for_each_driver_anew)
{
	for (size_t i = 0; i < n_elems(partners); i++) {
		const char *driven;

		plan("--json", partners[i].device);
		cr_assert(strstr(command_text, "cannot be assigned either"), "%s", command_text);
		driven = strstr(command_text, "with_vfio_dais");
		cr_assert_not_null(driven);
		cr_expect(strstr(driven, partners[i].asked), "%s", command_text);
		cr_expect_null(strstr(driven, "cannot be assigned either"), "%s", driven);
	}
}
