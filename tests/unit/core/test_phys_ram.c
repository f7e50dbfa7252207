// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/fakes/fake_huge.h"
#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "vmm/base/sys.h"
#include "vmm/core/memmap.h"
#include "vmm/core/ram/pagemap.h"
#include "vmm/core/ram/phys_ram.h"
#include "vmm/core/ram/phys_runs.h"
#include "vmm/core/ram/ram.h"

#define MIB  (1ULL << 20)
#define GIB  (1ULL << 30)
#define PAGE (2 * MIB)

static struct phys_ram phys;
static struct ram ram;
static struct err err;
static char announced[64]; /* path of a file that has a name */

static void set_up(void)
{
	fake_sys_reset();
	announced[0] = '\0';
	phys_ram_init(&phys);
	ram_init(&ram);
}

TestSuite(phys_ram, .init = set_up);

/* Copies; "no" there keeps the file from being made. */
static int announce(void *opaque, const char *path, struct err *e)
{
	bool refuse = !strcmp(opaque, "no");

	snprintf(opaque, sizeof(announced), "%s", path);
	return refuse ? err_set(e, EROFS, "note %s", path) : 0;
}

static int create(uint64_t size, unsigned int ipa_bits, bool may_move)
{
	const struct phys_ram_wish wish = {
		.hugetlbfs = FAKE_HUGE_DIR,
		.size = size,
		.ipa_bits = ipa_bits,
		.may_move = may_move,
		.announce = announce,
		.opaque = announced,
	};

	return phys_ram_open(&phys, &wish, &err) ?: phys_ram_take(&phys, &wish, &err);
}

/* @n pages, given out in the order of the numbers, which count pages from 1 GiB upward. */
static void make_pages(const int *numbers, size_t n)
{
	uint64_t pas[FAKE_HUGE_PAGES];

	for (size_t i = 0; i < n; i++)
		pas[i] = GIB + (uint64_t)numbers[i] * PAGE;
	fake_huge_make(PAGE, pas, n);
}

static void make_descending(size_t n)
{
	int numbers[FAKE_HUGE_PAGES];

	for (size_t i = 0; i < n; i++)
		numbers[i] = (int)(n - i);
	make_pages(numbers, n);
}

static void tear_down(void)
{
	ram_destroy(&ram);
	phys_ram_destroy(&phys);
	cr_assert_eq(fake_n_mappings(), 0);
	cr_assert_eq(fake_n_open_fds(), 0);
	cr_assert_eq(fake_huge_n_held(), 0);
}

/* Banks made of 8 pages that come in this order; runs as {first page, number}. */
static const struct {
	int pages[8];
	struct {
		int first, n;
	} runs[8];
} layouts[] = {
	{ { 0, 1, 2, 3, 4, 5, 6, 7 }, { { 0, 8 } } },
	{ { 7, 6, 5, 4, 3, 2, 1, 0 }, { { 0, 8 } } },
	{ { 20, 3, 21, 2, 22, 1, 9, 0 }, { { 0, 4 }, { 9, 1 }, { 20, 3 } } },
	{ { 14, 12, 10, 8, 6, 4, 2, 0 },
	  { { 0, 1 }, { 2, 1 }, { 4, 1 }, { 6, 1 }, { 8, 1 }, { 10, 1 }, { 12, 1 }, { 14, 1 } } },
};

Test(phys_ram, pages_become_runs_at_their_own_address)
{
	for (size_t l = 0; l < n_elems(layouts); l++) {
		struct pagemap_misfit misfit;
		int pagemap;

		set_up();
		make_pages(layouts[l].pages, 8);
		cr_assert_eq(create(8 * PAGE, 40, false), 0, "%s", err.what);
		cr_assert_eq(fake_huge_n_held(), 8);
		cr_assert_eq(phys_ram_add_banks(&phys, 8 * PAGE, &ram, &err), 0);
		cr_assert_eq(ram_create(&ram, &err), 0, "%s", err.what);
		cr_assert_eq(ram.size, 8 * PAGE);
		pagemap = pagemap_open(&err);
		for (unsigned int i = 0; i < 8 && layouts[l].runs[i].n; i++) {
			const struct ram_bank *bank = &ram.banks[i];

			cr_assert_lt(i, ram.n_banks);
			cr_expect_eq(bank->gpa.start,
				     GIB + (uint64_t)layouts[l].runs[i].first * PAGE);
			cr_expect_eq(bank->gpa.size, (uint64_t)layouts[l].runs[i].n * PAGE);
			cr_expect_eq(pagemap_check(pagemap, bank->hva, bank->gpa, &misfit), 0,
				     "layout %zu, bank %u: %llx is %llx", l, i,
				     (unsigned long long)misfit.offset,
				     (unsigned long long)misfit.pa);
		}
		sys_close(pagemap);
		tear_down();
	}
}

