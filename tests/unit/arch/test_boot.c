// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#include "arch/arch.h"
#include "arch/common/kvm_arm.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/own.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define MIB          (1ULL << 20)
#define GIB          (1ULL << 30)
#define RAM_BASE     0x40000000ULL
#define KERNEL_BYTES 100000

static struct vm vm;
static struct vcpu vcpu;
static struct arch_cpu_config config;
static uint64_t mmfr0, set_pc, set_x[3];
static uint8_t kernel[KERNEL_BYTES];

static int vcpu_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	const struct kvm_one_reg *reg = arg;
	uint64_t *value = (uint64_t *)(uintptr_t)reg->addr;

	(void)fd;
	(void)opaque;
	if (request == KVM_GET_ONE_REG) {
		cr_assert_eq(reg->id, 0x603000000013c038); /* ID_AA64MMFR0_EL1 */
		*value = mmfr0;
		return 0;
	}
	cr_assert_eq(request, KVM_SET_ONE_REG);
	if (reg->id == 0x6030000000100040) /* offsetof(struct kvm_regs, regs.pc) / 4 */
		set_pc = *value;
	else if (reg->id >= 0x6030000000100000 && reg->id <= 0x6030000000100004)
		set_x[(reg->id & 0xff) / 2] = *value;
	else
		cr_assert_fail("register %llx", (unsigned long long)reg->id);
	return 0;
}

static const struct fake_fd_ops vcpu_ops = { .ioctl = vcpu_ioctl };

