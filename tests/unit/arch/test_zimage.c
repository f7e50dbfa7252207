// SPDX-License-Identifier: GPL-2.0-only
/* 32-bit kernels: what their files say, what of it is believed, and where they are loaded. */
#include <criterion/criterion.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/common/image.h"
#include "arch/common/zimage.h"
#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define MIB      (1ULL << 20)
#define RAM_BASE 0x40000000ULL
#define SIZE     0x10000
#define TABLE    0x4010
#define PIGGY    0xff01 /* as in real ones, not aligned */

static uint8_t file[SIZE + 100]; /* with a device tree behind it */
static char ram[64 * MIB];

static void put32(size_t at, uint32_t v)
{
	v = htole32(v);
	memcpy(file + at, &v, sizeof(v));
}

static void put_table(const uint32_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put32(TABLE + 4 * i, words[i]);
}

#define PUT_TABLE(...)                                    \
	do {                                              \
		const uint32_t words[] = { __VA_ARGS__ }; \
		put_table(words, n_elems(words));         \
	} while (0)

/* As Linux 6.1 makes one. */
static void make_zimage(void)
{
	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)(i * i >> 7);
	put32(0x24, 0x016f2818);
	put32(0x28, 0);
	put32(0x2c, SIZE);
	put32(0x30, 0x04030201);
	put32(0x34, 0x45454545);
	put32(0x38, TABLE);
	PUT_TABLE(6, 0x5a534c4b, PIGGY, 0x30000, 0x208000, 0x10000, 0);
	put32(PIGGY, 0x700000);
}

static int read_it(size_t size, struct zimage *z, struct err *err)
{
	int fd, ret;

	fake_sys_reset();
	fake_file_bytes("/zImage", file, size);
	fd = sys_open("/zImage", 0);
	ret = zimage_read(fd, size, "/zImage", z, err);
	sys_close(fd);
	return ret;
}

Test(zimage, tells_how_much_it_unpacks_and_where)
{
	struct zimage z;
	struct err err;

	make_zimage();
	cr_assert_eq(read_it(sizeof(file), &z, &err), 0, "%s", err.what);
	cr_expect_eq(z.size, SIZE);
	cr_expect_eq(z.text_offset, 0x208000);
	cr_expect_eq(z.unpacked, 0x730000);
	cr_expect_eq(zimage_offset(&z), 0x940000); /* 0x938000, rounded */

	/* an entry of another kind before it; an older one without TEXT_OFFSET: the largest */
	PUT_TABLE(3, 0x12345678, 0, 4, 0x5a534c4b, PIGGY, 0x30000, 0);
	cr_assert_eq(read_it(sizeof(file), &z, &err), 0, "%s", err.what);
	cr_expect_eq(z.text_offset, 0x308000);
	cr_expect_eq(z.unpacked, 0x730000);

	/* still older ones without a table; and linked to an address */
	put32(0x34, 0);
	put32(0x28, 0x60008000);
	put32(0x2c, 0x60008000 + SIZE);
	cr_assert_eq(read_it(sizeof(file), &z, &err), 0, "%s", err.what);
	cr_expect_eq(z.size, SIZE);
	cr_expect_eq(z.unpacked, 5 * SIZE);
}

Test(zimage, headers_that_lie_are_refused)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *says;
	} cases[] = {
		{ 0x2c, SIZE + 101, "truncated" },
		{ 0x2c, 0, "ends before it has begun" },
		{ 0x2c, 0x3f, "ends before it has begun" },
		{ 0x28, SIZE + 1, "ends before it has begun" },
		{ 0x30, 0x01020304, "big-endian" },
		{ 0x38, SIZE, "does not tell" },
		{ 0x38, 0xfffffff0, "does not tell" },
		{ 0x38, SIZE - 7, "does not tell" },
		{ TABLE, 0, "does not tell" },
		{ TABLE, 1, "does not tell" },
		{ TABLE, 3, "does not tell" },
		{ TABLE, 65, "does not tell" },
		{ TABLE, 0xffffffff, "does not tell" },
		{ TABLE + 8, SIZE - 3, "beyond its end" },
		{ TABLE + 8, 0xffffffff, "beyond its end" },
		{ TABLE + 12, 0xffffffff, "too large" },
		{ TABLE + 16, 0x08000000, "too large" },
		{ PIGGY, 0xffffffff, "too large" },
	};
	struct zimage z;
	struct err err;

	for (size_t i = 0; i < n_elems(cases); i++) {
		make_zimage();
		put32(cases[i].at, cases[i].value);
		cr_expect_eq(read_it(sizeof(file), &z, &err), -EINVAL, "case %zu", i);
		cr_expect(err_says(&err, cases[i].says), "case %zu: %s: %s", i, err.what, err.why);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	}
}

