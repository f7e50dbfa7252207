// SPDX-License-Identifier: GPL-2.0-only
/* Guest RAM that other processes are to map. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/ram/phys_ram.h"
#include "vmm/core/ram/ram.h"

#define SIZE  (32ULL << 20)
#define START 0x40000000ULL

static const struct ram_backing shared = { .is_shared = true };
static const struct ram_backing huge = { .is_shared = true, .hugetlbfs = "/huge" };
static struct memmap map;
static struct ram ram;
static struct err err;

static void set_up(void)
{
	fake_sys_reset();
	fake_dir("/huge");
	memmap_init(&map, 40);
	ram_init(&ram);
}

static void tear_down(void)
{
	ram_destroy(&ram);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
}

TestSuite(ram_shared, .init = set_up, .fini = tear_down);

static int make(const struct ram_backing *backing)
{
	const struct range hole = { START + 2 * RAM_ALIGN, RAM_ALIGN };

	return ram_open(&ram, backing, &err) ?: ram_plan(&ram, &map, SIZE, &hole, 1, &err)
		       ?: ram_create(&ram, &err);
}

/* Nobody who has it can make it smaller, which would kill dais at its next access. */
Test(ram_shared, it_is_a_sealed_file_of_its_size)
{
	struct stat st;

	cr_assert_eq(make(&shared), 0, "%s", err.what);
	cr_expect_eq(fake_memfd_flags(), MFD_ALLOW_SEALING);
	cr_expect_eq(fcntl(ram.fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	cr_assert_eq(fstat(ram.fd, &st), 0);
	cr_expect_eq((uint64_t)st.st_size, SIZE);
	for (unsigned int i = 0; i < ram.n_banks; i++)
		cr_expect_eq(ram.banks[i].fd, ram.fd);
}

Test(ram_shared, of_the_pages_that_mem_path_has)
{
	cr_assert_eq(make(&huge), 0, "%s", err.what);
	cr_expect_eq(fake_memfd_flags(), MFD_ALLOW_SEALING | MFD_HUGETLB | 21u << MAP_HUGE_SHIFT);
	cr_expect_eq(ram.page, 2 << 20);
	cr_expect_eq(fcntl(ram.fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	cr_expect_eq(fake_n_open_fds(), 1, "the file that told the pages is closed");
}

Test(ram_shared, clear)
{
	const struct ram_backing *backings[] = { &shared, &huge };

	for (size_t i = 0; i < n_elems(backings); i++) {
		cr_assert_eq(make(backings[i]), 0, "%s", err.what);
		memset(ram_ptr(&ram, START, 4096), 0xff, 4096);
		cr_assert_eq(ram_clear(&ram, &err), 0, "%s", err.what);
		cr_expect_eq(*(char *)ram_ptr(&ram, START, 1), 0);
		ram_destroy(&ram);
	}
}

Test(ram_shared, its_pieces)
{
	struct ram_piece pieces[4];

	cr_assert_eq(make(&shared), 0, "%s", err.what);
	cr_assert_eq(ram_pieces(&ram, pieces, n_elems(pieces)), 2);
	cr_expect_eq(pieces[0].gpa.start, START);
	cr_expect_eq(pieces[0].gpa.size, 2 * RAM_ALIGN);
	cr_expect_eq(pieces[0].hva, ram.banks[0].hva);
	cr_expect_eq(pieces[0].fd, ram.fd);
	cr_expect_eq(pieces[1].gpa.start, START + 3 * RAM_ALIGN);
	cr_expect_eq(pieces[1].offset, 2 * RAM_ALIGN);
	cr_expect_eq(ram_pieces(&ram, NULL, 0), 2);
}

/* Pages at their physical addresses, of which two follow each other in the file; and foreign RAM.
 */
Test(ram_shared, pieces_of_pages_that_do_not_follow_each_other)
{
	static const struct phys_page pages[] = { { 0, 4 << 20 }, { 0, 6 << 20 }, { 0, 0 } };
	const struct ram_bank bank = { .gpa = { START, 6 << 20 }, .fd = 7, .pages = pages };
	const struct ram_bank foreign = { .gpa = { 2 * START, 4096 }, .fd = 8, .is_foreign = true };
	struct ram_piece pieces[4];

	ram.page = 2 << 20;
	cr_assert_eq(ram_insert_bank(&ram, &bank, &err), 0, "%s", err.what);
	cr_assert_eq(ram_insert_bank(&ram, &foreign, &err), 0, "%s", err.what);
	cr_assert_eq(ram_pieces(&ram, pieces, n_elems(pieces)), 2);
	cr_expect_eq(pieces[0].gpa.size, 4 << 20);
	cr_expect_eq(pieces[0].offset, 4 << 20);
	cr_expect_eq(pieces[1].gpa.start, START + (4 << 20));
	cr_expect_eq(pieces[1].gpa.size, 2 << 20);
	cr_expect_eq(pieces[1].offset, 0);
}

Test(ram_shared, each_failing_call_leaves_nothing_behind)
{
	unsigned int n = 0;
	bool failed;

	do {
		int ret;

		fake_fail_at(++n, ENOMEM);
		ret = make(n % 2 ? &shared : &huge);
		failed = fake_failed();
		fake_fail_at(0, 0);
		cr_expect(!failed || ret == -ENOMEM, "call %u: %s", n, err.what);
		ram_destroy(&ram);
		cr_expect_eq(fake_n_open_fds(), 0);
	} while (failed || n % 2);
}
