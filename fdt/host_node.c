// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host_node.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

/* The largest known values are firmware blobs of some 100 KiB. */
#define MAX_PROPERTY_SIZE (1 << 20)

static int compare_properties(const void *a, const void *b)
{
	return strcmp(((const struct host_property *)a)->name,
		      ((const struct host_property *)b)->name);
}

/*
 * Room for one more property at the end, zeroed and counted, so that host_node_destroy() sees it.
 *
 */
static struct host_property *add_property(struct host_node *node)
{
	struct host_property *bigger =
		realloc(node->properties, (node->n_properties + 1) * sizeof(*bigger));

	if (!bigger)
		return NULL;
	node->properties = bigger;
	bigger += node->n_properties++;
	memset(bigger, 0, sizeof(*bigger));
	return bigger;
}

static int read_entry(const char *dir, const char *name, struct host_node *node)
{
	owned_ptr char *path = str_printf("%s/%s", dir, name);
	struct host_property *property;
	struct stat st;
	int ret;

	if (!path)
		return -ENOMEM;
	ret = sys_stat(path, &st);
	if (ret)
		return ret;
	if (!S_ISREG(st.st_mode)) /* a child node, or . and .. */
		return 0;
	property = add_property(node);
	if (!property)
		return -ENOMEM;
	property->name = str_dup(name);
	if (!property->name)
		return -ENOMEM;
	return file_read(path, MAX_PROPERTY_SIZE, &property->value, &property->size);
}

static int read_entries(const char *dir, struct host_node *node, struct err *err)
{
	DIR *stream = sys_opendir(dir);
	struct dirent *entry;
	int ret = 0;

	if (!stream)
		return err_set(err, errno, "read device tree node %s", dir);
	while (!ret && (entry = sys_readdir(stream))) {
		ret = read_entry(dir, entry->d_name, node);
		if (ret)
			err_set(err, ret, "read device tree property %s/%s", dir, entry->d_name);
	}
	sys_closedir(stream);
	return ret;
}

/* The directory's own name; that of what it points at, when it is a link. */
static int read_name(const char *dir, struct host_node *node, struct err *err)
{
	char name[NAME_MAX + 1];
	int ret = file_link_name(dir, name, sizeof(name));

	if (ret == -EINVAL) { /* not a link */
		const char *slash = strrchr(dir, '/');

		ret = str_copy(name, sizeof(name), slash ? slash + 1 : dir) ? 0 : -ENAMETOOLONG;
	}
	if (ret) {
		err_set(err, ret, "find device tree node %s", dir);
		if (ret == -ENOENT)
			err_why(err,
				"the host does not describe this device by a device tree (ACPI?)");
		return ret;
	}
	node->name = str_dup(name);
	return node->name ? 0 : err_set(err, ENOMEM, "read device tree node %s", dir);
}

int host_node_read(const char *of_node_dir, struct host_node **node, struct err *err)
{
	struct host_node *n = calloc(1, sizeof(*n));
	int ret;

	if (!n)
		return err_set(err, ENOMEM, "read device tree node %s", of_node_dir);
	ret = read_name(of_node_dir, n, err);
	if (!ret)
		ret = read_entries(of_node_dir, n, err);
	if (ret) {
		host_node_destroy(n);
		return ret;
	}
	if (n->n_properties)
		qsort(n->properties, n->n_properties, sizeof(*n->properties), compare_properties);
	*node = n;
	return 0;
}

const struct host_property *host_node_find(const struct host_node *node, const char *name)
{
	for (size_t i = 0; i < node->n_properties; i++) {
		if (strcmp(node->properties[i].name, name) == 0)
			return &node->properties[i];
	}
	return NULL;
}

bool host_property_is_strings(const struct host_property *property)
{
	return property->size && property->value[0] && property->value[property->size - 1] == '\0';
}

void host_node_destroy(struct host_node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->n_properties; i++) {
		free(node->properties[i].name);
		free(node->properties[i].value);
	}
	free(node->properties);
	free(node->name);
	free(node);
}
