// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "devices/platform_bus.h"
#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"

#define LOW    0x10000000ULL
#define HIGH   0x8000000000ULL /* half of 40 bits */
#define ANY    PLATFORM_BUS_ANY
#define N_SPIS 64

static struct platform_bus bus;
static struct err err;

static void begin(size_t page)
{
	struct memmap map;

	memset(&bus, 0, sizeof(bus));
	fake_sys_reset();
	fake_set_page_size(page);
	memmap_init(&map, 40);
	platform_bus_init(&bus, &map, NULL, N_SPIS);
}

static uint64_t place(uint64_t size, uint64_t offset, uint64_t wanted)
{
	uint64_t gpa = 0;

	cr_assert_eq(platform_bus_place(&bus, "dev", size, offset, wanted, &gpa, &err), 0, "%s",
		     err.what);
	return gpa;
}

static const char *place_fails(uint64_t size, uint64_t offset, uint64_t wanted, int code)
{
	uint64_t gpa = 77;

	memset(&err, 0, sizeof(err));
	cr_assert_eq(platform_bus_place(&bus, "new", size, offset, wanted, &gpa, &err), code);
	cr_assert_eq(gpa, 77);
	cr_assert(strstr(err.what, "new"), "%s", err.what);
	return err.what;
}

Test(platform_bus, regions_go_around_ram_that_reaches_into_the_windows)
{
	struct ram_bank banks[] = {
		{ .gpa = { LOW, 0x200000 } },
		{ .gpa = { LOW + 0x600000, 0x200000 } },
	};
	const struct ram ram = { .banks = banks, .n_banks = 2 };

	begin(4096);
	bus.ram = &ram;
	cr_expect_eq(place(0x1000, 0, ANY), LOW + 0x200000);
	cr_expect_eq(place(0x400000, 0, ANY), LOW + 0x800000);
	cr_expect_eq(place(0x1000, 0, LOW + 0x400000), LOW + 0x400000);
	cr_expect(strstr(place_fails(0x1000, 0, LOW + 0x601000, -EINVAL), "overlaps RAM"), "%s",
		  err.what);
}

ParameterizedTestParameters(platform_bus, any_page_size)
{
	static size_t pages[] = { 4096, 16384, 65536 };

	return cr_make_param_array(size_t, pages, n_elems(pages));
}

ParameterizedTest(size_t *page, platform_bus, any_page_size)
{
	static const uint64_t sizes[] = { 1,      0x200,   0x1000,   0x1001,
					  0x3000, 0x10000, 0x180000, 0x200000 };
	struct range placed[2 * n_elems(sizes)];
	unsigned int n = 0;

	begin(*page);
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < n_elems(sizes); i++) {
			uint64_t gpa = place(sizes[i], 0, ANY),
				 align = round_up_power_of_two(sizes[i]);

			cr_assert(is_aligned(gpa, align > *page ? align : *page));
			cr_assert(gpa >= LOW && gpa + sizes[i] <= MEMMAP_RAM);
			placed[n] = (struct range){ gpa, round_up_to(sizes[i], *page) };
			for (unsigned int j = 0; j < n; j++)
				cr_assert(!range_overlaps(placed[j], placed[n]),
					  "a page is shared");
			n++;
		}
	}
	/* The place in the page is kept, and the page is its own. */
	cr_assert_eq(place(0x200, 0xa00, ANY) % *page, 0xa00);
	cr_assert_eq(place(0x200, 0xa00, ANY) % *page, 0xa00);
	cr_assert_eq(place(0x200, 0x200, LOW + 0x8000000 + 0x200), LOW + 0x8000200);
	place_fails(0x200, 0x400, LOW + 0x8000400, -EINVAL);
	place(0x200, 0x400, LOW + 0x8000000 + *page + 0x400);
	/* A region that begins late in its page reaches into the next one. */
	place(*page, 0xa00, LOW + 0x9000a00);
	place_fails(1, 0, LOW + 0x9000000 + *page, -EINVAL);
	place(1, 0, LOW + 0x9000000 + 2 * *page);
}

Test(platform_bus, pinned_regions_are_where_they_were_asked_for)
{
	begin(4096);
	cr_assert_eq(place(0x1000, 0, LOW + 0x3000), LOW + 0x3000);
	cr_assert_eq(place(0x1000, 0, HIGH), HIGH);
	cr_assert_eq(place(0x1000, 0, MEMMAP_RAM - 0x1000), MEMMAP_RAM - 0x1000);
	/* What is placed goes around them. */
	cr_assert_eq(place(0x2000, 0, ANY), LOW);
	cr_assert_eq(place(0x1000, 0, ANY), LOW + 0x2000);
	cr_assert_eq(place(0x1000, 0, ANY), LOW + 0x4000);
}

