// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/tree.h"

/* Close @dt and print it. */
static char *print(struct dt *dt)
{
	struct err err;
	void *blob;
	size_t size;
	char *text;

	cr_assert_eq(dt_finish(dt, &blob, &size, &err), 0, "%s", err.what);
	cr_assert_eq(dt_print(blob, size, NULL, 0, &text, &err), 0, "%s", err.what);
	free(blob);
	dt_destroy(dt);
	return text;
}

Test(print, values_by_their_looks)
{
	static const struct range reg[] = { { 0x10000000, 0x1000 }, { 0x10001000, 0x200 } };
	static const char *const names[] = { "one", "t\"wo" };
	static const char wanted[] = "dev@10000000 {\n"
				     "\tcompatible = \"vendor,dev\";\n"
				     "\treg = <0 0x10000000 0 0x1000>, <0 0x10001000 0 0x200>;\n"
				     "\tinterrupts = <0 0x20 4>;\n"
				     "\tnames = \"one\", \"t\\\"wo\";\n"
				     "\tmac = [02 00 00 00 00 01];\n"
				     "\tzero = <0>;\n"
				     "\tdma-coherent;\n"
				     "\n"
				     "\tmdio {\n"
				     "\n"
				     "\t\tphy@1 {\n"
				     "\t\t\treg = <1>;\n"
				     "\t\t};\n"
				     "\t};\n"
				     "};\n"
				     "\n"
				     "clock {\n"
				     "};\n";
	struct dt dt;
	char *text;

	dt_init(&dt);
	dt_begin_node(&dt, "dev@10000000");
	dt_prop_str(&dt, "compatible", "vendor,dev");
	dt_prop_reg(&dt, reg, 2);
	dt_prop_interrupt(&dt, DT_GIC_SPI, 32, DT_IRQ_LEVEL_HIGH);
	dt_prop_strs(&dt, "names", names, 2);
	dt_prop(&dt, "mac", "\2\0\0\0\0\1", 6);
	dt_prop_u32(&dt, "zero", 0);
	dt_prop_empty(&dt, "dma-coherent");
	dt_begin_node(&dt, "mdio");
	dt_begin_node(&dt, "phy@1");
	dt_prop_u32(&dt, "reg", 1);
	dt_end_node(&dt);
	dt_end_node(&dt);
	dt_end_node(&dt);
	dt_begin_node(&dt, "clock");
	dt_end_node(&dt);
	text = print(&dt);
	cr_expect_str_eq(text, wanted);
	free(text);
}

Test(print, long_values_are_broken_at_80_columns)
{
	uint32_t cells[40];
	struct dt dt;
	char *text;

	for (unsigned int i = 0; i < 40; i++)
		cells[i] = 0x12345600 + i;
	dt_init(&dt);
	dt_begin_node(&dt, "dev");
	dt_prop_cells(&dt, "vendor,table", cells, 40);
	dt_end_node(&dt);
	text = print(&dt);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		cr_expect_leq(strlen(line) + 7 * strspn(line, "\t"), 80, "%s", line);
	free(text);
}

Test(print, strings_of_any_length)
{
	char string[2001], *text;
	struct dt dt;

	memset(string, '"', sizeof(string) - 1);
	string[sizeof(string) - 1] = '\0';
	dt_init(&dt);
	dt_begin_node(&dt, "dev");
	dt_prop_str(&dt, "label", string);
	dt_end_node(&dt);
	text = print(&dt);
	cr_expect_eq(strlen(text), strlen("dev {\n\tlabel = \"\";\n};\n") + 4000);
	cr_expect(strstr(text, "\\\"\";\n};\n"));
	free(text);
}

Test(print, a_malformed_tree_is_an_error)
{
	char blob[64] = { 0 };
	struct err err;
	char *text;

	cr_expect_lt(dt_print(blob, sizeof(blob), NULL, 0, &text, &err), 0);
	cr_expect(strstr(err.what, "device tree"), "%s", err.what);
}
