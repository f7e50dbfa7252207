/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_PRINT_H
#define FDT_GUEST_PRINT_H

#include <stddef.h>

#include "vmm/base/err.h"

/*
 * Children of the root of a finished tree as source text that dtc reads, one node after the other,
 * at most 80 columns wide where a value can be broken: the @n that @names names, or all when it is
 * NULL. The caller frees *text. -EINVAL: the tree is malformed.
 */
int dt_print(const void *blob, size_t size, const char *const *names, size_t n, char **text,
	     struct err *err);

#endif