Test(phys_ram, address_0_is_an_address)
{
	const uint64_t pas[] = { 0, PAGE, 2 * PAGE };
	struct pagemap_misfit misfit;
	int pagemap;

	fake_huge_make(PAGE, pas, 3);
	cr_assert_eq(create(3 * PAGE, 40, false), 0, "%s: %s", err.what, err.why);
	cr_assert_eq(phys_ram_add_banks(&phys, 3 * PAGE, &ram, &err), 0);
	cr_assert_eq(ram_create(&ram, &err), 0, "%s", err.what);
	cr_expect_eq(ram.n_banks, 1);
	cr_expect_eq(ram.banks[0].gpa.start, 0);
	pagemap = pagemap_open(&err);
	cr_expect_eq(pagemap_check(pagemap, ram.banks[0].hva, ram.banks[0].gpa, &misfit), 0);
	sys_close(pagemap);
	tear_down();
}

static void tell_counts(const char *n_free)
{
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", n_free);
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "0\n");
	fake_file("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "6\n");
}

Test(phys_ram, page_sizes)
{
	static const size_t host_pages[] = { 4 << 10, 16 << 10, 64 << 10 };
	static const uint64_t huge_pages[] = { 2 * MIB, 32 * MIB, 512 * MIB, GIB };

	for (size_t h = 0; h < n_elems(host_pages); h++) {
		for (size_t p = 0; p < n_elems(huge_pages); p++) {
			uint64_t page = huge_pages[p], size = page > 16 * MIB ? page : 16 * MIB;
			uint64_t pas[8];

			set_up();
			fake_set_page_size(host_pages[h]);
			for (size_t i = 0; i < 8; i++)
				pas[i] = 8 * GIB - (i + 1) * page;
			fake_huge_make(page, pas, 8);
			cr_assert_eq(create(size, 40, false), 0, "%s", err.what);
			cr_expect_eq(phys.n_pages * page, size);
			cr_assert_eq(phys_ram_add_banks(&phys, size, &ram, &err), 0);
			cr_expect_eq(ram.n_banks, 1);
			cr_expect_eq(ram.banks[0].gpa.start, 8 * GIB - size);
			tear_down();
		}
	}
}

Test(phys_ram, the_last_page_may_be_more_than_is_wanted)
{
	const uint64_t pas[] = { 2 * GIB, 3 * GIB };

	fake_huge_make(GIB, pas, 2);
	cr_assert_eq(create(GIB + 64 * MIB, 40, false), 0, "%s", err.what);
	cr_assert_eq(phys_ram_add_banks(&phys, GIB + 64 * MIB, &ram, &err), 0);
	cr_expect_eq(ram.n_banks, 1);
	cr_expect_eq(ram.banks[0].gpa.size, GIB + 64 * MIB);
	cr_assert_eq(ram_create(&ram, &err), 0, "%s", err.what);
	tear_down();
}

/* What a guest cannot have at its own address. */
static const struct {
	const char *what;
	uint64_t pa;
	bool fit;
} places[] = {
	{ "at the very bottom", 0, true },
	{ "below the fixed devices", MEMMAP_FIXED - PAGE, true },
	{ "the first of them", MEMMAP_FIXED, false },
	{ "the redistributors", MEMMAP_BUS_LOW - PAGE, false },
	{ "the platform bus, which gives way", MEMMAP_BUS_LOW, true },
	{ "ordinary", MEMMAP_RAM, true },
	{ "the upper half", 1ULL << 39, true },
	{ "the last page", (1ULL << 40) - PAGE, true },
	{ "beyond the last", 1ULL << 40, false },
};