/* A machine with one bank of so much (never touched) RAM. */
static void set_up(uint64_t ram_size)
{
	static struct ram_bank bank[1];

	fake_sys_reset();
	if (bank->hva)
		munmap(bank->hva, bank->gpa.size);
	memset(&vm, 0, sizeof(vm));
	memset(&vcpu, 0, sizeof(vcpu));
	vm.vcpus = &vcpu;
	vm.n_vcpus = 1;
	vcpu.fd = fake_fd_new(&vcpu_ops, NULL);
	vm.ram.banks = bank;
	vm.ram.n_banks = 1;
	vm.ram.size = ram_size;
	bank->gpa = (struct range){ RAM_BASE, ram_size };
	bank->hva = mmap(NULL, ram_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	cr_assert_neq(bank->hva, MAP_FAILED);
	mmfr0 = 0x00101122; /* 4, 16 and 64 KiB */
	config.aarch32 = ARCH_AUTO;
}

static void put(size_t at, uint64_t v)
{
	memcpy(kernel + at, &v, sizeof(v));
}

static void make_kernel(uint64_t text_offset, uint64_t image_size, uint64_t flags)
{
	for (size_t i = 0; i < sizeof(kernel); i++)
		kernel[i] = (uint8_t)(i * i >> 7);
	memset(kernel, 0, 64);
	put(8, text_offset);
	put(16, image_size);
	put(24, flags);
	put(56, 0x644d5241);
}

/* @data as a gzip file. */
static size_t pack(const uint8_t *data, size_t size, uint8_t *out, size_t max)
{
	z_stream z = { .next_in = (Bytef *)data,
		       .avail_in = (uInt)size,
		       .next_out = out,
		       .avail_out = (uInt)max };

	cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return max - z.avail_out;
}

static int load(const char *initrd, struct arch_boot *boot, struct err *err)
{
	struct boot_files files;
	unsigned int n_fds = fake_n_open_fds();
	int ret = boot_files_open(&files, "/Image", initrd, err);

	if (!ret)
		ret = arch_boot_probe(&files, &config, err);
	if (!ret)
		ret = arch_boot_load(&vm, &config, &files, boot, err);
	boot_files_close(&files);
	cr_expect_eq(fake_n_open_fds(), n_fds);
	return ret;
}

static void expect_kernel_at(uint64_t gpa)
{
	const uint8_t *at = (uint8_t *)vm.ram.banks[0].hva + (gpa - RAM_BASE);

	cr_expect_arr_eq(at, kernel, sizeof(kernel));
	cr_expect_eq(at[sizeof(kernel)], 0);
}

Test(boot, plain_kernel_with_initrd)
{
	struct arch_boot boot;
	struct err err;

	set_up(64 * MIB);
	make_kernel(0x80000, 0x200000, 0xa);
	fake_file_bytes("/Image", kernel, sizeof(kernel));
	fake_file("/initrd", "an initrd");
	cr_assert_eq(load("/initrd", &boot, &err), 0, "%s", err.what);
	cr_expect_eq(boot.entry, RAM_BASE + 0x80000);
	cr_expect_eq(boot.args[0], boot.dtb);
	cr_expect_eq(config.aarch32, ARCH_OFF);
	expect_kernel_at(boot.entry);
	cr_expect_eq(boot.initrd, RAM_BASE + 64 * MIB - 0x10000);
	cr_expect_eq(boot.initrd_size, 9);
	cr_expect_arr_eq(ram_ptr(&vm.ram, boot.initrd, 9), "an initrd", 9);
	cr_expect_eq(boot.dtb, RAM_BASE + 60 * MIB);
	cr_expect_eq(boot.dtb_max, 2 * MIB);
}

Test(boot, packed_kernels)
{
	static uint8_t file[2 * KERNEL_BYTES];
	struct arch_boot boot;
	struct err err;
	uint32_t at, size;

	/* gzip */
	set_up(16 * MIB);
	make_kernel(0, 0x200000, 0xa);
	size = (uint32_t)pack(kernel, sizeof(kernel), file, sizeof(file));
	fake_file_bytes("/Image", file, size);
	cr_assert_eq(load(NULL, &boot, &err), 0, "%s", err.what);
	cr_expect_eq(boot.initrd, 0);
	cr_expect_eq(boot.initrd_size, 0);
	expect_kernel_at(RAM_BASE);

	/* zboot: the same in an EFI program */
	set_up(16 * MIB);
	at = 5000;
	memmove(file + at, file, size);
	memset(file, 0, at);
	memcpy(file, "MZ\0\0zimg", 8);
	memcpy(file + 8, &at, 4);
	memcpy(file + 12, &size, 4);
	memcpy(file + 24, "gzip", 4);
	fake_file_bytes("/Image", file, at + size + 300);
	cr_assert_eq(load(NULL, &boot, &err), 0, "%s", err.what);
	expect_kernel_at(RAM_BASE);
}

Test(boot, damaged_packed_kernels)
{
	static uint8_t file[2 * KERNEL_BYTES], copy[2 * KERNEL_BYTES];
	struct arch_boot boot;
	struct err err;
	size_t size;

	make_kernel(0, 0x200000, 0xa);
	size = pack(kernel, sizeof(kernel), file, sizeof(file));
	for (size_t cut = 1; cut < size - 2; cut += size / 13) {
		set_up(16 * MIB);
		fake_file_bytes("/Image", file, size - cut);
		cr_expect_eq(load(NULL, &boot, &err), -EINVAL);
		cr_expect(strstr(err.what, "/Image: the file is truncated"), "%s", err.what);
	}
	for (size_t at = 20; at < size - 4; at += size / 13) {
		set_up(16 * MIB);
		memcpy(copy, file, size);
		copy[at] ^= 0x10;
		fake_file_bytes("/Image", copy, size);
		cr_expect_eq(load(NULL, &boot, &err), -EINVAL);
		cr_expect(strstr(err.what, "/Image"), "%s", err.what);
	}

	set_up(16 * MIB);
	size = pack((const uint8_t *)"#!/bin/sh", 9, file, sizeof(file));
	fake_file_bytes("/Image", file, size);
	cr_expect_eq(load(NULL, &boot, &err), -EINVAL);
	cr_expect(strstr(err.what, "packed by gzip, and inside it is too short"), "%s", err.what);
}

Test(boot, a_packed_kernel_larger_than_ram_stops_there)
{
	static uint8_t big[20 * MIB], file[MIB];
	struct arch_boot boot;
	struct err err;

	set_up(16 * MIB);
	make_kernel(0, 0, 0); /* does not say how much it needs */
	memcpy(big, kernel, 64);
	fake_file_bytes("/Image", file, pack(big, sizeof(big), file, sizeof(file)));
	cr_expect_eq(load(NULL, &boot, &err), -EINVAL);
	cr_expect(strstr(err.why, "larger than the 13"), "%s", err.why);
}

Test(boot, foreign_and_truncated_files)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
		{ "", "too short" },
		{ "\x7f"
		  "ELF……",
		  "ELF" },
		{ "no kernel at all, but long enough to be one, as far as that goes.", "unknown" },
	};
	struct arch_boot boot;
	struct err err;

	for (size_t i = 0; i < n_elems(cases); i++) {
		set_up(16 * MIB);
		fake_file("/Image", cases[i].text);
		cr_expect_eq(load(NULL, &boot, &err), -EINVAL);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
		cr_expect(strstr(err.what, cases[i].what), "%s", err.what);
		cr_expect(strstr(err.why, "arm64 Image"), "%s", err.why);
	}

	/* its EFI header promises more than there is */
	set_up(16 * MIB);
	make_kernel(0, 0x200000, 0xa);
	put(56, 0x644d5241 | 64ULL << 32);
	put(64, 0x0001aa6400004550); /* PE, one section, no optional header */
	put(80, 0);
	put(88 + 16, 0x1000ULL << 32 | 0x20000);
	fake_file_bytes("/Image", kernel, sizeof(kernel));
	cr_expect_eq(load(NULL, &boot, &err), -EINVAL);
	cr_expect(strstr(err.what, "truncated"), "%s", err.what);
	cr_expect(strstr(err.why, "132 KiB"), "%s", err.why);
}