Test(platform_bus, a_bad_pin_says_why)
{
	static const struct {
		uint64_t size, offset, wanted;
		const char *what, *why;
	} cases[] = {
		{ 0x1000, 0, LOW + 0x200, "place in a page", "0x1000" },
		{ 0x200, 0x200, LOW, "place in a page", "0x200" },
		{ 0x1000, 0, 0, "not a place", "0x10000000-0x3fffffff" },
		{ 0x1000, 0, MEMMAP_RAM, "not a place", "0x10000000-0x3fffffff" },
		{ 0x2000, 0, MEMMAP_RAM - 0x1000, "not a place", "0x10000000-0x3fffffff" },
		{ 0x1000, 0, LOW - 0x1000, "not a place", "0x8000000000-0xffffffffff" },
		{ 0x1000, 0, 1ULL << 40, "not a place", "0x8000000000-0xffffffffff" },
		{ 0x2000, 0, UINT64_MAX - 0xfff, "not a place", "0x8000000000-0xffffffffff" },
		{ 0x2000, 0, LOW + 0x7000, "overlaps disk", "disk has 0x10008000-0x10008fff" },
		{ 0x1, 0x800, LOW + 0x8800, "overlaps disk", "disk has 0x10008000-0x10008fff" },
	};
	uint64_t gpa;

	begin(4096);
	cr_assert_eq(platform_bus_place(&bus, "disk", 0x200, 0, LOW + 0x8000, &gpa, &err), 0);
	for (unsigned int i = 0; i < n_elems(cases); i++) {
		place_fails(cases[i].size, cases[i].offset, cases[i].wanted, -EINVAL);
		cr_assert_eq(err.status, EXIT_STATUS_USAGE);
		cr_assert(strstr(err.what, cases[i].what), "%u: %s", i, err.what);
		cr_assert(strstr(err.why, cases[i].why), "%u: %s", i, err.why);
		cr_assert(err.fix[0]);
	}
	cr_assert_eq(bus.n_taken, 1);
}

Test(platform_bus, what_the_low_window_has_no_room_for_goes_high)
{
	begin(4096);
	cr_assert_eq(place(0x20000000, 0, ANY), 0x20000000);
	cr_assert_eq(place(0x20000000, 0, ANY), HIGH);
	cr_assert_eq(place(0x10000000, 0, ANY), LOW);
	cr_assert_eq(place(0x1000, 0, ANY), HIGH + 0x20000000);
	cr_assert_eq(place(0x4000000000, 0, ANY), HIGH + 0x4000000000);
	place_fails(0x4000000000, 0, ANY, -ENOSPC);
	cr_assert(strstr(err.why, "0x8000000000-0xffffffffff"), "%s", err.why);
	place_fails(1ULL << 40, 0, ANY, -ENOSPC);
	place_fails(1ULL << 63, 0, ANY, -ENOSPC);
	place_fails(UINT64_MAX, 0, ANY, -ENOSPC);
	place_fails(0, 0, ANY, -EINVAL);
}

Test(platform_bus, regions_run_out)
{
	begin(4096);
	for (unsigned int i = 0; i < PLATFORM_BUS_MAX_REGIONS; i++)
		cr_assert_eq(place(0x1000, 0, ANY), LOW + i * 0x1000);
	cr_assert(strstr(place_fails(0x1000, 0, ANY, -ENOSPC), "256"));
}

Test(platform_bus, spis_are_given_once)
{
	uint32_t spi = 99;

	begin(4096);
	cr_assert_eq(platform_bus_take_spi(&bus, "rtc", 1, &spi, &err), 0);
	cr_assert_eq(spi, 1);
	for (uint32_t expected = 0; expected < N_SPIS; expected++) {
		if (expected == 1)
			continue;
		cr_assert_eq(platform_bus_take_spi(&bus, "dev", ANY, &spi, &err), 0);
		cr_assert_eq(spi, expected);
	}
	cr_assert_eq(platform_bus_take_spi(&bus, "new", ANY, &spi, &err), -ENOSPC);
	cr_assert(strstr(err.what, "new") && strstr(err.why, "64"), "%s", err.why);
	cr_assert_eq(platform_bus_take_spi(&bus, "new", 1, &spi, &err), -EINVAL);
	cr_assert(err_says(&err, "new: spi=1: it is taken by rtc"), "%s", err.what);
	cr_assert_eq(platform_bus_take_spi(&bus, "new", N_SPIS, &spi, &err), -EINVAL);
	cr_assert(strstr(err.what, "spi=64") && strstr(err.why, "0 to 63"), "%s", err.why);
	cr_assert_eq(platform_bus_take_spi(&bus, "new", UINT64_MAX - 1, &spi, &err), -EINVAL);
	cr_assert_eq(err.status, EXIT_STATUS_USAGE);
}
