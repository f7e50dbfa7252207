/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_GUNZIP_H
#define ARCH_COMMON_GUNZIP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm/base/err.h"

struct gunzip;

/*
 * Unpack the gzip stream (RFC 1952) in @size bytes at @offset of @fd, piece by piece; @fd stays the
 * caller's, and its position is not used. @name names the file in messages and lives as long as the
 * stream. A dais that was built without IMAGE_GZIP fails here, and says so.
 */
int gunzip_open(int fd, uint64_t offset, uint64_t size, const char *name, struct gunzip **gunzip,
		struct err *err);

/*
 * The next @size bytes, or fewer at the end of the stream (0: ended, its checksum was right). An
 * error for a stream that is truncated or corrupt.
 */
ssize_t gunzip_read(struct gunzip *gunzip, void *buf, size_t size, struct err *err);

void gunzip_close(struct gunzip *gunzip);

#endif
