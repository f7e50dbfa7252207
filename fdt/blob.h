/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_BLOB_H
#define FDT_BLOB_H

#include <stddef.h>

/*
 * Whether libfdt can be trusted with these @size bytes, as fdt_check_full() says: 0, or an error of
 * libfdt's. It first looks for what fdt_check_full() of libfdt 1.6 itself crashes or hangs on:
 * versions before 16, and properties that reach beyond the structure block.
 */
int blob_check(const void *blob, size_t size);

#endif
