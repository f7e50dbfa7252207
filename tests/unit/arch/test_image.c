// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "arch/common/image.h"
#include "vmm/base/range.h"

static uint8_t head[IMAGE_HEAD_SIZE];

static void put32(size_t at, uint32_t v)
{
	v = htole32(v);
	memcpy(head + at, &v, sizeof(v));
}

static void put64(size_t at, uint64_t v)
{
	put32(at, (uint32_t)v);
	put32(at + 4, (uint32_t)(v >> 32));
}

static void make_image(uint64_t text_offset, uint64_t image_size, uint64_t flags)
{
	memset(head, 0, sizeof(head));
	put64(8, text_offset);
	put64(16, image_size);
	put64(24, flags);
	memcpy(head + 56, "ARM\x64", 4);
}

Test(image, kinds)
{
	static const struct {
		size_t at;
		const char *magic;
		size_t n, size;
		enum image_kind kind;
		const char *what;
	} cases[] = {
		{ 56, "ARM\x64", 4, 64, IMAGE_ARM64, "arm64" },
		{ 56, "ARM\x64", 4, 63, IMAGE_OTHER, "too short" },
		{ 0, "\x1f\x8b\x08", 3, 100, IMAGE_GZIP, NULL },
		{ 0, "MZ\0\0zimg", 8, 64, IMAGE_ZBOOT, NULL },
		{ 0, "MZ", 2, 4096, IMAGE_OTHER, "EFI program" },
		{ 0x24, "\x18\x28\x6f\x01", 4, 4096, IMAGE_ZIMAGE, "32-bit Arm zImage" },
		{ 0,
		  "\x7f"
		  "ELF",
		  4, 4096, IMAGE_OTHER, "vmlinux" },
		{ 0x202, "HdrS", 4, 4096, IMAGE_OTHER, "x86 bzImage" },
		{ 0, "\x27\x05\x19\x56", 4, 4096, IMAGE_OTHER, "uImage" },
		{ 0, "\x28\xb5\x2f\xfd", 4, 4096, IMAGE_OTHER, "zstd" },
		{ 0, "#!/bin/sh", 9, 4096, IMAGE_OTHER, "unknown" },
		{ 0, "", 0, 0, IMAGE_OTHER, "too short" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		const char *what;

		memset(head, 0, sizeof(head));
		memcpy(head + cases[i].at, cases[i].magic, cases[i].n);
		cr_expect_eq(image_kind(head, cases[i].size, &what), cases[i].kind, "case %zu", i);
		if (cases[i].what)
			cr_expect(strstr(what, cases[i].what), "case %zu: %s", i, what);
	}
}

Test(image, header_fields)
{
	static const struct {
		uint64_t text_offset, image_size, flags, want_offset;
		unsigned int page_kib;
	} cases[] = {
		{ 0, 0x1000000, 0xa, 0, 4 },
		{ 0x80000, 0x1000000, 0x4, 0x80000, 16 },
		{ 0, 0x1000000, 0xe, 0, 64 },
		{ 0x10000, 0x1000000, 0, 0x10000, 0 },
		/* before Linux 3.17 nothing but the magic is to be trusted */
		{ 0x0000080000000000, 0, ~0ULL, 0x80000, 0 },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct image_header h;
		struct err err;

		make_image(cases[i].text_offset, cases[i].image_size, cases[i].flags);
		cr_assert_eq(image_parse(head, sizeof(head), "Image", &h, &err), 0);
		cr_expect_eq(h.text_offset, cases[i].want_offset);
		cr_expect_eq(h.image_size, cases[i].image_size);
		cr_expect_eq(h.page_kib, cases[i].page_kib);
		cr_expect_eq(h.file_size, 0);
	}
}

Test(image, what_cannot_boot_is_refused)
{
	struct image_header h;
	struct err err;

	make_image(0, 0x1000000, 1);
	cr_expect_eq(image_parse(head, sizeof(head), "Image.be", &h, &err), -EINVAL);
	cr_expect(strstr(err.what, "Image.be is a big-endian"), "%s", err.what);

	make_image(0, ~0ULL, 0);
	cr_expect_eq(image_parse(head, sizeof(head), "Image", &h, &err), -EINVAL);
	cr_expect(strstr(err.what, "corrupt"), "%s", err.what);
	make_image(~0ULL, 0x1000, 0);
	cr_expect_eq(image_parse(head, sizeof(head), "Image", &h, &err), -EINVAL);
}

Test(image, the_efi_header_tells_the_files_size)
{
	struct image_header h;
	struct err err;

	make_image(0, 0x1000000, 0xa);
	put32(60, 64);
	memcpy(head + 64, "PE\0", 4);
	put32(64 + 4, 2 << 16 | 0xaa64); /* two sections */
	put32(64 + 20, 0xa0);
	put32(64 + 24 + 0xa0 + 16, 0x800000); /* raw size and place of .text */
	put32(64 + 24 + 0xa0 + 20, 0x10000);
	put32(64 + 24 + 0xa0 + 40 + 16, 0x1000);
	put32(64 + 24 + 0xa0 + 40 + 20, 0x810000);
	cr_assert_eq(image_parse(head, sizeof(head), "Image", &h, &err), 0);
	cr_expect_eq(h.file_size, 0x811000);

	/* headers that do not fit tell nothing, and read nothing beyond */
	for (size_t size = 64; size < 64 + 24 + 0xa0 + 80; size++) {
		cr_assert_eq(image_parse(head, size, "Image", &h, &err), 0);
		cr_expect_eq(h.file_size, 0);
	}
	put32(60, 0xfffffff0);
	cr_assert_eq(image_parse(head, sizeof(head), "Image", &h, &err), 0);
	cr_expect_eq(h.file_size, 0);
}

Test(image, zboot_payload)
{
	uint64_t offset, size;
	struct err err;

	memset(head, 0, sizeof(head));
	memcpy(head, "MZ\0\0zimg", 8);
	put32(8, 0x2000);
	put32(12, 0x5000);
	memcpy(head + 24, "gzip", 4);
	cr_assert_eq(image_zboot_payload(head, 0x7000, "vmlinuz", &offset, &size, &err), 0);
	cr_expect_eq(offset, 0x2000);
	cr_expect_eq(size, 0x5000);

	cr_expect_eq(image_zboot_payload(head, 0x6fff, "vmlinuz", &offset, &size, &err), -EINVAL);
	cr_expect(strstr(err.what, "truncated"), "%s", err.what);

	memcpy(head + 24, "zstd22", 6);
	cr_expect_eq(image_zboot_payload(head, 0x7000, "vmlinuz", &offset, &size, &err), -EINVAL);
	cr_expect(strstr(err.what, "zstd22"), "%s", err.what);
	memset(head + 24, 'x', sizeof(head) - 24); /* no end */
	cr_expect_eq(image_zboot_payload(head, 0x7000, "vmlinuz", &offset, &size, &err), -EINVAL);
}
