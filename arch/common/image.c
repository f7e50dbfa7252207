// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/image.h"

#include <stdbool.h>

#include "arch/arch.h"
#include "arch/common/gunzip.h"
#include "arch/common/le.h"
#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/ram/ram.h"

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

/* The EFI stub's header tells how long the file is (Microsoft, PE format). */
#define PE_N_SECTIONS      6
#define PE_OPT_SIZE        20
#define PE_HEADER_SIZE     24
#define PE_SECTION_SIZE    40
#define PE_SECTION_RAWSIZE 16
#define PE_SECTION_RAW     20

/* zboot-header.S */
#define ZBOOT_MAGIC           4
#define ZBOOT_OFFSET          8
#define ZBOOT_SIZE            12
#define ZBOOT_COMPRESSION     24
#define ZBOOT_COMPRESSION_MAX 32 /* bytes, up to the offset of the PE header */
#define ZBOOT_HEADER_SIZE     64

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
		enum image_kind kind;
	} others[] = {
		/* arch/arm/boot/compressed/head.S */
		{ 0x24, "\x18\x28\x6f\x01", 4, "a 32-bit Arm zImage", IMAGE_ZIMAGE },
		{ 0, "\177ELF", 4, "an ELF file (a vmlinux?)", IMAGE_OTHER },
		{ 0x202, "HdrS", 4, "an x86 bzImage", IMAGE_OTHER },
		{ 0, "\x27\x05\x19\x56", 4, "a U-Boot uImage", IMAGE_OTHER },
		{ 0, "\xd0\x0d\xfe\xed", 4, "a device tree, or a FIT image", IMAGE_OTHER },
		{ 0, "\3757zXZ", 5, "compressed by xz", IMAGE_OTHER },
		{ 0, "\x28\xb5\x2f\xfd", 4, "compressed by zstd", IMAGE_OTHER },
		{ 0, "\x02\x21\x4c\x18", 4, "compressed by lz4", IMAGE_OTHER },
		{ 0, "BZh", 3, "compressed by bzip2", IMAGE_OTHER },
		{ 0, "MZ", 2, "an EFI program", IMAGE_OTHER },
	};

	*what = "an arm64 Image";
	if (size >= IMAGE_HEADER_SIZE && has(head, size, IMAGE_MAGIC, "ARM\x64", 4))
		return IMAGE_ARM64;
	if (has(head, size, 0, "\x1f\x8b", 2))
		return IMAGE_GZIP;
	if (size >= ZBOOT_HEADER_SIZE && has(head, size, 0, "MZ", 2) &&
	    has(head, size, ZBOOT_MAGIC, "zimg", 4))
		return IMAGE_ZBOOT;
	for (size_t i = 0; i < n_elems(others); i++) {
		*what = others[i].what;
		if (has(head, size, others[i].at, others[i].magic, others[i].n))
			return others[i].kind;
	}
	*what = size < IMAGE_HEADER_SIZE ? "too short for any kernel" : "of an unknown kind";
	return IMAGE_OTHER;
}

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
		return err_fix(err, "copy or download it again");
	}
	if (flags & IMAGE_FLAG_BE) {
		err_usage(err, "the kernel %s is a big-endian one", name);
		return err_fix(err,
			       "use a little-endian arm64 kernel (built without CPU_BIG_ENDIAN)");
	}
	return 0;
}

int image_zboot_payload(const uint8_t *head, uint64_t file_size, const char *name, uint64_t *offset,
			uint64_t *packed_size, struct err *err)
{
	const char *compression = (const char *)head + ZBOOT_COMPRESSION;

	*offset = get_le32(head + ZBOOT_OFFSET);
	*packed_size = get_le32(head + ZBOOT_SIZE);
	if (memcmp(compression, "gzip", sizeof("gzip"))) {
		err_usage(err, "the kernel %s is an EFI zboot image compressed by %.*s", name,
			  ZBOOT_COMPRESSION_MAX, compression);
		err_why(err, "dais unpacks gzip only");
		return err_fix(err, "give the arm64 Image that it was made from");
	}
	if (*packed_size > file_size || *offset > file_size - *packed_size) {
		err_usage(err, "the kernel %s is truncated", name);
		err_why(err, "its header promises %llu bytes, the file has %llu",
			(unsigned long long)(*offset + *packed_size),
			(unsigned long long)file_size);
		return err_fix(err, "copy or download it again");
	}
	return 0;
}

