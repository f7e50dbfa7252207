// SPDX-License-Identifier: GPL-2.0-only
/*
 * The running kernel's tree as struct host_tree: a directory for each node, a file for each
 * property (Documentation/ABI/testing/sysfs-firmware-ofw).
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "fdt/host/tree.h"
#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

/* The largest known values are firmware blobs of some 100 KiB. */
#define MAX_PROPERTY_SIZE (1 << 20)

struct reader {
	struct host_tree *tree;
	struct text path; /* of what is being read */
	struct err *err;
};

/* What a directory holds, sorted by name: the kernel's own order is of hashes. */
struct entry {
	const char *name; /* in the tree's arena */
	bool is_node;
};

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int fail(const struct reader *r, int code, const char *what)
{
	return err_set(r->err, code, "read device tree %s %s", what, r->path.buf);
}

/* The path is one of the directory @used bytes of it are for. */
static void go_to(struct reader *r, size_t used, const char *name)
{
	r->path.used = used;
	r->path.buf[used] = '\0';
	if (name)
		text_add(&r->path, "/%s", name);
}

static int list_directory(struct reader *r, struct entry **entries, size_t *n)
{
	owned_dir DIR *stream = sys_opendir(r->path.buf);
	size_t used = r->path.used;
	struct dirent *from;
	int ret = 0;

	if (!stream)
		return fail(r, errno, "node");
	while (!ret && (from = sys_readdir(stream))) {
		struct entry *entry = array_add(*entries, *n);
		struct stat st = { 0 };

		if (!strcmp(from->d_name, ".") || !strcmp(from->d_name, ".."))
			continue;
		go_to(r, used, from->d_name);
		if (entry)
			entry->name =
				arena_copy(&r->tree->arena, from->d_name, strlen(from->d_name));
		if (!entry || !entry->name)
			ret = -ENOMEM;
		else if (r->path.cut)
			ret = -ENAMETOOLONG;
		else if (from->d_type == DT_UNKNOWN) /* not every file system tells it */
			ret = sys_stat(r->path.buf, &st);
		if (!ret)
			(*entries)[(*n)++].is_node = from->d_type == DT_DIR || S_ISDIR(st.st_mode);
	}
	go_to(r, used, NULL);
	if (ret)
		return fail(r, ret, "node");
	if (*n)
		qsort(*entries, *n, sizeof(**entries), compare_entries);
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
static int read_property(struct reader *r, struct host_property *property)
{
	owned_ptr char *value = NULL;
	int ret = file_read(&value, &property->size, MAX_PROPERTY_SIZE, "%s", r->path.buf);

	if (ret && ret != -EACCES)
		return fail(r, ret, "property");
	if (ret)
		property->size = 0;
	property->value = arena_copy(&r->tree->arena, value, property->size);
	return property->value ? 0 : fail(r, ENOMEM, "property");
}

static int read_properties(struct reader *r, const struct entry *entries, size_t n,
			   struct host_node *node)
{
	struct host_property *properties = arena_alloc(&r->tree->arena, n * sizeof(*properties));
	size_t used = r->path.used;
	int ret = 0;

	if (!properties)
		return fail(r, ENOMEM, "node");
	node->properties = properties;
	for (size_t i = 0; i < n && !ret; i++) {
		struct host_property *property = &properties[node->n_properties];

		if (entries[i].is_node)
			continue;
		property->name = entries[i].name;
		go_to(r, used, property->name);
		ret = read_property(r, property);
		node->n_properties += !ret && !is_made_by_linux(node, property);
	}
	go_to(r, used, NULL);
	return ret;
}

static int read_node(struct reader *r, struct host_node *node, unsigned int depth)
{
	owned_ptr struct entry *entries = NULL;
	struct host_node *child = NULL;
	size_t n = 0, used = r->path.used;
	int ret;

	if (depth > HOST_TREE_MAX_DEPTH)
		return fail(r, ELOOP, "node");
	ret = list_directory(r, &entries, &n);
	if (!ret)
		ret = read_properties(r, entries, n, node);
	for (size_t i = 0; i < n && !ret; i++) {
		if (!entries[i].is_node)
			continue;
		child = host_tree_add_node(r->tree, node, child, entries[i].name);
		go_to(r, used, entries[i].name);
		ret = child ? read_node(r, child, depth + 1) : fail(r, ENOMEM, "node");
	}
	go_to(r, used, NULL);
	return ret;
}

int host_tree_read_live(const char *root, struct host_tree **tree, struct err *err)
{
	char path[PATH_MAX];
	struct reader r = { calloc(1, sizeof(*r.tree)), text_in(path), err };
	struct host_node *node = r.tree ? host_tree_add_node(r.tree, NULL, NULL, "") : NULL;
	int ret;

	text_add(&r.path, "%s", root);
	if (node) {
		r.tree->live = true;
		ret = read_node(&r, node, 0);
		if (ret == -ENOENT)
			err_why(err, "this host is not described by a device tree (ACPI?)");
	} else {
		ret = fail(&r, ENOMEM, "node");
	}
	if (!ret)
		ret = host_tree_finish(r.tree, root, err);
	if (ret) {
		host_tree_destroy(r.tree);
		return ret;
	}
	*tree = r.tree;
	return 0;
}