Test(boot, page_size_that_the_cpu_lacks)
{
	static const struct {
		uint64_t flags, mmfr0;
		const char *what; /* NULL: boots */
	} cases[] = {
		{ 0xa, 0x00000000, NULL }, { 0xa, 0xf0000000, "pages of 4 KiB" },
		{ 0xc, 0x00100000, NULL }, { 0xc, 0x00000000, "pages of 16 KiB" },
		{ 0xe, 0x00000000, NULL }, { 0xe, 0x0f000000, "pages of 64 KiB" },
		{ 0x8, 0xff000000, NULL },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct arch_boot boot;
		struct err err;
		int ret;

		set_up(16 * MIB);
		make_kernel(0, 0x200000, cases[i].flags);
		fake_file_bytes("/Image", kernel, sizeof(kernel));
		mmfr0 = cases[i].mmfr0;
		ret = load(NULL, &boot, &err);
		cr_expect_eq(ret, cases[i].what ? -EINVAL : 0, "case %zu", i);
		if (ret && cases[i].what)
			cr_expect(strstr(err.what, cases[i].what), "%s", err.what);
	}
}

Test(boot, placement)
{
	static const struct {
		uint64_t ram, text_offset, image_size, initrd;
		uint64_t initrd_at, dtb_at; /* from the start of RAM; dtb_at 0: does not fit */
		const char *fix;
	} cases[] = {
		{ 16 * MIB, 0, 12 * MIB, 0, 0, 14 * MIB, NULL },
		{ 16 * MIB, 0, 14 * MIB, 0, 0, 14 * MIB, NULL },
		{ 16 * MIB, 1, 14 * MIB, 0, 0, 0, "--memory 18M" },
		{ 16 * MIB, 0, 10 * MIB, 3 * MIB, 13 * MIB, 10 * MIB, NULL },
		{ 16 * MIB, 0, 10 * MIB, 4 * MIB + 1, 0, 0, "--memory 18M" },
		/* old kernels want the DTB within 512 MiB, whatever RAM there is */
		{ 2 * GIB, 0, 0, MIB, 2 * GIB - MIB, 510 * MIB, NULL },
		/* the initrd within 32 GiB of the kernel */
		{ 64 * GIB, 0, 12 * MIB, MIB, 32 * GIB - MIB, 510 * MIB, NULL },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		owned_ptr uint8_t *initrd = calloc(1, cases[i].initrd + 1);
		struct arch_boot boot;
		struct err err;
		int ret;

		set_up(cases[i].ram);
		make_kernel(cases[i].text_offset, cases[i].image_size, 0xa);
		fake_file_bytes("/Image", kernel, sizeof(kernel));
		fake_file_bytes("/initrd", initrd, cases[i].initrd);
		ret = load(cases[i].initrd ? "/initrd" : NULL, &boot, &err);
		if (cases[i].fix) {
			cr_expect_eq(ret, -EINVAL, "case %zu", i);
			cr_expect(strstr(err.fix, cases[i].fix), "case %zu: %s", i, err.fix);
			continue;
		}
		cr_assert_eq(ret, 0, "case %zu: %s", i, err.what);
		cr_expect_eq(boot.dtb - RAM_BASE, cases[i].dtb_at, "case %zu", i);
		if (cases[i].initrd)
			cr_expect_eq(boot.initrd - RAM_BASE, cases[i].initrd_at, "case %zu", i);
	}
}

