/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_CHECK_H
#define FDT_GUEST_CHECK_H

#include <stddef.h>

#include "vmm/base/err.h"

/*
 * A finished guest tree before it is used: a phandle that no node has, a phandle twice, two
 * children of one name, reg of two nodes under the root that overlap. The error names the nodes and
 * the property.
 */
int dt_check(const void *blob, size_t size, struct err *err);

#endif
