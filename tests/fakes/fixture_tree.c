// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fixture_tree.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "fdt/host/tree.h"

void *fixture_blob(const char *name, size_t *size)
{
	char path[512], *blob;
	FILE *file;

	snprintf(path, sizeof(path), TREES "/%s.dtb", name);
	file = fopen(path, "rb");
	cr_assert_not_null(file, "open %s", path);
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	blob = malloc(*size);
	cr_assert_eq(fread(blob, 1, *size, file), *size);
	fclose(file);
	return blob;
}

struct host_tree *fixture_tree(const char *name)
{
	struct host_tree *tree = NULL;
	struct err err = { 0 };
	size_t size;
	void *blob = fixture_blob(name, &size);

	cr_assert_eq(host_tree_parse(blob, size, name, &tree, &err), 0, "%s: %s", err.what,
		     err.why);
	free(blob);
	return tree;
}
