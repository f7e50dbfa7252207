// SPDX-License-Identifier: GPL-2.0-only
#include "arch/arm64/image.h"

#include <stdbool.h>
#include <string.h>

#include "arch/common/le.h"

/* Image header, booting.rst "Call the kernel image". */
#define IMAGE_TEXT_OFFSET 8
#define IMAGE_SIZE        16
#define IMAGE_FLAGS       24
#define IMAGE_PE_OFFSET   60
#define IMAGE_HEADER_SIZE 64

#define IMAGE_FLAG_BE 1

#define SIZE_LIMIT (1ULL << 40) /* no kernel comes near; sums of such numbers do not wrap */

#define TEXT_OFFSET_OLD 0x80000 /* before Linux 3.17, which leave image_size 0 */

/* The EFI stub's header tells how long the file is (Microsoft, PE format). */
#define PE_N_SECTIONS      6
#define PE_OPT_SIZE        20
#define PE_HEADER_SIZE     24
#define PE_SECTION_SIZE    40
#define PE_SECTION_RAWSIZE 16
#define PE_SECTION_RAW     20

/* End of the last section's bytes in the file; 0 when @head does not hold a whole PE header. */
static uint64_t pe_file_size(const uint8_t *head, size_t size)
{
	size_t pe = get_le32(head + IMAGE_PE_OFFSET);
	size_t n, section;
	uint64_t end = 0;

	if (pe < IMAGE_HEADER_SIZE || size < pe + PE_HEADER_SIZE || memcmp(head + pe, "PE\0", 4))
		return 0;
	n = get_le16(head + pe + PE_N_SECTIONS);
	section = pe + PE_HEADER_SIZE + get_le16(head + pe + PE_OPT_SIZE);
	if (size < section + n * PE_SECTION_SIZE)
		return 0;
	for (; n; n--, section += PE_SECTION_SIZE) {
		uint64_t last = (uint64_t)get_le32(head + section + PE_SECTION_RAW) +
				get_le32(head + section + PE_SECTION_RAWSIZE);

		end = last > end ? last : end;
	}
	return end;
}

int image_parse(const uint8_t *head, size_t size, const char *name, struct image_header *header,
		struct err *err)
{
	static const unsigned int page_kib[] = { 0, 4, 16, 64 };
	uint64_t flags = get_le64(head + IMAGE_FLAGS);

	header->text_offset = get_le64(head + IMAGE_TEXT_OFFSET);
	header->image_size = get_le64(head + IMAGE_SIZE);
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
