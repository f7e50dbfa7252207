// SPDX-License-Identifier: GPL-2.0-only
/*
 * The running kernel's tree as struct host_tree: a directory for each node, a file for each
 * property (Documentation/ABI/testing/sysfs-firmware-ofw).
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/host/tree_parts.h"
#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

/* The largest known values are firmware blobs of some 100 KiB. */
#define MAX_PROPERTY_SIZE (1 << 20)

/* What a directory holds, sorted by name: the kernel's own order is of hashes. */
struct listing {
	struct entry {
		char *name;
		bool is_node;
	} * entries;
	size_t n;
};

static void listing_free(struct listing *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->entries[i].name);
	free(list->entries);
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* 1, 0, or a negative errno. Not every file system tells it with the name. */
static int is_directory(const char *path, const struct dirent *entry)
{
	struct stat st = { 0 };
	int ret;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	ret = sys_stat(path, &st);
	return ret ? ret : S_ISDIR(st.st_mode);
}

static int list_entry(struct listing *list, const char *dir, const struct dirent *from)
{
	owned_ptr char *path = str_printf("%s/%s", dir, from->d_name);
	struct entry *entry = array_add(list->entries, list->n);
	int is_node = path ? is_directory(path, from) : -ENOMEM;

	if (!entry || is_node < 0)
		return entry ? is_node : -ENOMEM;
	*entry = (struct entry){ str_dup(from->d_name), is_node };
	if (!entry->name)
		return -ENOMEM;
	list->n++;
	return 0;
}

static int list_directory(const char *dir, struct listing *list, struct err *err)
{
	DIR *stream = sys_opendir(dir);
	struct dirent *entry;
	int ret = 0;

	if (!stream)
		return err_set(err, errno, "read device tree node %s", dir);
	while (!ret && (entry = sys_readdir(stream))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			ret = list_entry(list, dir, entry);
	}
	sys_closedir(stream);
	if (ret)
		return err_set(err, ret, "read device tree node %s", dir);
	if (list->n)
		qsort(list->entries, list->n, sizeof(*list->entries), compare_entries);
	return 0;
}

/*
 * Linux gives each node a property "name" that its flattened tree has not (drivers/of/fdt.c); it
 * says the node's name again.
 */
static bool is_made_by_linux(const struct host_node *node, const struct host_property *p)
{
	size_t base = strcspn(node->name, "@");

	return strcmp(p->name, "name") == 0 &&
	       (!node->parent || strncmp((const char *)p->value, node->name, base) == 0);
}

/* What only root may read (security-*) is empty for others. */
static int read_value(struct host_tree *tree, const char *path, struct host_property *property)
{
	char *value = NULL;
	size_t size = 0;
	int ret = file_read(path, MAX_PROPERTY_SIZE, &value, &size);

	if (ret && ret != -EACCES)
		return ret;
	property->value = arena_copy(&tree->arena, value, size);
	property->size = size;
	free(value);
	return property->value ? 0 : -ENOMEM;
}

static int read_property(struct host_tree *tree, const char *dir, const char *name,
			 struct host_property *property)
{
	owned_ptr char *path = str_printf("%s/%s", dir, name);

	property->name = arena_copy(&tree->arena, name, strlen(name));
	return path && property->name ? read_value(tree, path, property) : -ENOMEM;
}

static int read_properties(struct host_tree *tree, const char *dir, const struct listing *list,
			   struct host_node *node, struct err *err)
{
	struct host_property *properties = arena_alloc(&tree->arena, list->n * sizeof(*properties));
	size_t n = 0;

	if (!properties)
		return err_set(err, ENOMEM, "read device tree node %s", dir);
	for (size_t i = 0; i < list->n; i++) {
		int ret;

		if (list->entries[i].is_node)
			continue;
		ret = read_property(tree, dir, list->entries[i].name, &properties[n]);
		if (ret)
			return err_set(err, ret, "read device tree property %s/%s", dir,
				       list->entries[i].name);
		n += !is_made_by_linux(node, &properties[n]);
	}
	node->properties = properties;
	node->n_properties = n;
	return 0;
}

static int read_node(struct host_tree *tree, const char *dir, struct host_node *node,
		     unsigned int depth, struct err *err);

static int read_children(struct host_tree *tree, const char *dir, const struct listing *list,
			 struct host_node *node, unsigned int depth, struct err *err)
{
	struct host_node *previous = NULL;
	int ret = 0;

	for (size_t i = 0; i < list->n && !ret; i++) {
		const char *name = list->entries[i].name;
		owned_ptr char *path = NULL;

		if (!list->entries[i].is_node)
			continue;
		path = str_printf("%s/%s", dir, name);
		previous = host_tree_add_node(tree, node, previous, name);
		if (!path || !previous)
			return err_set(err, ENOMEM, "read device tree node %s", dir);
		ret = read_node(tree, path, previous, depth + 1, err);
	}
	return ret;
}

static int read_node(struct host_tree *tree, const char *dir, struct host_node *node,
		     unsigned int depth, struct err *err)
{
	struct listing list = { 0 };
	int ret;

	if (depth > HOST_TREE_MAX_DEPTH)
		return err_set(err, ELOOP, "read device tree node %s", dir);
	ret = list_directory(dir, &list, err);
	if (!ret)
		ret = read_properties(tree, dir, &list, node, err);
	if (!ret)
		ret = read_children(tree, dir, &list, node, depth, err);
	listing_free(&list);
	return ret;
}

int host_tree_read_live(const char *root, struct host_tree **tree, struct err *err)
{
	struct host_tree *t = host_tree_create();
	struct host_node *node = t ? host_tree_add_node(t, NULL, NULL, "") : NULL;
	int ret;

	if (node) {
		t->live = true;
		ret = read_node(t, root, node, 0, err);
		if (ret == -ENOENT)
			err_why(err, "this host is not described by a device tree (ACPI?)");
	} else {
		ret = err_set(err, ENOMEM, "read device tree %s", root);
	}
	if (!ret)
		ret = host_tree_finish(t, root, err);
	if (ret) {
		host_tree_destroy(t);
		return ret;
	}
	*tree = t;
	return 0;
}