Test(boot, entry_and_dtb)
{
	const struct arch_boot boot = { .entry = RAM_BASE + 0x80000,
					.args = { 1, 2, 3 },
					.dtb = RAM_BASE + 4 * MIB,
					.dtb_max = 2 * MIB };
	static char big[2 * MIB + 1];
	struct err err;

	set_up(16 * MIB);
	cr_assert_eq(arch_boot_set_entry(&vm, &boot, "dtb", 3, &err), 0);
	cr_expect_eq(set_pc, boot.entry);
	cr_expect_arr_eq(set_x, boot.args, sizeof(set_x));
	cr_expect_arr_eq(ram_ptr(&vm.ram, boot.dtb, 3), "dtb", 3);

	cr_expect_eq(arch_boot_set_entry(&vm, &boot, big, sizeof(big), &err), -E2BIG);
	cr_expect(strstr(err.why, "2 MiB"), "%s", err.why);
}

Test(boot, files_must_be_regular)
{
	static const struct fake_fd_ops ops;
	struct arch_boot boot;
	struct err err;

	set_up(16 * MIB);
	cr_expect_eq(load(NULL, &boot, &err), -ENOENT);
	cr_expect(strstr(err.what, "open the kernel /Image"), "%s", err.what);
	fake_device("/Image", &ops, NULL);
	cr_expect_eq(load(NULL, &boot, &err), -EINVAL);
	cr_expect(strstr(err.what, "not a regular file"), "%s", err.what);
	fake_remove("/Image");
	fake_file("/Image", "");
	cr_expect_eq(load("/none", &boot, &err), -ENOENT);
	cr_expect(strstr(err.what, "open the initrd /none"), "%s", err.what);
}

Test(boot, each_failing_call_is_told_and_leaves_nothing)
{
	static uint8_t file[2 * KERNEL_BYTES];
	size_t size;

	make_kernel(0, 0x200000, 0xa);
	size = pack(kernel, sizeof(kernel), file, sizeof(file));
	for (unsigned int n = 1;; n++) {
		struct arch_boot boot;
		struct err err = { 0 };
		int ret;

		set_up(16 * MIB);
		fake_file_bytes("/Image", file, size);
		fake_file("/initrd", "an initrd");
		fake_fail_at(n, EIO);
		ret = load("/initrd", &boot, &err);
		if (!ret)
			ret = arch_boot_set_entry(&vm, &boot, "", 1, &err);
		if (!fake_failed()) {
			cr_expect_eq(ret, 0);
			cr_expect_gt(n, 10);
			break;
		}
		cr_expect_eq(ret, -EIO);
		cr_expect(err.what[0]);
	}
}
