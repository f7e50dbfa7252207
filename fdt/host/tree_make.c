// SPDX-License-Identifier: GPL-2.0-only
/* What all sources of a tree share: nodes are added, then it is checked, and indexed. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/host/reference.h"
#include "fdt/host/shared.h"
#include "vmm/base/array.h"

void host_tree_destroy(struct host_tree *tree)
{
	if (!tree)
		return;
	if (BUILT(PLAN) && tree->tried)
		arena_free(&tree->tried->arena);
	free(tree->tried);
	arena_free(&tree->arena);
	host_shared_destroy(tree->shared);
	free(tree->edges);
	free(tree->by_phandle);
	free(tree->nodes);
	free(tree);
}

struct host_node *host_tree_add_node(struct host_tree *tree, struct host_node *parent,
				     struct host_node *previous, const char *name)
{
	struct host_node *node = arena_alloc(&tree->arena, sizeof(*node));
	const char *copy = arena_copy(&tree->arena, name, strlen(name));
	struct host_node **added = array_add(tree->nodes, tree->n_nodes);

	if (!node || !copy || !added)
		return NULL;
	node->name = copy;
	node->parent = parent;
	if (previous)
		previous->next = node;
	else if (parent)
		parent->child = node;
	node->index = tree->n_nodes++;
	*added = node;
	return node;
}

/* Longer than any: the Devicetree Specification 0.4, 2.2.1, allows 31 and an address. */
#define MAX_NAME 255

static bool is_name(const char *name)
{
	size_t n = 0;

	while (isgraph((unsigned char)name[n]) && name[n] != '/')
		n++;
	return n > 0 && n <= MAX_NAME && !name[n];
}

static int malformed(const char *what, const struct host_node *node, struct err *err,
		     const char *why)
{
	char path[256];

	err_set(err, EINVAL, "read device tree %s: node %s", what,
		host_node_path(node, path, sizeof(path)));
	return err_why(err, "%s", why);
}

static int check_names(const char *what, const struct host_node *node, struct err *err)
{
	if (node->parent && !is_name(node->name))
		return malformed(what, node->parent, err,
				 "a child's name is malformed or too long");
	if (node->n_properties > HOST_TREE_MAX_PROPERTIES) {
		malformed(what, node, err, "");
		return err_why(err, "it has %zu properties; real ones have less than %d",
			       node->n_properties, HOST_TREE_MAX_PROPERTIES);
	}
	for (size_t i = 0; i < node->n_properties; i++)
		if (!is_name(node->properties[i].name))
			return malformed(what, node, err,
					 "a property's name is malformed or too long");
	return 0;
}

/* "linux,phandle" is what dtc wrote before "phandle" was standard. */
static int read_phandle(const char *what, struct host_node *node, struct err *err)
{
	const struct host_property *p =
		host_node_find(node, "phandle") ?: host_node_find(node, "linux,phandle");

	if (!p)
		return 0;
	if (p->size != 4)
		return malformed(what, node, err, "its phandle is not one cell");
	node->phandle = host_property_cell(p, 0);
	if (node->phandle == 0 || node->phandle == UINT32_MAX)
		return malformed(what, node, err, "its phandle is 0 or -1");
	return 0;
}

static int compare_phandles(const void *a, const void *b)
{
	const struct host_node *x = *(struct host_node *const *)a;
	const struct host_node *y = *(struct host_node *const *)b;

	return x->phandle < y->phandle ? -1 : x->phandle > y->phandle;
}

static int index_phandles(struct host_tree *tree, const char *what, struct err *err)
{
	tree->by_phandle = calloc(tree->n_nodes, sizeof(struct host_node *));
	if (!tree->by_phandle || !array_add(tree->nodes, tree->n_nodes)) /* the NULL */
		return err_set(err, ENOMEM, "read device tree %s", what);
	for (uint32_t i = 0; i < tree->n_nodes; i++)
		if (tree->nodes[i]->phandle)
			tree->by_phandle[tree->n_phandles++] = tree->nodes[i];
	qsort(tree->by_phandle, tree->n_phandles, sizeof(struct host_node *), compare_phandles);
	for (size_t i = 1; i < tree->n_phandles; i++)
		if (tree->by_phandle[i - 1]->phandle == tree->by_phandle[i]->phandle)
			return malformed(what, tree->by_phandle[i], err,
					 "its phandle is another node's too");
	return 0;
}

int host_tree_finish(struct host_tree *tree, const char *what, struct err *err)
{
	int ret;

	for (uint32_t i = 0; i < tree->n_nodes; i++) {
		ret = check_names(what, tree->nodes[i], err)
			      ?: read_phandle(what, tree->nodes[i], err);
		if (ret)
			return ret;
	}
	tree->has_symbols = host_tree_find(tree, "/__symbols__") != NULL;
	ret = index_phandles(tree, what, err);
	if (BUILT(PLAN)) /* which alone looks at all devices of a tree */
		tree->tried =
			calloc(1, sizeof(*tree->tried) +
					  2 * tree->n_nodes * sizeof(tree->tried->refused[0]));
	if (!ret && ((BUILT(PLAN) && !tree->tried) || reference_index_create(tree) ||
		     host_shared_init(tree)))
		ret = err_set(err, ENOMEM, "read device tree %s", what);
	return ret;
}
