// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/base/log.h"
#include "vmm/core/ram/ram.h"

#define MIB  (1ULL << 20)
#define SIZE (64 * MIB)

static struct ram ram;
static struct err err;
static unsigned int n_mapped;

/* A file whose mappings are not zero. */
static void fill(int fd, void *opaque, void *addr, size_t size, off_t offset)
{
	(void)fd;
	(void)opaque;
	(void)offset;
	memset(addr, 0xa5, 1);
	memset((char *)addr + size - 1, 0xa5, 1);
	n_mapped++;
}

static const struct fake_fd_ops file_ops = { .mapped = fill };

static void set_up(void)
{
	fake_sys_reset();
	fake_device("/dev/shm/ram", &file_ops, NULL);
	fake_device("fd:ram", &file_ops, NULL);
	fake_set_statfs(TMPFS_MAGIC, 4096);
	fake_set_stat(S_IFREG, SIZE, 8, 0);
	log_set_level(LOG_ERROR);
	ram_init(&ram);
	n_mapped = 0;
}

static void end(void)
{
	ram_destroy(&ram);
	cr_assert_eq(fake_n_mappings() + fake_n_open_fds(), 0);
}

TestSuite(ram_file, .init = set_up, .fini = end);

static int make(struct ram_backing backing, uint64_t size, bool touch)
{
	struct memmap map;
	int ret;

	memmap_init(&map, 40);
	ret = ram_open(&ram, &backing, &err);
	if (!ret)
		ret = ram_plan(&ram, &map, size, NULL, 0, &err);
	if (!ret)
		ret = ram_create(&ram, &err);
	return ret ? ret : ram_prepare(&ram, touch, &err);
}

static bool is_zero(void)
{
	const char *bytes = ram.banks[0].hva;

	return !bytes[0] && !bytes[SIZE / 2] && !bytes[SIZE - 1];
}

Test(ram_file, what_was_in_the_file_is_not_in_the_guest)
{
	cr_assert_eq(make((struct ram_backing){ .file = "/dev/shm/ram" }, SIZE, false), 0, "%s",
		     err.what);
	cr_expect_eq(n_mapped, 1);
	cr_expect(is_zero());
	memset((char *)ram.banks[0].hva + SIZE / 2, 1, 1);
	cr_assert_eq(ram_clear(&ram, &err), 0);
	cr_expect(is_zero());
}

/* Were it written, a file that is all holes would take as much memory as the guest has RAM. */
Test(ram_file, a_file_of_holes_is_left_alone)
{
	fake_set_stat(S_IFREG, SIZE, 0, 0);
	cr_assert_eq(make((struct ram_backing){ .file = "/dev/shm/ram" }, SIZE, false), 0);
	cr_expect(!is_zero());
}

Test(ram_file, a_file_that_cannot_serve)
{
	static const struct {
		const char *file;
		uint64_t offset, size;
		mode_t mode;
		const char *what, *why, *fix;
	} cases[] = {
		{ "/none", 0, SIZE, S_IFREG, "/none: No such file", "this file",
		  "truncate -s SIZE /none" },
		{ "/dev/shm/ram", 0, SIZE - 1, S_IFREG, "too small",
		  "67108864 bytes of it from 0 on", "truncate -s 67108864 /dev/shm/ram" },
		{ "/dev/shm/ram", 2 * MIB, SIZE, S_IFREG, "too small",
		  "from 2097152 on, it has 67108864", "truncate -s 69206016" },
		{ "fd:ram", 0, SIZE - 1, S_IFREG, "too small", "",
		  "let whoever passes it make it 67108864 bytes long" },
		{ "/dev/shm/ram", 1024, 2 * SIZE, S_IFREG, "offset=0x400", "which are 4 KiB",
		  "offset" },
		{ "/dev/shm/ram", 0, SIZE, S_IFDIR, "no memory", "neither", "tmpfs" },
	};

	for (unsigned int c = 0; c < n_elems(cases); c++) {
		fake_set_stat(cases[c].mode, cases[c].size, 8, 0);
		cr_assert_lt(make((struct ram_backing){ .file = cases[c].file,
							.offset = cases[c].offset },
				  SIZE, false),
			     0);
		cr_expect(strstr(err.what, cases[c].what), "%s", err.what);
		cr_expect(strstr(err.why, cases[c].why), "%s", err.why);
		cr_expect(strstr(err.fix, cases[c].fix), "%s", err.fix);
		end();
	}
}

Test(ram_file, a_device_that_refuses_is_told_with_its_offset)
{
	fake_set_stat(S_IFCHR, 0, 0, makedev(240, 0));
	fake_fail_at(5, EPERM); /* open, fstat, fstatfs; the reservation of addresses */
	cr_assert_eq(
		make((struct ram_backing){ .file = "/dev/shm/ram", .offset = 4096 }, SIZE, false),
		-EPERM);
	cr_expect(strstr(err.why, "from 0x1000 on"), "%s", err.why);
}

