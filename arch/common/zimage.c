// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/zimage.h"

#include "arch/common/le.h"
#include "vmm/base/file.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

/* head.S */
#define ZIMAGE_START       0x28
#define ZIMAGE_END         0x2c
#define ZIMAGE_ENDIAN      0x30
#define ZIMAGE_TABLE_MAGIC 0x34
#define ZIMAGE_TABLE       0x38
#define ZIMAGE_HEADER_SIZE 0x40
#define ENDIAN_BIG         0x01020304 /* 0x04030201 as a big-endian kernel writes it */
#define TABLE_MAGIC        0x45454545
#define TABLE_MAX          256 /* bytes that are looked at */

/*
 * An entry of the table, in words: how many it has, which, and what it says: where the size of the
 * unpacked kernel stands, and the size of its .bss; in newer
 * ones TEXT_OFFSET too.
 */
#define ENTRY_KERNEL      0x5a534c4b
#define ENTRY_PIGGY_SIZE  2
#define ENTRY_BSS_SIZE    3
#define ENTRY_TEXT_OFFSET 4

/* Without a table: the largest of arch/arm/Makefile, and more than any compressor achieves. */
#define TEXT_OFFSET_MAX 0x308000
#define RATIO_MAX       5

/* BSS_START to the end of MALLOC_SIZE, 64 KiB, and room for a future that wants more. */
#define WORKSPACE    (1ULL << 20)
#define OFFSET_ALIGN (64ULL << 10)

static int corrupt(const char *name, const char *why, struct err *err)
{
	err_usage(err, "the header of the kernel %s is corrupt", name);
	err_why(err, "%s", why);
	return err_fix(err, "copy or download it again");
}

static int read_at(int fd, void *buf, size_t size, uint64_t at, const char *name, struct err *err)
{
	int ret = file_pread_all(fd, buf, size, at);

	return ret < 0 ? err_set(err, ret, "read the kernel %s", name) : 0;
}

/* The entry of @tag among @n words at @table, with at least @least words of it; or NULL. */
static const uint8_t *find_entry(const uint8_t *table, size_t n, uint32_t tag, size_t least,
				 size_t *n_words)
{
	for (size_t i = 0; i + 2 <= n; i += *n_words) {
		*n_words = get_le32(table + 4 * i);
		if (*n_words < 2 || *n_words > n - i)
			return NULL;
		if (get_le32(table + 4 * i + 4) == tag && *n_words >= least)
			return table + 4 * i;
	}
	return NULL;
}

static int read_table(int fd, uint64_t at, const char *name, struct zimage *z, struct err *err)
{
	uint64_t size = at < z->size ? z->size - at : 0, piggy;
	uint8_t table[TABLE_MAX], word[4];
	const uint8_t *entry;
	size_t n_words;

	if (size > sizeof(table))
		size = sizeof(table);
	if (read_at(fd, table, size, at, name, err))
		return err->code;
	entry = find_entry(table, size / 4, ENTRY_KERNEL, ENTRY_BSS_SIZE + 1, &n_words);
	if (!entry)
		return corrupt(name, "its table does not tell the unpacked kernel's size", err);
	piggy = get_le32(entry + 4 * ENTRY_PIGGY_SIZE);
	if (piggy + sizeof(word) > z->size)
		return corrupt(name, "its table points beyond its end", err);
	if (read_at(fd, word, sizeof(word), piggy, name, err))
		return err->code;
	z->unpacked = (uint64_t)get_le32(word) + get_le32(entry + 4 * ENTRY_BSS_SIZE);
	if (n_words > ENTRY_TEXT_OFFSET)
		z->text_offset = get_le32(entry + 4 * ENTRY_TEXT_OFFSET);
	return 0;
}

static int read_header(int fd, uint64_t file_size, const char *name, struct zimage *z,
		       struct err *err)
{
	uint8_t head[ZIMAGE_HEADER_SIZE];
	uint32_t start, end;
	char sizes[2][32];

	if (file_size < sizeof(head))
		return corrupt(name, "the file ends before it does", err);
	if (read_at(fd, head, sizeof(head), 0, name, err))
		return err->code;
	if (get_le32(head + ZIMAGE_ENDIAN) == ENDIAN_BIG) {
		err_usage(err, "the kernel %s is a big-endian one", name);
		return err_fix(err, "use a little-endian kernel (built without CPU_BIG_ENDIAN)");
	}
	start = get_le32(head + ZIMAGE_START);
	end = get_le32(head + ZIMAGE_END);
	if (end < start || end - start < sizeof(head))
		return corrupt(name, "it ends before it has begun", err);
	z->size = end - start;
	if (z->size > file_size) {
		err_usage(err, "the kernel %s is truncated", name);
		err_why(err, "its header promises %s, there are %s", str_size(z->size, sizes[0]),
			str_size(file_size, sizes[1]));
		return err_fix(err, "copy or download it again");
	}
	z->text_offset = TEXT_OFFSET_MAX;
	z->unpacked = RATIO_MAX * z->size;
	if (get_le32(head + ZIMAGE_TABLE_MAGIC) != TABLE_MAGIC)
		return 0;
	return read_table(fd, get_le32(head + ZIMAGE_TABLE), name, z, err);
}

int zimage_read(int fd, uint64_t file_size, const char *name, struct zimage *z, struct err *err)
{
	int ret = read_header(fd, file_size, name, z, err);
	char size[32];

	if (ret < 0)
		return ret;
	if (zimage_offset(z) + zimage_extent(z) <= ZIMAGE_BASE_ALIGN)
		return 0;
	err_usage(err, "the kernel %s is too large, or its header is corrupt", name);
	err_why(err, "with what it unpacks it would need %s, and a 32-bit kernel has 128 MiB",
		str_size(zimage_offset(z) + zimage_extent(z), size));
	return err_fix(err, "copy or download it again, or build a smaller one");
}

uint64_t zimage_offset(const struct zimage *z)
{
	return round_up_to(z->text_offset + z->unpacked, OFFSET_ALIGN);
}

uint64_t zimage_extent(const struct zimage *z)
{
	return z->size + WORKSPACE;
}