int image_file_size(int fd, const char *what, uint64_t *size, struct err *err)
{
	struct stat st;
	int ret = sys_fstat(fd, &st);

	if (ret < 0)
		return err_set(err, ret, "stat %s", what);
	*size = (uint64_t)st.st_size;
	return 0;
}

ssize_t image_read(struct image *image, void *buf, size_t size, struct err *err)
{
	uint64_t left = image->size - image->offset;
	size_t n = size < left ? size : (size_t)left;
	int ret;

	if (image->gunzip)
		return gunzip_read(image->gunzip, buf, size, err);
	ret = ram_read_file(image->n_threads, buf, n, image->fd, image->offset);
	if (ret < 0)
		return err_set(err, ret, "read the kernel %s", image->name);
	image->offset += n;
	return (ssize_t)n;
}

static int read_head(struct image *image, struct err *err)
{
	ssize_t n = image_read(image, image->head, sizeof(image->head), err);

	image->head_size = n < 0 ? 0 : (size_t)n;
	return n < 0 ? (int)n : 0;
}

static int no_kernel(const char *name, const char *packed, const char *what, struct err *err)
{
	err_usage(err, "the kernel %s is %s%s", name, packed, what);
	err_why(err, "a guest boots an arm64 Image (plain, packed by gzip, or an EFI zboot image "
		     "of that) or a 32-bit kernel's zImage");
	return err_fix(err,
		       "give arch/arm64/boot/Image or arch/arm/boot/zImage of a kernel build, or a "
		       "distribution's /boot/vmlinuz");
}

static int open_packed(struct image *image, struct err *err)
{
	uint64_t at = 0, size = image->size;
	const char *what;
	int ret = 0;

	if (image->kind == IMAGE_ZBOOT)
		ret = image_zboot_payload(image->head, image->size, image->name, &at, &size, err);
	if (ret >= 0)
		ret = gunzip_open(image->fd, at, size, image->name, &image->gunzip, err);
	if (ret >= 0)
		ret = read_head(image, err);
	if (ret < 0)
		return ret;
	image->kind = image_kind(image->head, image->head_size, &what);
	if (image->kind != IMAGE_ARM64)
		return no_kernel(image->name, "packed by gzip, and inside it is ", what, err);
	return image_parse(image->head, image->head_size, image->name, &image->header, err);
}

int image_open(struct image *image, const struct boot_files *files, struct err *err)
{
	const char *what;
	int ret;

	image->name = files->kernel_path;
	image->fd = files->kernel_fd;
	ret = image_file_size(image->fd, image->name, &image->size, err);
	if (ret >= 0)
		ret = read_head(image, err);
	if (ret < 0)
		return ret;
	image->kind = image_kind(image->head, image->head_size, &what);
	switch (image->kind) {
	case IMAGE_ARM64:
		return image_parse(image->head, image->head_size, image->name, &image->header, err);
	case IMAGE_ZIMAGE:
		if (!BUILT(AARCH32))
			return err_not_built(err, "AARCH32");
		ret = zimage_read(image->fd, image->size, image->name, &image->zimage, err);
		if (ret >= 0)
			image->size = image->zimage.size;
		if (image->head_size > image->size)
			image->head_size = image->offset = image->size;
		return ret;
	case IMAGE_GZIP:
	case IMAGE_ZBOOT:
		return open_packed(image, err);
	default:
		return no_kernel(image->name, "", what, err);
	}
}

void image_close(struct image *image)
{
	if (image)
		gunzip_close(image->gunzip);
}
