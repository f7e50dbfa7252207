/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_ARM64_IMAGE_H
#define ARCH_ARM64_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct image_header {
	uint64_t text_offset;  /* from a 2 MiB boundary to the first byte */
	uint64_t image_size;   /* bytes that it needs in memory; 0: it does not say */
	uint64_t file_size;    /* bytes that the file must have; 0: it does not say */
	unsigned int page_kib; /* of the kernel: 4, 16, 64; 0: it does not say */
};

/*
 * Read the header of an IMAGE_ARM64 (arch/common/image.h). Refuses big-endian kernels and
 * impossible sizes. @name is the file's, for messages.
 */
int image_parse(const uint8_t *head, size_t size, const char *name, struct image_header *header,
		struct err *err);

#endif
