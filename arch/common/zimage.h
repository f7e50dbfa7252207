/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_ZIMAGE_H
#define ARCH_COMMON_ZIMAGE_H

#include <stdint.h>

#include "vmm/base/err.h"

/*
 * A 32-bit kernel's zImage: Documentation/arch/arm/booting.rst; the header is in head.S, the table
 * in vmlinux.lds.S of arch/arm/boot/compressed. It unpacks itself: the kernel to text_offset from
 * the multiple of 128 MiB below it (AUTO_ZRELADDR).
 */
#define ZIMAGE_BASE_ALIGN (128ULL << 20)

struct zimage {
	uint64_t size;        /* bytes of the file that are it: a device tree may be appended */
	uint64_t text_offset; /* from the base to the unpacked kernel */
	uint64_t unpacked;    /* bytes of that with its .bss; guessed where there is no table */
};

/*
 * Read the header and the table of the zImage @fd, a file of @file_size bytes. Refuses big-endian
 * kernels, and a header that the file belies. @name is the file's, for messages.
 */
int zimage_read(int fd, uint64_t file_size, const char *name, struct zimage *z, struct err *err);

/*
 * Where it is loaded, from the base on: behind the kernel that it will unpack, so that it need not
 * move out of the way first, and within the first 128 MiB.
 */
uint64_t zimage_offset(const struct zimage *z);

/* Bytes that it needs from there: itself, then its .bss, stack and heap. */
uint64_t zimage_extent(const struct zimage *z);

#endif
