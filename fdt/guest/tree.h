/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_TREE_H
#define FDT_GUEST_TREE_H

/* A finished guest tree. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "vmm/base/err.h"

/*
 * Before it is used: a phandle that no node has, a phandle twice, two children of one name, reg of
 * two nodes under the root that overlap. The error names the nodes and the property.
 */
int dt_check(const void *blob, size_t size, struct err *err);

/*
 * Children of its root as source text that dtc reads, one node after the other, at most 80 columns
 * wide where a value can be broken: the @n that @names names, or all when it is NULL. The caller
 * frees *text. -EINVAL: the tree is malformed.
 */
int dt_print(const void *blob, size_t size, const char *const *names, size_t n, char **text,
	     struct err *err);

struct host_tree;
/* The marked nodes of a host's tree, by index (fdt/host/excerpt.h), as source that dtc reads; what
 * is private is replaced. */
void dt_print_excerpt(const struct host_tree *tree, const bool *marked, FILE *out);

#endif