/* Files of all pages: the offset counts in them. */
Test(ram_file, a_file_of_huge_pages)
{
	fake_set_statfs(HUGETLBFS_MAGIC, 2 * MIB);
	fake_set_stat(S_IFREG, 4 * SIZE, 8, 0);
	cr_assert_eq(
		make((struct ram_backing){ .file = "/dev/shm/ram", .offset = 4096 }, SIZE, false),
		-EINVAL);
	cr_expect(strstr(err.why, "2 MiB"), "%s", err.why);
	end();
	cr_assert_eq(
		make((struct ram_backing){ .file = "/dev/shm/ram", .offset = SIZE }, SIZE, true), 0,
		"%s", err.what);
	cr_expect_eq(ram.banks[0].offset, SIZE);
	cr_expect_eq(ram.page, 2 * MIB);
}

#define IOMEM                                 \
	"09000000-09000fff : pl011@9000000\n" \
	"40000000-7fffffff : System RAM\n"    \
	"  40200000-4089ffff : Kernel code\n" \
	"  50000000-5fffffff : reserved\n"    \
	"80000000-8fffffff : reserved\n"

Test(ram_file, physical_memory_must_be_known_to_the_kernel_and_unused)
{
	static const struct {
		uint64_t at;
		const char *iomem, *why; /* NULL: it will do */
	} cases[] = {
		{ 0x50000000, IOMEM, NULL },
		{ 0x5c000000, IOMEM, NULL },
		{ 0x40000000, IOMEM, "the host's kernel uses it" },
		{ 0x4e000000, IOMEM, "the host's kernel uses it" },
		{ 0x5e000000, IOMEM, "the host's kernel uses it" },
		{ 0x7e000000, IOMEM, "the host's kernel uses it" },
		{ 0x80000000, IOMEM, "lets no guest execute" },
		{ 0x90000000, IOMEM, "lets no guest execute" },
		{ 0x50000000, "00000000-00000000 : System RAM\n", NULL },
	};

	for (unsigned int c = 0; c < n_elems(cases); c++) {
		fake_file("/proc/iomem", cases[c].iomem);
		fake_set_stat(S_IFCHR, 0, 0, makedev(1, 1));
		cr_assert_eq(
			make((struct ram_backing){ .file = "/dev/shm/ram", .offset = cases[c].at },
			     SIZE, false),
			cases[c].why ? -EINVAL : 0, "%u: %s", c, err.what);
		if (cases[c].why) {
			cr_expect(strstr(err.why, cases[c].why), "%u: %s", c, err.why);
			cr_expect(strstr(err.fix, "without no-map"));
		} else {
			cr_expect(is_zero());
		}
		end();
	}
	fake_remove("/proc/iomem");
	cr_assert_eq(make((struct ram_backing){ .file = "/dev/shm/ram" }, SIZE, false), 0);
}

/* 300 MiB by up to three threads; then a kernel that cannot populate, and one without memory. */
Test(ram_file, touching_takes_every_page)
{
	static const unsigned int threads[] = { 0, 1, 3, 100 };

	for (unsigned int t = 0; t < n_elems(threads); t++) {
		struct ram_backing backing = { .n_threads = threads[t] };
		unsigned char there[512];

		cr_assert_eq(make(backing, 300 * MIB, true), 0, "%s", err.what);
		for (unsigned int i = 0; i < 300 * MIB / sizeof(there) / 4096; i++) {
			char *at = (char *)ram.banks[0].hva + i * sizeof(there) * 4096;

			cr_assert_eq(mincore(at, sizeof(there) * 4096, there), 0);
			for (unsigned int page = 0; page < sizeof(there); page++)
				cr_assert(there[page] & 1);
		}
		memset(ram.banks[0].hva, 1, 1);
		cr_assert_eq(ram_clear(&ram, &err), 0);
		cr_assert_eq(*(char *)ram.banks[0].hva, 0);
		end();
	}
}

Test(ram_file, touching_on_an_old_kernel_and_without_memory)
{
	fake_fail_at(3, EINVAL); /* behind the two mappings */
	cr_assert_eq(make((struct ram_backing){ 0 }, SIZE, true), 0, "%s", err.what);
	cr_expect(fake_failed());
	end();
	fake_fail_at(3, ENOMEM);
	cr_assert_eq(make((struct ram_backing){ 0 }, SIZE, true), -ENOMEM);
	cr_expect(strstr(err.what, "64 MiB of guest RAM"), "%s", err.what);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	end();
	fake_fail_at(3, EHWPOISON);
	cr_assert_eq(make((struct ram_backing){ 0 }, SIZE, true), -EHWPOISON);
	cr_expect(strstr(err.why, "broken"), "%s", err.why);
}

Test(ram_file, each_failing_call_leaves_nothing_behind)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		set_up();
		fake_fail_at(n, EIO);
		ret = make((struct ram_backing){ .file = "/dev/shm/ram" }, SIZE, false);
		cr_assert_eq(ret, fake_failed() ? -EIO : 0);
		end();
		if (!fake_failed())
			break;
	}
}
