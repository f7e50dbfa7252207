// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/core/ram/ram.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static struct memmap map;
static struct ram ram;
static struct err err;

static const struct ram_backing anonymous, huge = { .hugetlbfs = "/huge" };
static const struct ram_backing *const backings[] = { &anonymous, &huge };

static void set_up(void)
{
	fake_sys_reset();
	memmap_init(&map, 40);
	ram_init(&ram);
}

/* For tests that make RAM more than once. */
static void make(const struct ram_backing *backing, uint64_t size, const struct range *hole)
{
	cr_assert_eq(ram_open(&ram, backing, &err), 0, "%s", err.what);
	cr_assert_eq(ram_plan(&ram, &map, size, hole, hole ? 1 : 0, &err), 0, "%s", err.what);
	cr_assert_eq(ram_create(&ram, &err), 0, "%s", err.what);
}

static void unmake(void)
{
	ram_destroy(&ram);
	cr_assert_eq(fake_n_mappings(), 0);
	cr_assert_eq(fake_n_open_fds(), 0);
}

TestSuite(ram, .init = set_up, .fini = unmake);

Test(ram, one_bank_without_holes)
{
	cr_assert_eq(ram_plan(&ram, &map, 512 * MIB, NULL, 0, &err), 0);
	cr_assert_eq(ram.n_banks, 1);
	cr_assert_eq(ram.banks[0].gpa.start, MEMMAP_RAM);
	cr_assert_eq(ram.banks[0].gpa.size, 512 * MIB);
	cr_assert_eq(ram.size, 512 * MIB);
}

/* Banks that 64 MiB of RAM are laid out in, around the holes; all in MiB from the start of RAM. */
static const struct layout {
	const char *what;
	struct range holes[3], banks[4];
} layouts[] = {
	{ "below", { { 0, 0 } }, { { 0, 64 } } },
	{ "at the start", { { 0, 16 } }, { { 16, 64 } } },
	{ "in the middle", { { 32, 4 } }, { { 0, 32 }, { 36, 32 } } },
	{ "beyond the end", { { 64, 16 } }, { { 0, 64 } } },
	{ "two, not sorted", { { 40, 1 }, { 10, 2 } }, { { 0, 10 }, { 12, 28 }, { 42, 26 } } },
	{ "adjacent", { { 8, 8 }, { 16, 8 } }, { { 0, 8 }, { 24, 56 } } },
	{ "overlapping", { { 8, 12 }, { 10, 2 }, { 16, 8 } }, { { 0, 8 }, { 24, 56 } } },
	{ "too small a gap", { { 8, 4 }, { 13, 3 } }, { { 0, 8 }, { 16, 56 } } },
};

Test(ram, banks_go_around_holes)
{
	for (const struct layout *l = layouts; l < layouts + n_elems(layouts); l++) {
		struct range holes[3];
		uint64_t sum = 0;

		for (unsigned int i = 0; i < 3; i++)
			holes[i] = (struct range){ MEMMAP_RAM + l->holes[i].start * MIB,
						   l->holes[i].size * MIB };
		cr_assert_eq(ram_plan(&ram, &map, 64 * MIB, holes, 3, &err), 0, "%s: %s", l->what,
			     err.what);
		for (unsigned int i = 0; i < ram.n_banks; i++) {
			cr_assert_eq(ram.banks[i].gpa.start, MEMMAP_RAM + l->banks[i].start * MIB,
				     "%s: bank %u", l->what, i);
			cr_assert_eq(ram.banks[i].gpa.size, l->banks[i].size * MIB, "%s: bank %u",
				     l->what, i);
			sum += ram.banks[i].gpa.size;
		}
		cr_assert_eq(sum, 64 * MIB, "%s", l->what);
		cr_assert_eq(ram.size, sum);
	}
}

Test(ram, holes_outside_or_of_odd_bounds)
{
	const struct range msi = { 0x08000000, 0x100000 };
	const struct range odd = { MEMMAP_RAM + 32 * MIB + 1, 1 };
	const struct range top = { MEMMAP_RAM + 32 * MIB, UINT64_MAX - MEMMAP_RAM - 32 * MIB + 1 };

	cr_assert_eq(ram_plan(&ram, &map, 64 * MIB, &msi, 1, &err), 0);
	cr_assert_eq(ram.n_banks, 1);
	cr_assert_eq(ram_plan(&ram, &map, 64 * MIB, &odd, 1, &err), 0);
	cr_assert_eq(ram.banks[0].gpa.size, 32 * MIB);
	cr_assert_eq(ram.banks[1].gpa.start, MEMMAP_RAM + 34 * MIB);
	cr_assert_eq(ram_plan(&ram, &map, 32 * MIB, &top, 1, &err), 0);
	cr_assert_eq(ram_plan(&ram, &map, 64 * MIB, &top, 1, &err), -EINVAL);
	cr_assert(strstr(err.what, "32 MiB"), "%s", err.what);
}

