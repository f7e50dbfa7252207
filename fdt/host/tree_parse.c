// SPDX-License-Identifier: GPL-2.0-only
/* A flattened tree as struct host_tree. */
#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "fdt/blob.h"
#include "fdt/host/tree_parts.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"

static int out_of_memory(const char *what, struct err *err)
{
	return err_set(err, ENOMEM, "read device tree %s", what);
}

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

/* The nodes from the root to the one read last; each is its parent's last child so far. */
struct walk {
	struct host_node *way[HOST_TREE_MAX_DEPTH + 1];
	int depth;
};

static int read_node(struct host_tree *tree, const void *blob, int at, struct walk *walk, int depth)
{
	struct host_node *parent = depth ? walk->way[depth - 1] : NULL;
	struct host_node *previous = depth <= walk->depth ? walk->way[depth] : NULL;
	const char *name = fdt_get_name(blob, at, NULL);

	if (!name)
		return -EINVAL;
	walk->way[depth] = host_tree_add_node(tree, parent, previous, depth ? name : "");
	walk->depth = depth;
	if (!walk->way[depth])
		return -ENOMEM;
	return read_properties(tree, blob, at, walk->way[depth]);
}

static int read_nodes(struct host_tree *tree, const void *blob, const char *what, struct err *err)
{
	struct walk walk = { .depth = -1 };
	int depth = 0;

	for (int at = 0; at >= 0 && depth >= 0; at = fdt_next_node(blob, at, &depth)) {
		int ret;

		if (depth > HOST_TREE_MAX_DEPTH)
			return bad_blob(what, "its nodes are nested too deep", err);
		ret = read_node(tree, blob, at, &walk, depth);
		if (ret == -ENOMEM)
			return out_of_memory(what, err);
		if (ret)
			return bad_blob(what, "a node of it is malformed", err);
	}
	return 0;
}

int host_tree_parse(const void *blob, size_t size, const char *what, struct host_tree **tree,
		    struct err *err)
{
	struct host_tree *t;
	int ret = blob_check(blob, size);

	if (ret)
		return bad_blob(what, fdt_strerror(ret), err);
	t = host_tree_create();
	if (!t)
		return out_of_memory(what, err);
	ret = read_nodes(t, blob, what, err);
	if (!ret)
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
