// SPDX-License-Identifier: GPL-2.0-only
/*
 * The running kernel's tree as struct host_tree: a directory for each node, a file for each
 * property (Documentation/ABI/testing/sysfs-firmware-ofw).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "fdt/host/tree.h"
#include "fdt/host/tree_values.h"
#include "vmm/base/array.h"
#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

struct reader {
	struct host_tree *tree;
	struct text path; /* of what is being read */
	struct tree_values values;
	struct err *err;
};

/* What a directory holds, sorted by name: the kernel's own order is of hashes. */
struct entry {
	const char *name; /* in the tree's arena */
	uint64_t inode;
	bool is_node;
};

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int fail(const struct reader *r, int code, const char *property)
{
	return err_set(r->err, code, "read device tree %s/%s", r->path.buf, property);
}

static int list_directory(struct reader *r, DIR *stream, struct entry **entries, size_t *n)
{
	struct dirent *from;

	while ((from = sys_readdir(stream))) {
		struct entry *entry = array_add(*entries, *n);

		if (!from->d_name[strspn(from->d_name, ".")])
			continue;
		if (entry)
			entry->name =
				arena_copy(&r->tree->arena, from->d_name, strlen(from->d_name));
		if (!entry || !entry->name)
			return fail(r, ENOMEM, "");
		entry->inode = from->d_ino;
		entry->is_node = from->d_type == DT_DIR; /* which sysfs tells */
		(*n)++;
	}
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

/*
 * What only root may read (security-*) is empty, as for others. A tree has some thousand such
 * files, so that what each costs is most of a start: no path is walked, and only of the few that
 * are longer the size is asked for.
 */
static int read_file(struct reader *r, int dir, struct host_property *property)
{
	owned_fd int fd = sys_openat(dir, property->name, O_RDONLY, 0);
	char buf[256];
	ssize_t n = fd < 0 ? fd : sys_pread(fd, buf, sizeof(buf), 0);
	struct stat st = { .st_size = n < 0 ? 0 : n };
	int ret = n == sizeof(buf) ? sys_fstat(fd, &st) : n == -EACCES || n > 0 ? 0 : (int)n;
	uint8_t *value = ret ? NULL : arena_alloc(&r->tree->arena, (size_t)st.st_size + 1);

	property->size = (size_t)st.st_size;
	property->value = value;
	if (!value)
		ret = ret ? ret : -ENOMEM;
	else if (n == sizeof(buf))
		ret = file_pread_all(fd, value, property->size, 0);
	else
		memcpy(value, buf, property->size);
	if (ret)
		fail(r, ret, property->name);
	return ret;
}

/* Secrets are not kept: the kernel itself goes by the name (drivers/of/kobj.c). */
static bool is_secret(const char *name)
{
	return strncmp(name, "security-", 9) == 0;
}

static int read_property(struct reader *r, int dir, const struct entry *entry,
			 struct host_property *property)
{
	const bool is_kept = BUILT(KEPT_TREE) && !is_secret(entry->name);
	const struct tree_value *known =
		is_kept ? tree_values_find(&r->values, entry->inode) : NULL;
	int ret;

	property->name = entry->name;
	if (known) {
		property->size = known->size;
		property->value = arena_copy(&r->tree->arena, known->value, known->size);
		return property->value ? 0 : fail(r, -ENOMEM, property->name);
	}
	ret = read_file(r, dir, property);
	if (!ret && is_kept)
		tree_values_add(&r->values, entry->inode, property->value, property->size);
	return ret;
}

static int read_properties(struct reader *r, int dir, const struct entry *entries, size_t n,
			   struct host_node *node)
{
	struct host_property *property = arena_alloc(&r->tree->arena, n * sizeof(*property));
	int ret = 0;

	if (!property)
		return fail(r, -ENOMEM, "");
	node->properties = property;
	for (size_t i = 0; i < n && !ret; i++) {
		if (entries[i].is_node)
			continue;
		ret = read_property(r, dir, &entries[i], property);
		if (!ret && !is_made_by_linux(node, property)) {
			node->n_properties++;
			property++;
		}
	}
	return ret;
}

static int read_directory(struct reader *r, struct host_node *node, struct entry **entries,
			  size_t *n)
{
	owned_dir DIR *stream = sys_opendir(r->path.buf);

	if (!stream)
		return fail(r, errno, "");
	return list_directory(r, stream, entries, n)
		       ?: read_properties(r, sys_dirfd(stream), *entries, *n, node);
}

static int read_node(struct reader *r, struct host_node *node, unsigned int depth)
{
	owned_ptr struct entry *entries = NULL;
	struct host_node *child = NULL;
	size_t n = 0, used = r->path.used;
	int ret;

	if (depth > HOST_TREE_MAX_DEPTH || r->path.cut)
		return fail(r, ELOOP, "");
	ret = read_directory(r, node, &entries, &n);
	for (size_t i = 0; i < n && !ret; i++) {
		if (!entries[i].is_node)
			continue;
		child = host_tree_add_node(r->tree, node, child, entries[i].name);
		text_add(&r->path, "/%s", entries[i].name);
		ret = child ? read_node(r, child, depth + 1) : fail(r, ENOMEM, "");
		r->path.used = used;
		r->path.buf[used] = '\0';
	}
	return ret;
}

/* Something is mounted in the tree, in place of a property perhaps: a directory has the old inode.
 */
static bool is_covered(const char *root)
{
	owned_ptr char *mounts = file_text(1 << 20, "/proc/self/mountinfo");

	return !mounts || strstr(mounts, root);
}

static int read_all(struct reader *r, struct host_node *node, const char *root, const char *kept)
{
	struct stat st;
	int ret;

	if (!BUILT(KEPT_TREE))
		return read_node(r, node, 0);
	ret = sys_stat(root, &st);
	if (ret)
		return fail(r, ret, "");
	tree_values_open(&r->values, kept && !is_covered(root) ? kept : NULL, st.st_dev);
	ret = read_node(r, node, 0);
	tree_values_close(&r->values);
	return ret;
}

int host_tree_read_live(const char *root, const char *kept, struct host_tree **tree,
			struct err *err)
{
	char path[PATH_MAX];
	struct reader r = { .tree = calloc(1, sizeof(*r.tree)), .path = text_in(path), .err = err };
	struct host_node *node = r.tree ? host_tree_add_node(r.tree, NULL, NULL, "") : NULL;
	int ret;

	text_add(&r.path, "%s", root);
	if (node) {
		r.tree->live = true;
		ret = read_all(&r, node, root, kept);
		if (ret == -ENOENT)
			err_why(err, "this host is not described by a device tree (ACPI?)");
	} else {
		ret = fail(&r, ENOMEM, "");
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
