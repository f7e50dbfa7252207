// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"

static void *finish(struct dt *dt)
{
	struct err err = { 0 };
	void *blob = NULL;
	size_t size = 0;

	cr_assert_eq(dt_finish(dt, &blob, &size, &err), 0, "%s", err.what);
	cr_assert_eq(fdt_check_full(blob, size), 0);
	dt_destroy(dt);
	return blob;
}

static void expect_prop(const void *blob, const char *path, const char *name, const void *value,
			int size)
{
	int node = fdt_path_offset(blob, path), found_size;
	const void *found;

	cr_assert_geq(node, 0, "no node %s", path);
	found = fdt_getprop(blob, node, name, &found_size);
	cr_assert_not_null(found, "no property %s in %s", name, path);
	cr_expect_eq(found_size, size, "%s: %d bytes", name, found_size);
	cr_expect(found_size == size && memcmp(found, value, (size_t)size) == 0, "%s", name);
}

Test(builder, every_kind_of_property_reads_back)
{
	static const char *const strings[] = { "arm,pl011", "arm,primecell" };
	static const uint32_t cells[] = { 1, 0xdeadbeef };
	static const struct range ranges[] = { { 0x9000000, 0x1000 },
					       { 0x8000000000, 0x200000000 } };
	struct dt dt;
	void *blob;

	dt_init(&dt);
	dt_prop_str(&dt, "model", "dais");
	dt_begin_node(&dt, "uart@%x", 0x9000000);
	dt_prop(&dt, "raw", "\1\2\3", 3);
	dt_prop_empty(&dt, "flag");
	dt_prop_u32(&dt, "u32", 0x01020304);
	dt_prop_u64(&dt, "u64", 0x0102030405060708);
	dt_prop_strs(&dt, "compatible", strings, 2);
	dt_prop_cells(&dt, "cells", cells, 2);
	dt_prop_reg(&dt, ranges, 2);
	dt_prop_interrupt(&dt, DT_GIC_SPI, 8, DT_IRQ_LEVEL_HIGH);
	dt_end_node(&dt);
	blob = finish(&dt);

	expect_prop(blob, "/", "#address-cells", "\0\0\0\2", 4);
	expect_prop(blob, "/", "#size-cells", "\0\0\0\2", 4);
	expect_prop(blob, "/", "model", "dais", 5);
	expect_prop(blob, "/uart@9000000", "raw", "\1\2\3", 3);
	expect_prop(blob, "/uart@9000000", "flag", "", 0);
	expect_prop(blob, "/uart@9000000", "u32", "\1\2\3\4", 4);
	expect_prop(blob, "/uart@9000000", "u64", "\1\2\3\4\5\6\7\10", 8);
	expect_prop(blob, "/uart@9000000", "compatible", "arm,pl011\0arm,primecell", 24);
	expect_prop(blob, "/uart@9000000", "cells", "\0\0\0\1\xde\xad\xbe\xef", 8);
	expect_prop(blob, "/uart@9000000", "reg",
		    "\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\x10\0"
		    "\0\0\0\x80\0\0\0\0\0\0\0\2\0\0\0\0",
		    32);
	expect_prop(blob, "/uart@9000000", "interrupts", "\0\0\0\0\0\0\0\x08\0\0\0\4", 12);
	free(blob);
}

Test(builder, grows_as_needed)
{
	static const char text[1000] = { 0 };
	struct dt dt;
	void *blob;

	dt_init(&dt);
	for (int i = 0; i < 300; i++) {
		dt_begin_node(&dt, "node@%x", i);
		dt_prop(&dt, "text", text, sizeof(text));
		dt_end_node(&dt);
	}
	blob = finish(&dt);
	cr_expect_geq(fdt_path_offset(blob, "/node@12b"), 0);
	cr_expect_lt(fdt_totalsize(blob), 320000u, "packed");
	free(blob);
}

Test(builder, phandles_are_new_and_not_those_of_the_fixed_nodes)
{
	struct dt dt;
	uint32_t first;

	dt_init(&dt);
	first = dt_new_phandle(&dt);
	cr_expect_gt(first, DT_PHANDLE_GIC);
	cr_expect_gt(first, DT_PHANDLE_APB_PCLK);
	cr_expect_neq(dt_new_phandle(&dt), first);
	dt_destroy(&dt);
}

Test(builder, the_first_error_sticks_and_finish_reports_it)
{
	char name[200];
	struct err err = { 0 };
	struct dt dt;
	void *blob;
	size_t size;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	dt_init(&dt);
	dt_begin_node(&dt, "%s", name);
	cr_expect_null(dt_prop_room(&dt, "room", 4));
	dt_prop_u32(&dt, "ignored", 1);
	dt_end_node(&dt);
	cr_expect_eq(dt_finish(&dt, &blob, &size, &err), -EINVAL);
	cr_expect(strstr(err.what, "device tree"), "%s", err.what);
	dt_destroy(&dt);
	dt_destroy(&dt); /* twice is as good as once */
}