Test(phys_ram, what_a_guest_can_have)
{
	for (size_t i = 0; i < n_elems(places); i++)
		cr_expect_eq(!phys_page_unfit(places[i].pa, PAGE, 40), places[i].fit, "%s",
			     places[i].what);
	cr_expect(phys_page_unfit(0, GIB, 40), "a large page reaches into them");
	cr_expect(phys_page_unfit(1ULL << 36, PAGE, 36), "the limit is the host's");
}

Test(phys_ram, others_are_taken_for_those_that_do_not_fit)
{
	uint64_t pas[16];

	for (size_t i = 0; i < 16; i++)
		pas[i] = i < 4 ? MEMMAP_FIXED + i * PAGE : i < 6 ? 1ULL << 41 : GIB + i * PAGE;
	pas[5] += PAGE;
	fake_huge_make(PAGE, pas, 16);
	cr_assert_eq(create(8 * PAGE, 40, false), 0, "%s", err.what);
	cr_expect_eq(phys.n_pages, 8);
	for (size_t i = 0; i < phys.n_pages; i++)
		cr_expect_null(phys_page_unfit(phys.pages[i].pa, PAGE, 40));
	cr_expect_eq(fake_huge_n_used(), 8, "the others were given back");
	cr_expect_eq(fake_huge_n_free(), 8);
	tear_down();
}

Test(phys_ram, too_few_pages_says_how_many_are_missing)
{
	make_descending(6);
	tell_counts("6\n");
	cr_assert_eq(create(8 * PAGE, 40, false), -ENOSPC);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(err_says(&err, "8 huge pages of 2 MiB are needed, 6 are free"), "%s: %s",
		  err.what, err.why);
	cr_expect(strstr(err.fix, "add the 2 that are missing"), "%s", err.fix);
	cr_expect_eq(fake_huge_n_used(), 0);
	tear_down();
}

Test(phys_ram, too_few_pages_that_fit)
{
	const uint64_t pas[] = { GIB, MEMMAP_FIXED, GIB + PAGE };

	fake_huge_make(PAGE, pas, 3);
	tell_counts("0\n");
	cr_assert_eq(create(3 * PAGE, 40, false), -ENOSPC);
	cr_expect(err_says(&err, "1 huge pages of 2 MiB are needed, 0 are free"), "%s: %s",
		  err.what, err.why);
	tear_down();
}

Test(phys_ram, directories_that_cannot_serve)
{
	static const struct {
		long type, page;
	} bad[] = { { TMPFS_MAGIC, 4096 }, { HUGETLBFS_MAGIC, 64 << 10 } };

	for (size_t i = 0; i < n_elems(bad); i++) {
		set_up();
		make_descending(8);
		fake_set_statfs(bad[i].type, bad[i].page);
		cr_assert_eq(create(8 * PAGE, 40, false), -EINVAL);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
		cr_expect(err_says(&err, "no hugetlbfs"), "%s: %s", err.what, err.why);
		tear_down();
	}
	set_up();
	cr_assert_eq(create(8 * PAGE, 40, false), -ENOENT);
	tear_down();
}

Test(phys_ram, addresses_that_the_kernel_does_not_tell)
{
	make_descending(8);
	fake_huge_hide();
	cr_assert_eq(create(8 * PAGE, 40, true), -EPERM);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(err_says(&err, "CAP_SYS_ADMIN"), "%s: %s", err.what, err.why);
	tear_down();

	set_up();
	make_descending(8);
	fake_remove("/proc/self/pagemap");
	cr_assert_eq(create(8 * PAGE, 40, true), -ENOENT);
	cr_expect(strstr(err.fix, "CONFIG_PROC_PAGE_MONITOR"), "%s", err.fix);
	tear_down();
}

Test(phys_ram, held_pages_do_not_move)
{
	make_descending(40); /* more than one pipe of 64 KiB pages has slots for */
	fake_set_page_size(64 << 10);
	cr_assert_eq(create(40 * PAGE, 40, false), 0, "%s", err.what);
	cr_expect_gt(phys.n_pins, 2);
	cr_expect_eq(fake_huge_n_held(), 40);
	cr_expect_not(fake_huge_move(GIB + PAGE, 8 * GIB));
	tear_down();
}

/* Calls from create(): open, fstatfs, open pagemap, fallocate, 8 times mmap and pread; then pipe.
 */
