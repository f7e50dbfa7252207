// SPDX-License-Identifier: GPL-2.0-only
#include "arch/arm64/image.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "vmm/base/range.h"

/* Image header, booting.rst "Call the kernel image". */
#define IMAGE_TEXT_OFFSET 8
#define IMAGE_SIZE        16
#define IMAGE_FLAGS       24
#define IMAGE_MAGIC       56
#define IMAGE_PE_OFFSET   60
#define IMAGE_HEADER_SIZE 64

#define IMAGE_FLAG_BE 1

#define SIZE_LIMIT (1ULL << 40) /* no kernel comes near; sums of such numbers do not wrap */

#define TEXT_OFFSET_OLD 0x80000 /* before Linux 3.17, which leave image_size 0 */

/* zboot-header.S */
#define ZBOOT_MAGIC       4
#define ZBOOT_OFFSET      8
#define ZBOOT_SIZE        12
#define ZBOOT_COMPRESSION 24
#define ZBOOT_HEADER_SIZE 64

/* The EFI stub's header tells how long the file is (Microsoft, PE format). */
#define PE_N_SECTIONS      6
#define PE_OPT_SIZE        20
#define PE_HEADER_SIZE     24
#define PE_SECTION_SIZE    40
#define PE_SECTION_RAWSIZE 16
#define PE_SECTION_RAW     20

static uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool has(const uint8_t *head, size_t size, size_t at, const char *magic, size_t n)
{
	return size >= at + n && !memcmp(head + at, magic, n);
}

enum image_kind image_kind(const uint8_t *head, size_t size, const char **what)
{
	static const struct {
		size_t at;
		const char *magic;
		size_t n;
		const char *what;
	} foreign[] = {
		{ 0x24, "\x18\x28\x6f\x01", 4, "a 32-bit Arm zImage" },
		{ 0,
		  "\x7f"
		  "ELF",
		  4, "an ELF file (a vmlinux?)" },
		{ 0x202, "HdrS", 4, "an x86 bzImage" },
		{ 0, "\x27\x05\x19\x56", 4, "a U-Boot uImage" },
		{ 0, "\xd0\x0d\xfe\xed", 4, "a device tree, or a FIT image" },
		{ 0,
		  "\xfd"
		  "7zXZ",
		  5, "compressed by xz" },
		{ 0, "\x28\xb5\x2f\xfd", 4, "compressed by zstd" },
		{ 0, "\x02\x21\x4c\x18", 4, "compressed by lz4" },
		{ 0, "BZh", 3, "compressed by bzip2" },
		{ 0, "MZ", 2, "an EFI program" },
	};

	*what = "an arm64 Image";
	if (size >= IMAGE_HEADER_SIZE && has(head, size, IMAGE_MAGIC, "ARM\x64", 4))
		return IMAGE_ARM64;
	if (has(head, size, 0, "\x1f\x8b", 2))
		return IMAGE_GZIP;
	if (size >= ZBOOT_HEADER_SIZE && has(head, size, 0, "MZ", 2) &&
	    has(head, size, ZBOOT_MAGIC, "zimg", 4))
		return IMAGE_ZBOOT;
	for (size_t i = 0; i < n_elems(foreign); i++) {
		*what = foreign[i].what;
		if (has(head, size, foreign[i].at, foreign[i].magic, foreign[i].n))
			return IMAGE_OTHER;
	}
	*what = size < IMAGE_HEADER_SIZE ? "too short for any kernel" : "of an unknown kind";
	return IMAGE_OTHER;
}

/* End of the last section's bytes in the file; 0 when @head does not hold a whole PE header. */
static uint64_t pe_file_size(const uint8_t *head, size_t size)
{
	size_t pe = get32(head + IMAGE_PE_OFFSET);
	size_t n, section;
	uint64_t end = 0;

	if (pe < IMAGE_HEADER_SIZE || !has(head, size, pe, "PE\0", 4) || size < pe + PE_HEADER_SIZE)
		return 0;
	n = get16(head + pe + PE_N_SECTIONS);
	section = pe + PE_HEADER_SIZE + get16(head + pe + PE_OPT_SIZE);
	if (size < section + n * PE_SECTION_SIZE)
		return 0;
	for (; n; n--, section += PE_SECTION_SIZE) {
		uint64_t last = (uint64_t)get32(head + section + PE_SECTION_RAW) +
				get32(head + section + PE_SECTION_RAWSIZE);

		end = last > end ? last : end;
	}
	return end;
}

int image_parse(const uint8_t *head, size_t size, const char *name, struct image_header *header,
		struct err *err)
{
	static const unsigned int page_kib[] = { 0, 4, 16, 64 };
	uint64_t flags = get64(head + IMAGE_FLAGS);

	header->text_offset = get64(head + IMAGE_TEXT_OFFSET);
	header->image_size = get64(head + IMAGE_SIZE);
	header->file_size = pe_file_size(head, size);
	if (!header->image_size) {
		/* flags did not exist either */
		header->text_offset = TEXT_OFFSET_OLD;
		header->page_kib = 0;
		return 0;
	}
	header->page_kib = page_kib[flags >> 1 & 3];
	if (header->text_offset > SIZE_LIMIT || header->image_size > SIZE_LIMIT) {
		err_usage(err, "the header of the kernel %s is corrupt", name);
		err_why(err, "it claims 0x%llx bytes at offset 0x%llx",
			(unsigned long long)header->image_size,
			(unsigned long long)header->text_offset);
		err_fix(err, "copy or download it again");
		return err->code;
	}
	if (flags & IMAGE_FLAG_BE) {
		err_usage(err, "the kernel %s is a big-endian one", name);
		err_fix(err, "use a little-endian arm64 kernel (built without CPU_BIG_ENDIAN)");
		return err->code;
	}
	return 0;
}

int image_zboot_payload(const uint8_t *head, uint64_t file_size, const char *name, uint64_t *offset,
			uint64_t *packed_size, struct err *err)
{
	const char *compression = (const char *)head + ZBOOT_COMPRESSION;
	size_t max = IMAGE_PE_OFFSET - 4 - ZBOOT_COMPRESSION;

	*offset = get32(head + ZBOOT_OFFSET);
	*packed_size = get32(head + ZBOOT_SIZE);
	if (strncmp(compression, "gzip", max)) {
		err_usage(err, "the kernel %s is an EFI zboot image compressed by %.*s", name,
			  (int)max, compression);
		err_why(err, "dais unpacks gzip only");
		err_fix(err, "give the arm64 Image that it was made from");
		return err->code;
	}
	if (*packed_size > file_size || *offset > file_size - *packed_size) {
		err_usage(err, "the kernel %s is truncated", name);
		err_why(err, "its header promises %llu bytes, the file has %llu",
			(unsigned long long)(*offset + *packed_size),
			(unsigned long long)file_size);
		err_fix(err, "copy or download it again");
		return err->code;
	}
	return 0;
}