Test(ram, sizes_that_make_no_sense_are_refused)
{
	static const struct {
		uint64_t size;
		const char *text;
	} bad[] = {
		{ 0, "memory = " },
		{ 14 * MIB, "14 MiB" },
		{ 64 * MIB + 4096, "memory = " },
		{ 1ULL << 40, "room for" },
		{ 1ULL << 63, "room for" },
	};

	for (unsigned int i = 0; i < n_elems(bad); i++) {
		cr_assert_eq(ram_plan(&ram, &map, bad[i].size, NULL, 0, &err), -EINVAL);
		cr_assert(strstr(err.what, bad[i].text), "%s", err.what);
		cr_assert(err.why[0] && err.fix[0]);
		cr_assert_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
		cr_assert_eq(ram.n_banks, 0);
	}
}

Test(ram, any_number_of_banks)
{
	struct range holes[100];

	for (unsigned int i = 0; i < n_elems(holes); i++)
		holes[i] = (struct range){ MEMMAP_RAM + (i * 4 + 2) * MIB, 2 * MIB };
	cr_assert_eq(ram_plan(&ram, &map, 200 * MIB, holes, n_elems(holes), &err), 0);
	cr_assert_eq(ram.n_banks, n_elems(holes));
	cr_assert_eq(ram.banks[99].gpa.start, MEMMAP_RAM + 99 * 4 * MIB);
}

Test(ram, banks_given_one_by_one_are_sorted)
{
	static const unsigned int order[] = { 2, 0, 3, 1 };

	for (unsigned int i = 0; i < n_elems(order); i++)
		cr_assert_eq(
			ram_add_bank(&ram,
				     (struct range){ MEMMAP_RAM + order[i] * 4 * MIB, 4 * MIB }, 7,
				     i * 4 * MIB, &err),
			0);
	cr_assert_eq(ram.size, 16 * MIB);
	for (unsigned int i = 0; i < n_elems(order); i++) {
		const struct ram_bank *bank = &ram.banks[order[i]];

		cr_assert_eq(bank->gpa.start, MEMMAP_RAM + order[i] * 4 * MIB);
		cr_assert_eq(bank->offset, i * 4 * MIB);
		cr_assert_eq(bank->fd, 7);
	}
}

static const size_t page_sizes[] = { 4 << 10, 16 << 10, 64 << 10 };

Test(ram, host_and_guest_addresses_are_congruent)
{
	const struct range hole = { MEMMAP_RAM + 34 * MIB, 2 * MIB };

	for (unsigned int p = 0; p < n_elems(page_sizes); p++) {
		uint64_t block = page_sizes[p] * page_sizes[p] / 8;

		fake_set_page_size(page_sizes[p]);
		ram_init(&ram);
		make(&anonymous, 64 * MIB, &hole);
		for (unsigned int i = 0; i < 2; i++) {
			uint64_t hva = (uintptr_t)ram.banks[i].hva;

			cr_assert_eq(hva % block, ram.banks[i].gpa.start % block);
			cr_assert(is_aligned(hva, RAM_ALIGN));
		}
		unmake();
	}
}