/* Whatever the words of header and table say: an error, or something that can be loaded. */
Test(zimage, any_header_is_survived)
{
	static const size_t words[] = { 0x28,       0x2c,       0x30,       0x34,
					0x38,       TABLE,      TABLE + 4,  TABLE + 8,
					TABLE + 12, TABLE + 16, TABLE + 20, PIGGY };
	uint32_t random = 1;

	for (unsigned int round = 0; round < 4000; round++) {
		struct zimage z = { 0 };
		struct err err;

		make_zimage();
		for (unsigned int i = 0; i <= round % 3; i++) {
			random = random * 1664525 + 1013904223;
			put32(words[(random >> 8) % n_elems(words)], random >> (random >> 27));
		}
		if (read_it(sizeof(file) - round % 7 * 30, &z, &err))
			continue;
		cr_assert_leq(z.size, sizeof(file));
		cr_assert_leq(zimage_offset(&z) + zimage_extent(&z), 128 * MIB);
		cr_assert_geq(zimage_offset(&z), z.text_offset + z.unpacked);
	}
	for (size_t size = 0x28; size < SIZE; size += size < 100 ? 1 : 999) {
		struct zimage z;
		struct err err;

		make_zimage();
		cr_expect_eq(read_it(size, &z, &err), -EINVAL);
		cr_expect(err_says(&err, size < 0x40 ? "corrupt" : "truncated"), "%s", err.what);
	}
}

static int boot(struct arch_cpu_config *config, uint64_t ram_size, struct arch_boot *boot,
		struct err *err)
{
	struct ram_bank bank = { .gpa = { RAM_BASE, ram_size }, .hva = ram };
	struct vcpu vcpu = { .fd = -1 };
	struct vm vm = {
		.ram = { .banks = &bank, .n_banks = 1, .size = ram_size },
		.vcpus = &vcpu,
		.n_vcpus = 1,
	};
	struct boot_files files;
	int ret = boot_files_open(&files, "/zImage", "/initrd", err);

	memset(ram, 0, sizeof(ram));
	if (!ret)
		ret = arch_boot_probe(&files, config, err);
	if (!ret)
		ret = arch_boot_load(&vm, config, &files, boot, err);
	boot_files_close(&files);
	return ret;
}

static void put_files(void)
{
	fake_sys_reset();
	make_zimage();
	fake_file_bytes("/zImage", file, sizeof(file));
	fake_file("/initrd", "an initrd");
}

Test(zimage, is_loaded_behind_what_it_unpacks)
{
	struct arch_cpu_config config = { 0 };
	struct arch_boot at;
	struct err err;

	put_files();
	cr_assert_eq(boot(&config, 64 * MIB, &at, &err), 0, "%s", err.what);
	cr_expect_eq(config.aarch32, ARCH_ON);
	cr_expect_eq(at.entry, RAM_BASE + 0x940000);
	cr_expect_arr_eq(ram + 0x940000, file, SIZE);
	/* the kernel would prefer a tree that is appended: only the zImage itself is loaded */
	cr_expect_eq(ram[0x940000 + SIZE], 0);
	cr_expect_eq(at.args[0], 0);
	cr_expect_eq(at.args[1], 0xffffffff);
	cr_expect_eq(at.args[2], at.dtb);
	cr_expect_eq(at.dtb, RAM_BASE + 60 * MIB);
	cr_expect_arr_eq(ram + (at.initrd - RAM_BASE), "an initrd", 9);

	put_files();
	cr_expect_eq(boot(&config, 12 * MIB, &at, &err), -EINVAL);
	cr_expect(err_says(&err, "does not fit into the guest's 12 MiB"), "%s", err.what);
	cr_expect(strstr(err.fix, "--memory 16M"), "%s", err.fix);
}

Test(zimage, wants_the_vcpus_that_were_asked_for)
{
	struct arch_cpu_config config = { .aarch32 = ARCH_OFF };
	struct arch_boot at;
	struct err err;

	put_files();
	cr_expect_eq(boot(&config, 64 * MIB, &at, &err), -EINVAL);
	cr_expect(err_says(&err, "/zImage is a 32-bit (a zImage) one"), "%s", err.what);
	cr_expect(strstr(err.fix, "aarch32=no"), "%s", err.fix);

	config.aarch32 = ARCH_ON;
	memset(file, 0, 64);
	memcpy(file + 56, "ARM\x64", 4);
	fake_file_bytes("/zImage", file, sizeof(file));
	cr_expect_eq(boot(&config, 64 * MIB, &at, &err), -EINVAL);
	cr_expect(err_says(&err, "/zImage is a 64-bit"), "%s", err.what);
	cr_expect(err_says(&err, "vCPUs are 32-bit"), "%s", err.why);
}

Test(zimage, each_failing_call_is_told)
{
	for (unsigned int n = 1;; n++) {
		struct arch_cpu_config config = { 0 };
		unsigned int n_fds;
		struct arch_boot at;
		struct err err = { 0 };
		int ret;

		put_files();
		n_fds = fake_n_open_fds();
		fake_fail_at(n, EIO);
		ret = boot(&config, 64 * MIB, &at, &err);
		cr_expect_eq(fake_n_open_fds(), n_fds);
		if (!fake_failed()) {
			cr_expect_eq(ret, 0);
			cr_expect_gt(n, 10);
			break;
		}
		cr_expect_eq(ret, -EIO);
		cr_expect(err.what[0]);
	}
}
