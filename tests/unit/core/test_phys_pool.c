// SPDX-License-Identifier: GPL-2.0-only
/* Which pages of a pool are taken. */
#include <criterion/criterion.h>

#include "tests/fakes/fake_huge.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/core/ram/phys_ram.h"
#include "vmm/core/ram/ram.h"

#define MIB (1ULL << 20)

#define GIB  (1ULL << 30)
#define PAGE (2 * MIB)

static struct phys_ram phys;
static struct ram ram;
static struct err err;

static void set_up(void)
{
	fake_sys_reset();
	phys_ram_init(&phys);
	ram_init(&ram);
}

TestSuite(phys_pool, .init = set_up);

static void create(size_t n)
{
	const struct phys_ram_wish wish = {
		.hugetlbfs = FAKE_HUGE_DIR,
		.size = n * PAGE,
		.ipa_bits = 40,
	};

	cr_assert_eq(phys_ram_open(&phys, &wish, &err) ?: phys_ram_take(&phys, &wish, &err), 0,
		     "%s", err.what);
}

/* @n pages, given out in the order of the numbers, which count pages from 1 GiB upward. */
static void make_pages(const int *numbers, size_t n)
{
	uint64_t pas[FAKE_HUGE_PAGES];

	for (size_t i = 0; i < n; i++)
		pas[i] = GIB + (uint64_t)numbers[i] * PAGE;
	fake_huge_make(PAGE, pas, n);
}

static void tear_down(void)
{
	ram_destroy(&ram);
	phys_ram_destroy(&phys);
	cr_assert_eq(fake_n_mappings(), 0);
	cr_assert_eq(fake_n_open_fds(), 0);
	cr_assert_eq(fake_huge_n_held(), 0);
}

static void tell_counts(const char *n_free)
{
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", n_free);
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "0\n");
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "6\n");
}

/* Every second page first; behind them 12 that follow each other. */
Test(phys_pool, adjacent_pages_are_looked_for_in_a_pool_of_pieces)
{
	int numbers[36];

	for (int i = 0; i < 24; i++)
		numbers[i] = 2 * i;
	for (int i = 0; i < 12; i++)
		numbers[24 + i] = 100 + i;
	make_pages(numbers, 36);
	tell_counts("28\n"); /* of which it takes 8 at a time: none is counted away here */
	create(8);
	cr_assert_eq(phys.n_pages, 8);
	cr_expect_eq(fake_huge_n_used(), 8, "the others were given back");
	for (size_t i = 0; i < 8; i++)
		cr_expect_eq(phys.pages[i].pa, GIB + (100 + i) * PAGE);
	cr_assert_eq(phys_ram_add_banks(&phys, 8 * PAGE, &ram, &err), 0);
	cr_expect_eq(ram.n_banks, 1);
	tear_down();
}

Test(phys_pool, a_pool_of_single_pages_gives_what_it_has)
{
	int numbers[36];

	for (int i = 0; i < 36; i++)
		numbers[i] = 2 * i;
	make_pages(numbers, 36);
	tell_counts("28\n");
	create(8);
	cr_expect_eq(phys.n_pages, 8);
	cr_expect_eq(fake_huge_n_used(), 8);
	tear_down();
}

static void one_comes_back(void)
{
	fake_huge_add(GIB + (64 + fake_slept_ms()) * PAGE);
}

/* The last VM was killed, and its memory is being taken down. */
Test(phys_pool, pages_that_come_back)
{
	const int numbers[] = { 6, 5, 4, 3, 2, 1 };

	make_pages(numbers, 6);
	fake_on_sleep(one_comes_back);
	create(8);
	cr_expect_eq(phys.n_pages, 8);
	cr_expect_eq(fake_slept_ms(), 200);
	tear_down();
}
