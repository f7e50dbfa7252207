// SPDX-License-Identifier: GPL-2.0-only
/* A flattened tree as struct host_tree. */
#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "fdt/blob.h"
#include "fdt/host/tree_parts.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"

static int bad_blob(const char *what, const char *why, struct err *err)
{
	err_set(err, 0, "%s is no valid device tree", what);
	err_why(err, "%s", why);
	err_fix(err, "give a .dtb file, as dtc or a kernel build makes it");
	return err->code;
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
			return "its nodes are nested too deep";
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
	int ret = blob_check(blob, size);

	if (ret)
		return bad_blob(what, fdt_strerror(ret), err);
	t = host_tree_create();
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