static uint64_t resident_kib(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	unsigned long kib = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Rss: %lu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

Test(ram, creating_touches_no_page)
{
	uint64_t before = resident_kib();

	make(&anonymous, GIB, NULL);
	cr_assert_leq(resident_kib(), before + 4096);
}

Test(ram, clear_zeroes_all_banks)
{
	const struct range hole = { MEMMAP_RAM + 8 * MIB, 2 * MIB };

	for (unsigned int b = 0; b < n_elems(backings); b++) {
		fake_file("/huge/.keep", "");
		make(backings[b], 16 * MIB, &hole);
		for (unsigned int i = 0; i < ram.n_banks; i++) {
			memset(ram.banks[i].hva, 0xa5, 1);
			memset((char *)ram.banks[i].hva + ram.banks[i].gpa.size - 1, 0xa5, 1);
		}
		cr_assert_eq(ram_clear(&ram, &err), 0);
		for (unsigned int i = 0; i < ram.n_banks; i++) {
			const char *bytes = ram.banks[i].hva;

			cr_assert_eq(bytes[0], 0);
			cr_assert_eq(bytes[ram.banks[i].gpa.size - 1], 0);
		}
		unmake();
	}
}

Test(ram, pointers_only_inside_one_bank)
{
	const struct range hole = { MEMMAP_RAM + 32 * MIB, 2 * MIB };

	cr_assert_eq(ram_plan(&ram, &map, 64 * MIB, &hole, 1, &err), 0);
	cr_assert_null(ram_ptr(&ram, MEMMAP_RAM, 1), "before ram_create()");
	cr_assert_eq(ram_create(&ram, &err), 0);
	cr_assert_eq(ram_ptr(&ram, MEMMAP_RAM, 32 * MIB), ram.banks[0].hva);
	cr_assert_eq(ram_ptr(&ram, MEMMAP_RAM + 34 * MIB + 5, 1), (char *)ram.banks[1].hva + 5);
	cr_assert_null(ram_ptr(&ram, MEMMAP_RAM - 1, 2));
	cr_assert_null(ram_ptr(&ram, MEMMAP_RAM + 32 * MIB - 1, 2), "ends in the hole");
	cr_assert_null(ram_ptr(&ram, MEMMAP_RAM + 32 * MIB - 1, 3 * MIB), "spans the hole");
	cr_assert_null(ram_ptr(&ram, MEMMAP_RAM, 0));
	cr_assert_null(ram_ptr(&ram, UINT64_MAX, 2), "wraps");
}

/* 12 of 2 MiB are left. */
static void give_huge_pages(void)
{
	fake_file("/huge/.keep", "");
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "20\n");
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "8\n");
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "40\n");
}

Test(ram, each_failing_call_leaves_nothing_behind)
{
	for (unsigned int b = 0; b < n_elems(backings); b++) {
		for (unsigned int n = 1;; n++) {
			int ret;

			set_up();
			give_huge_pages();
			fake_fail_at(n, EIO);
			ret = ram_open(&ram, backings[b], &err);
			if (!ret)
				ret = ram_plan(&ram, &map, 64 * MIB, NULL, 0, &err);
			if (!ret)
				ret = ram_create(&ram, &err);
			cr_assert_eq(ret, fake_failed() ? -EIO : 0);
			unmake();
			if (!fake_failed())
				break;
			cr_assert(strstr(err.what, "Input/output error"), "%s", err.what);
		}
	}
}

/* The second bank cannot be mapped: after its reservation of addresses and both calls of the first.
 */
static void run_out_of_huge_pages(void)
{
	const struct range hole = { MEMMAP_RAM + 32 * MIB, 2 * MIB };

	cr_assert_eq(ram_open(&ram, &huge, &err), 0);
	cr_assert_eq(ram_plan(&ram, &map, 72 * MIB, &hole, 1, &err), 0);
	fake_fail_at(4, ENOMEM);
	cr_assert_eq(ram_create(&ram, &err), -ENOMEM);
}

Test(ram, too_few_huge_pages_says_how_many_are_missing)
{
	give_huge_pages();
	run_out_of_huge_pages();
	cr_assert(strstr(err.why, "20 huge pages of 2 MiB are needed, 12 are free"), "%s", err.why);
	cr_assert(strstr(err.fix, "add the 8 that are missing"), "%s", err.fix);
	cr_assert(strstr(err.fix, "echo 48 | sudo tee "), "%s", err.fix);
}

Test(ram, enough_huge_pages_but_a_limited_mount)
{
	give_huge_pages();
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "100\n");
	run_out_of_huge_pages();
	cr_assert(strstr(err.fix, "size= limit"), "%s", err.fix);
}

Test(ram, mem_path_that_is_no_hugetlbfs)
{
	give_huge_pages();
	fake_set_statfs(TMPFS_MAGIC, 4096);
	cr_assert_eq(ram_open(&ram, &huge, &err), -EINVAL);
	cr_assert(strstr(err.what, "no hugetlbfs"), "%s", err.what);
	cr_assert(strstr(err.fix, "mount -t hugetlbfs"), "%s", err.fix);
}

