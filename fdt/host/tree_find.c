// SPDX-License-Identifier: GPL-2.0-only
/* Nodes by the names that people and Linux give them. */
#include <stdlib.h>
#include <string.h>

#include "fdt/host/tree.h"
#include "vmm/base/str.h"

static const struct host_node *find_child(const struct host_node *node, const char *name, size_t n)
{
	for (const struct host_node *c = node->child; c; c = c->next)
		if (strncmp(c->name, name, n) == 0 && !c->name[n])
			return c;
	return NULL;
}

static const struct host_node *find_below(const struct host_node *node, const char *path)
{
	while (node && *path) {
		size_t n = strcspn(path, "/");

		if (n)
			node = find_child(node, path, n);
		path += n + (path[n] == '/');
	}
	return node;
}

/* Aliases and symbols alike: a node below the root whose properties are paths. */
static const struct host_node *find_named(const struct host_tree *tree, const char *names,
					  const char *name, size_t n)
{
	const struct host_node *list = find_child(tree->nodes[0], names, strlen(names));

	for (size_t i = 0; list && i < list->n_properties; i++) {
		const struct host_property *p = &list->properties[i];

		if (strncmp(p->name, name, n) == 0 && !p->name[n] && p->value[0] == '/')
			return find_below(tree->nodes[0], (const char *)p->value);
	}
	return NULL;
}

const struct host_node *host_tree_find(const struct host_tree *tree, const char *path)
{
	size_t n = strcspn(path, "/");

	if (n == 0)
		return *path ? find_below(tree->nodes[0], path) : NULL;
	return find_below(find_named(tree, "aliases", path, n), path + n);
}

const struct host_node *host_tree_by_label(const struct host_tree *tree, const char *label)
{
	return find_named(tree, "__symbols__", label, strlen(label));
}

/* A node is called by its own name or by Linux's. Room for what of_device_make_bus_id() makes. */
static bool is_called(const struct host_node *node, const char *name)
{
	char buf[512];

	return strcmp(node->name, name) == 0 ||
	       strcmp(host_node_device_name(node, buf, sizeof(buf)), name) == 0;
}

static int no_such_device(const struct host_tree *tree, const char *name, struct err *err)
{
	struct nearest nearest = nearest_to(name);
	char buf[512];

	err_usage(err, "the device tree has no device %s", name);
	err_fix(err, "name it as Linux does (fff50000.ethernet), by its path, or as its node "
		     "(ethernet@fff50000)");
	for (uint32_t i = 1; i < tree->n_nodes; i++) {
		nearest_try(&nearest, tree->nodes[i]->name);
		nearest_try(&nearest, host_node_device_name(tree->nodes[i], buf, sizeof(buf)));
	}
	return nearest.name[0] ? err_why(err, "the nearest name in it is %s", nearest.name)
			       : err->code;
}

int host_tree_find_device(const struct host_tree *tree, const char *name,
			  const struct host_node **node, struct err *err)
{
	char found[sizeof(err->why)], path[256];
	struct text list = text_in(found);
	unsigned int n_found = 0;

	*node = name[0] == '/' ? host_tree_find(tree, name) : NULL;
	for (uint32_t i = 1; name[0] != '/' && i < tree->n_nodes; i++) {
		if (!is_called(tree->nodes[i], name))
			continue;
		*node = tree->nodes[i];
		text_add(&list, "%s%s", n_found++ ? ", " : "",
			 host_node_path(*node, path, sizeof(path)));
	}
	if (!*node)
		return no_such_device(tree, name, err);
	if (n_found <= 1)
		return 0;
	err_usage(err, "%s is more than one device", name);
	err_why(err, "%s", found);
	return err_fix(err, "give the path of the one that is meant");
}