#define NTH_PIPE 21

Test(phys_ram, pages_that_cannot_be_held_take_an_answer)
{
	make_descending(8);
	fake_fail_at(NTH_PIPE, EMFILE);
	cr_assert_eq(create(8 * PAGE, 40, false), -EMFILE);
	cr_expect(err_says(&err, "hold guest RAM"), "%s: %s", err.what, err.why);
	cr_expect(strstr(err.fix, "allow-movable-memory = yes"), "%s", err.fix);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	tear_down();

	set_up();
	make_descending(8);
	fake_fail_at(NTH_PIPE, EMFILE);
	cr_assert_eq(create(8 * PAGE, 40, true), 0);
	cr_expect(fake_failed());
	tear_down();
}

Test(phys_ram, a_page_that_moves_before_it_is_held)
{
	make_descending(8);
	fake_huge_move_after_look(1);
	cr_assert_eq(create(8 * PAGE, 40, false), -EAGAIN);
	cr_expect(err_says(&err, "has moved to"), "%s: %s", err.what, err.why);
	tear_down();
}

Test(phys_ram, it_has_its_name_until_it_is_released)
{
	make_descending(8);
	cr_assert_eq(create(8 * PAGE, 40, false), 0);
	cr_assert_eq(phys_ram_name(&phys, FAKE_HUGE_DIR "/dais-x", &err), 0);
	phys_ram_destroy(&phys);
	cr_expect_eq(fake_huge_n_used(), 8, "nobody took the name away");

	set_up();
	make_descending(8);
	fake_file(FAKE_HUGE_DIR "/dais-x", "");
	cr_assert_eq(create(8 * PAGE, 40, false), 0);
	cr_assert_eq(phys_ram_name(&phys, FAKE_HUGE_DIR "/dais-x", &err), -EEXIST);
	cr_assert_eq(phys_ram_name(&phys, FAKE_HUGE_DIR "/dais-y", &err), 0);
	cr_assert_eq(phys_ram_release(&phys, &err), 0);
	cr_assert_eq(phys_ram_release(&phys, &err), 0, "it has none");
	phys_ram_destroy(&phys);
	cr_assert_eq(fake_n_open_fds(), 0);
}

Test(phys_ram, an_old_hugetlbfs_makes_files_with_names_only)
{
	char temporary[64];

	snprintf(temporary, sizeof(temporary), FAKE_HUGE_DIR "/dais-%d.new", (int)getpid());
	make_descending(8);
	fake_huge_no_tmpfile();
	cr_assert_eq(create(8 * PAGE, 40, false), 0);
	cr_expect_str_eq(announced, temporary);
	cr_assert_eq(phys_ram_name(&phys, FAKE_HUGE_DIR "/dais-x", &err), 0);
	cr_expect_eq(sys_access(temporary, R_OK), -ENOENT, "it has one name");
	phys_ram_destroy(&phys);
	cr_expect_eq(fake_huge_n_used(), 8, "nobody took the name away");

	set_up();
	make_descending(8);
	fake_huge_no_tmpfile();
	cr_assert_eq(create(8 * PAGE, 40, false), 0);
	phys_ram_destroy(&phys);
	cr_expect_eq(sys_access(temporary, R_OK), -ENOENT, "the guest never ran");

	set_up();
	make_descending(8);
	fake_huge_no_tmpfile();
	strcpy(announced, "no");
	cr_assert_eq(create(8 * PAGE, 40, false), -EROFS);
	tear_down();
}

Test(phys_ram, each_failing_call_leaves_nothing_behind)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		set_up();
		make_descending(8);
		fake_fail_at(n, EIO);
		ret = create(8 * PAGE, 40, false);
		if (!ret)
			ret = phys_ram_add_banks(&phys, 8 * PAGE, &ram, &err);
		if (!ret)
			ret = ram_create(&ram, &err);
		if (!ret)
			ret = phys_ram_name(&phys, FAKE_HUGE_DIR "/dais-x", &err);
		if (!ret)
			ret = phys_ram_release(&phys, &err);
		/* but that of the pipe's size, which matters not */
		cr_assert_eq(ret, fake_failed() && n != NTH_PIPE + 1 ? -EIO : 0, "call %u", n);
		tear_down();
		if (!fake_failed())
			break;
	}
}
