/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_ARM64_IMAGE_H
#define ARCH_ARM64_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"

/*
 * Enough of a file's beginning to know any kind of kernel image, and to read the headers of an
 * arm64 one.
 */
#define IMAGE_HEAD_SIZE 4096

enum image_kind {
	IMAGE_ARM64, /* Documentation/arch/arm64/booting.rst */
	IMAGE_GZIP,  /* something packed by gzip (RFC 1952) */
	IMAGE_ZBOOT, /* drivers/firmware/efi/libstub/zboot-header.S: such a packed Image */
	IMAGE_OTHER,
};

/*
 * What @head, the first @size bytes of a file, begins; *what names a foreign one for a message
 * ("a 32-bit Arm zImage").
 */
enum image_kind image_kind(const uint8_t *head, size_t size, const char **what);

struct image_header {
	uint64_t text_offset;  /* from a 2 MiB boundary to the first byte */
	uint64_t image_size;   /* bytes that it needs in memory; 0: it does not say */
	uint64_t file_size;    /* bytes that the file must have; 0: it does not say */
	unsigned int page_kib; /* of the kernel: 4, 16, 64; 0: it does not say */
};

/*
 * Read the header of an IMAGE_ARM64. Refuses big-endian kernels and impossible sizes. @name is
 * the file's, for messages.
 */
int image_parse(const uint8_t *head, size_t size, const char *name, struct image_header *header,
		struct err *err);

/*
 * Where the gzip stream of an IMAGE_ZBOOT lies in its file of @file_size bytes; refuses other
 * compressions, and names them.
 */
int image_zboot_payload(const uint8_t *head, uint64_t file_size, const char *name, uint64_t *offset,
			uint64_t *packed_size, struct err *err);

#endif
