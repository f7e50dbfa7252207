/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FIXTURE_TREE_H
#define TESTS_FAKES_FIXTURE_TREE_H

/* Device trees for unit tests: tests/unit/trees/NAME.dts, compiled with symbols. */
#include <stddef.h>

struct host_tree;

/* The test fails when there is no such tree. The caller destroys it. */
struct host_tree *fixture_tree(const char *name);
/* The .dtb itself; the caller frees it. */
void *fixture_blob(const char *name, size_t *size);

#endif
