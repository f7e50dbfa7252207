/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_IMAGE_H
#define ARCH_COMMON_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch/common/zimage.h"
#include "vmm/base/err.h"

struct boot_files;
struct gunzip;

/*
 * Enough of a file's beginning to know any kind of kernel image, and to read the headers of an
 * arm64 one.
 */
#define IMAGE_HEAD_SIZE 4096

enum image_kind {
	IMAGE_ARM64,  /* Documentation/arch/arm64/booting.rst */
	IMAGE_ZIMAGE, /* of a 32-bit kernel: Documentation/arch/arm/booting.rst */
	IMAGE_GZIP,   /* something packed by gzip (RFC 1952) */
	IMAGE_ZBOOT,  /* drivers/firmware/efi/libstub/zboot-header.S: such a packed arm64 Image */
	IMAGE_OTHER,
};

/*
 * What @head, the first @size bytes of a file, begins; *what names it for a message ("an ELF file
 * (a vmlinux?)").
 */
enum image_kind image_kind(const uint8_t *head, size_t size, const char **what);

struct image_header {
	uint64_t text_offset;  /* from a 2 MiB boundary to the first byte */
	uint64_t image_size;   /* bytes that it needs in memory; 0: it does not say */
	uint64_t file_size;    /* bytes that the file must have; 0: it does not say */
	unsigned int page_kib; /* of the kernel: 4, 16, 64; 0: it does not say */
};

/*
 * Read the header of an IMAGE_ARM64. Refuses big-endian kernels and impossible sizes. @name is the
 * file's, for messages.
 */
int image_parse(const uint8_t *head, size_t size, const char *name, struct image_header *header,
		struct err *err);

/*
 * Where the gzip stream of an IMAGE_ZBOOT lies in its file of @file_size bytes; refuses other
 * compressions, and names them.
 */
int image_zboot_payload(const uint8_t *head, uint64_t file_size, const char *name, uint64_t *offset,
			uint64_t *packed_size, struct err *err);

/* The bytes of a kernel image, unpacked if they were packed by gzip. */
struct image {
	enum image_kind kind;       /* IMAGE_ARM64, or IMAGE_ZIMAGE, which is never packed */
	struct image_header header; /* of an IMAGE_ARM64 */
	struct zimage zimage;       /* of an IMAGE_ZIMAGE */
	const char *name;           /* the file's, for messages; the caller's */
	int fd;                     /* the caller's */
	uint64_t size;              /* of the file; of a zImage, what of the file is it */
	struct gunzip *gunzip;      /* NULL: a plain file */
	uint64_t offset;            /* of a plain file: what image_read() reads next */
	unsigned int n_threads;     /* that read it, at most; 0 is 1 */
	size_t head_size;           /* the first so many bytes are in head */
	uint8_t head[IMAGE_HEAD_SIZE];
};

/*
 * Recognise the kernel of @files, read its head and refuse what is no kernel, and headers that are
 * wrong. @image is zeroed before. image_close() after a failure too; NULL is fine.
 */
int image_open(struct image *image, const struct boot_files *files, struct err *err);

/* The next bytes behind the head, up to @size, fewer only at the end. */
ssize_t image_read(struct image *image, void *buf, size_t size, struct err *err);

void image_close(struct image *image);

/* st_size of a file that is open; @what says which, with its path. */
int image_file_size(int fd, const char *what, uint64_t *size, struct err *err);

#endif