/* Banks begin where a page does, in the guest, in the file and in dais. */
Test(ram, banks_of_huge_pages)
{
	static const struct {
		uint64_t page, size, banks[2], wasted;
	} cases[] = {
		{ 32 * MIB, 96 * MIB, { 64 * MIB, 32 * MIB }, 0 },
		{ 512 * MIB, GIB, { GIB }, 0 },
		{ GIB, 2 * GIB, { GIB, GIB }, 0 },
		{ GIB, 1536 * MIB, { GIB, 512 * MIB }, 512 * MIB },
		{ GIB, 512 * MIB, { 512 * MIB }, 512 * MIB },
	};

	for (unsigned int c = 0; c < n_elems(cases); c++) {
		uint64_t end = MEMMAP_RAM + round_up_to(cases[c].banks[0], cases[c].page);
		struct range hole = { end + 8 * MIB, 2 * MIB };
		uint64_t offset = 0, next = MEMMAP_RAM;

		give_huge_pages();
		fake_set_statfs(HUGETLBFS_MAGIC, (long)cases[c].page);
		make(&huge, cases[c].size, &hole);
		cr_assert_eq(ram.size, cases[c].size);
		cr_assert_eq(ram_wasted(&ram), cases[c].wasted);
		cr_assert_eq(ram.n_banks, cases[c].banks[1] ? 2 : 1, "%u", c);
		for (unsigned int i = 0; i < ram.n_banks; i++) {
			const struct ram_bank *bank = &ram.banks[i];

			cr_assert_eq(bank->gpa.start, next);
			cr_assert_eq(bank->gpa.size, cases[c].banks[i]);
			cr_assert_eq(bank->offset, offset);
			cr_assert(is_aligned((uintptr_t)bank->hva, cases[c].page));
			offset += bank->gpa.size;
			/* the page with the hole in it is left out */
			next += bank->gpa.size + cases[c].page;
		}
		unmake();
	}
}

/* RAM of 64 MiB at a place of the user's choice. */
Test(ram, a_fixed_place_is_taken_or_refused_with_both_ranges)
{
	const struct range msi = { 0x8000000, 0x100000 };
	static const struct {
		uint64_t base, page;
		const char *what, *why; /* NULL: it is a place for RAM */
	} cases[] = {
		{ 0x80000000, 4096, NULL, NULL },
		{ 0, 4096, NULL, NULL },
		{ 0x4000000, 4096, NULL, NULL },
		{ 1ULL << 38, 4096, NULL, NULL },
		{ 0xc0000000, GIB, NULL, NULL },
		{ 0x80100000, 4096, "0x80100000", "no multiple of 2 MiB" },
		{ 0x80000000 + 32 * MIB, GIB, "0x82000000", "no multiple of 1 GiB" },
		{ 0x4200000, 4096, "0x4200000 to 0x81fffff", "0x8000000 to 0x80fffff is reserved" },
		{ 0x9000000 - 32 * MIB + 0x200000 * 8, 4096, "0x8000000 to 0xbffffff",
		  "0x9000000 to 0xfffffff is the window for emulated devices" },
		{ 0x3e000000, 4096, "0x3e000000 to 0x41ffffff",
		  "0x10000000 to 0x3fffffff is the window for assigned devices" },
		{ (1ULL << 39) - 32 * MIB, 4096, "0x7ffe000000 to",
		  "0x8000000000 to 0xffffffffff is the window for assigned devices" },
		{ (1ULL << 40) - 32 * MIB, 4096, "0xfffe000000 to", "0x10000000000 to" },
		{ -32 * MIB, 4096, "0xfffffffffe000000", "beyond the guest's address space" },
	};

	for (unsigned int c = 0; c < n_elems(cases); c++) {
		int ret;

		ram.page = cases[c].page;
		ret = ram_plan_at(&ram, &map, cases[c].base, 64 * MIB, &msi, 1, &err);
		cr_assert_eq(ret, cases[c].what ? -EINVAL : 0, "%u: %s", c, err.what);
		cr_assert_eq(ram.n_banks, cases[c].what ? 0 : 1);
		if (cases[c].what) {
			cr_expect(strstr(err.what, cases[c].what), "%u: %s", c, err.what);
			cr_expect(strstr(err.why, cases[c].why), "%u: %s", c, err.why);
			cr_expect(err.fix[0]);
		} else {
			cr_assert_eq(ram.banks[0].gpa.start, cases[c].base);
			cr_assert_eq(ram.banks[0].gpa.size, 64 * MIB);
		}
		ram_destroy(&ram);
	}
	cr_assert_eq(ram_plan_at(&ram, &map, 0x80000000, MIB, NULL, 0, &err), -EINVAL);
}
