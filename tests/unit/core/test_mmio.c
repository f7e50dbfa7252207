// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/core/mmio.h"

static struct mmio_table table;
static struct err err;

/* What the last access was; reads give back @value. */
static struct access {
	char op;
	uint64_t offset, value;
	unsigned int width;
} last;

static uint64_t do_read(void *opaque, uint64_t offset, unsigned int width)
{
	last = (struct access){ 'r', offset, 0, width };
	return *(uint64_t *)opaque;
}

static void do_write(void *opaque, uint64_t offset, unsigned int width, uint64_t value)
{
	(void)opaque;
	last = (struct access){ 'w', offset, value, width };
}

static const struct mmio_ops ops = { do_read, do_write };
static uint64_t register_value = 0x8877665544332211;

static int add(const char *name, uint64_t start, uint64_t size)
{
	struct mmio_region region = {
		.gpa = { start, size }, .name = name, .ops = &ops, .opaque = &register_value
	};

	return mmio_table_add(&table, &region, &err);
}

static void two_regions(void)
{
	fake_sys_reset();
	cr_redirect_stderr();
	cr_assert_eq(add("b", 0x2000, 0x100), 0);
	cr_assert_eq(add("a", 0x1000, 0x1000), 0);
	mmio_table_seal(&table);
}

Test(mmio, regions_are_sorted_and_do_not_overlap)
{
	static const struct {
		uint64_t start, size;
	} bad[] = { { 0x1800, 0x10 },
		    { 0x0, 0x1001 },
		    { 0x20ff, 1 },
		    { 0x0, 0x10000 },
		    { 0x1000, 0x1000 } };

	cr_assert_eq(add("b", 0x2000, 0x100), 0);
	cr_assert_eq(add("c", 0x2100, 0x100), 0);
	cr_assert_eq(add("a", 0x1000, 0x1000), 0);
	for (unsigned int i = 0; i < n_elems(bad); i++) {
		cr_assert_eq(add("new", bad[i].start, bad[i].size), -EINVAL);
		cr_assert(strstr(err.what, "new") && strstr(err.what, "overlaps"), "%s", err.what);
		cr_assert_eq(err.status, EXIT_STATUS_USAGE);
	}
	cr_assert_eq(table.n_regions, 3);
	for (unsigned int i = 0; i < 3; i++)
		cr_assert_eq(table.regions[i].name[0], 'a' + (int)i);
}

Test(mmio, nonsense_regions_are_refused)
{
	cr_assert_eq(add("empty", 0x1000, 0), -EINVAL);
	cr_assert_eq(add("wraps", UINT64_MAX - 1, 3), -EINVAL);
	cr_assert_eq(add("last byte", UINT64_MAX, 1), 0);
}

Test(mmio, a_full_table_says_so)
{
	for (unsigned int i = 0; i < MMIO_MAX_REGIONS; i++)
		cr_assert_eq(add("r", i * 0x1000, 0x1000), 0);
	cr_assert_eq(add("one more", MMIO_MAX_REGIONS * 0x1000, 0x1000), -EINVAL);
	cr_assert(strstr(err.what, "one more") && strstr(err.what, "256"), "%s", err.what);
}

Test(mmio, accesses_are_region_relative_and_little_endian, .init = two_regions)
{
	for (unsigned int width = 1; width <= 8; width *= 2) {
		uint64_t mask = width == 8 ? UINT64_MAX : (1ULL << 8 * width) - 1;
		uint8_t data[8] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };
		static const uint8_t full[8] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };

		mmio_access(&table, 0x2100 - width, data, width, true);
		cr_assert_eq(last.op, 'w');
		cr_assert_eq(last.offset, 0x100 - width);
		cr_assert_eq(last.width, width);
		cr_assert_eq(last.value, 0x8877665544332211 & mask);

		memset(data, 0, sizeof(data));
		mmio_access(&table, 0x1000, data, width, false);
		cr_assert_eq(last.op, 'r');
		cr_assert_eq(last.offset, 0);
		cr_assert_arr_eq(data, full, width);
	}
	cr_assert_eq(table.n_unclaimed, 0);
}

Test(mmio, what_no_region_answers_reads_zero_and_is_counted, .init = two_regions)
{
	static const struct {
		uint64_t gpa;
		unsigned int width;
	} cases[] = {
		{ 0x0, 4 }, { 0xffe, 4 }, { 0x2100, 1 }, { 0x20fe, 4 }, { UINT64_MAX - 3, 8 }
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		uint64_t data = UINT64_MAX;

		last.op = 0;
		mmio_access(&table, cases[i].gpa, (uint8_t *)&data, cases[i].width, false);
		cr_assert_eq(data, 0);
		mmio_access(&table, cases[i].gpa, (uint8_t *)&data, cases[i].width, true);
		cr_assert_eq(last.op, 0);
	}
	cr_assert_eq(table.n_unclaimed, 2 * n_elems(cases));
}

Test(mmio, a_flood_of_unclaimed_accesses_is_logged_only_so_often, .init = two_regions)
{
	uint8_t data[8];
	char text[16384];
	FILE *log;
	unsigned int n_lines = 0;
	size_t size;

	for (unsigned int i = 0; i < 1000; i++)
		mmio_access(&table, 0x9000, data, 4, false);
	cr_assert_eq(table.n_unclaimed, 1000);
	fflush(stderr);
	log = cr_get_redirected_stderr();
	size = fread(text, 1, sizeof(text) - 1, log);
	for (size_t i = 0; i < size; i++)
		n_lines += text[i] == '\n';
	cr_assert(n_lines > 0 && n_lines <= LOG_BUDGET_MAX, "%u lines", n_lines);
}

Test(mmio, trace_names_region_offset_width_and_value, .init = two_regions)
{
	uint8_t data[8] = { 0x42 };
	char text[256] = "";

	log_set_trace(TRACE_MMIO);
	mmio_access(&table, 0x2010, data, 2, true);
	fread(text, 1, sizeof(text) - 1, cr_get_redirected_stderr());
	cr_assert(strstr(text, "write b+0x10 width 2: 0x0042"), "%s", text);
}
