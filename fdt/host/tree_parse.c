// SPDX-License-Identifier: GPL-2.0-only
/* A flattened tree as struct host_tree. */
#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "fdt/host/tree.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"

/* What dtc writes unless told otherwise; older ones do not tell the structure block's size. */
#define VERSION 17

#define TEXT(number)  TEXT_OF(number)
#define TEXT_OF(text) #text

#define LENGTH_AND_NAME (2 * sizeof(fdt32_t)) /* of a property, behind its tag */

/* The header is sound. */
static bool lengths_are_sound(const void *blob)
{
	const char *block = (const char *)blob + fdt_off_dt_struct(blob);
	size_t size = fdt_size_dt_struct(blob), at = 0;

	while (size >= FDT_TAGSIZE && at <= size - FDT_TAGSIZE) {
		uint32_t tag = fdt32_ld((const fdt32_t *)(block + at));
		size_t left = size - FDT_TAGSIZE - at;
		const char *next = block + at + FDT_TAGSIZE;

		at += FDT_TAGSIZE;
		if (tag == FDT_END)
			return true;
		if (tag == FDT_BEGIN_NODE) {
			at += strnlen(next, left) + 1;
		} else if (tag == FDT_PROP) {
			if (left < LENGTH_AND_NAME ||
			    fdt32_ld((const fdt32_t *)next) > left - LENGTH_AND_NAME)
				return false;
			at += LENGTH_AND_NAME + fdt32_ld((const fdt32_t *)next);
		}
		at = (at + FDT_TAGSIZE - 1) & ~(FDT_TAGSIZE - 1);
	}
	return false;
}

int host_tree_check_blob(const void *blob, size_t size)
{
	int ret;

	if (size < sizeof(struct fdt_header))
		return -FDT_ERR_TRUNCATED;
	ret = fdt_check_header(blob);
	if (ret)
		return ret;
	if (fdt_version(blob) < VERSION)
		return -FDT_ERR_BADVERSION;
	if (size < fdt_totalsize(blob))
		return -FDT_ERR_TRUNCATED;
	return lengths_are_sound(blob) ? fdt_check_full(blob, size) : -FDT_ERR_BADSTRUCTURE;
}

static int bad_blob(const char *what, const char *why, struct err *err)
{
	err_set(err, 0, "%s is no valid device tree", what);
	err_why(err, "%s", why);
	return err_fix(err, "give a .dtb file, as dtc or a kernel build makes it");
}

static int read_properties(struct host_tree *tree, const void *blob, int at, struct host_node *node)
{
	struct host_property *properties;
	size_t n = 0;
	int offset;

	fdt_for_each_property_offset(offset, blob, at) n++;
	properties = arena_alloc(&tree->arena, n * sizeof(*properties));
	if (!properties)
		return -ENOMEM;
	node->properties = properties;
	node->n_properties = n;
	fdt_for_each_property_offset(offset, blob, at)
	{
		const char *name;
		int size;
		const void *value = fdt_getprop_by_offset(blob, offset, &name, &size);

		if (!value)
			return -EINVAL;
		properties->name = arena_copy(&tree->arena, name, strlen(name));
		properties->value = arena_copy(&tree->arena, value, (size_t)size);
		properties->size = (size_t)size;
		if (!properties->name || !properties->value)
			return -ENOMEM;
		properties++;
	}
	return 0;
}

/* NULL, or why it is malformed; -ENOMEM in *@ret. */
static const char *read_nodes(struct host_tree *tree, const void *blob, int *ret)
{
	/* From the root to the node read last; each is its parent's last child so far. */
	struct host_node *way[HOST_TREE_MAX_DEPTH + 1];
	int depth = 0, last = -1;

	for (int at = 0; at >= 0 && depth >= 0; at = fdt_next_node(blob, at, &depth)) {
		const char *name = fdt_get_name(blob, at, NULL);

		if (depth > HOST_TREE_MAX_DEPTH)
			return "its nodes are nested deeper than " TEXT(HOST_TREE_MAX_DEPTH);
		if (!name)
			return "a node of it is malformed";
		way[depth] =
			host_tree_add_node(tree, depth ? way[depth - 1] : NULL,
					   depth <= last ? way[depth] : NULL, depth ? name : "");
		last = depth;
		*ret = way[depth] ? read_properties(tree, blob, at, way[depth]) : -ENOMEM;
		if (*ret)
			return "a node of it is malformed";
	}
	return NULL;
}

int host_tree_parse(const void *blob, size_t size, const char *what, struct host_tree **tree,
		    struct err *err)
{
	struct host_tree *t;
	const char *why;
	int ret = host_tree_check_blob(blob, size);

	if (ret)
		return bad_blob(what, fdt_strerror(ret), err);
	t = calloc(1, sizeof(*t));
	ret = t ? 0 : -ENOMEM;
	why = t ? read_nodes(t, blob, &ret) : NULL;
	if (ret == -ENOMEM)
		err_set(err, ENOMEM, "read device tree %s", what);
	else if (why)
		ret = bad_blob(what, why, err);
	else
		ret = host_tree_finish(t, what, err);
	if (ret) {
		host_tree_destroy(t);
		return ret;
	}
	*tree = t;
	return 0;
}

int host_tree_load(const char *path, struct host_tree **tree, struct err *err)
{
	owned_ptr char *blob = NULL;
	size_t size;
	int ret = file_read_given("device tree", path, HOST_TREE_MAX_SIZE, &blob, &size, err);

	return ret ? ret : host_tree_parse(blob, size, path, tree, err);
}
