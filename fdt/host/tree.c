// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/tree.h"

#include <stdlib.h>
#include <string.h>

#include "fdt/host/tree_parts.h"
#include "vmm/base/array.h"

struct host_tree *host_tree_create(void)
{
	return calloc(1, sizeof(struct host_tree));
}

void host_tree_destroy(struct host_tree *tree)
{
	if (!tree)
		return;
	arena_free(&tree->arena);
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

bool host_tree_is_live(const struct host_tree *tree)
{
	return tree->live;
}

uint32_t host_tree_n_nodes(const struct host_tree *tree)
{
	return tree->n_nodes;
}

const struct host_node *host_tree_node(const struct host_tree *tree, uint32_t index)
{
	return index < tree->n_nodes ? tree->nodes[index] : NULL;
}

const struct host_node *host_tree_root(const struct host_tree *tree)
{
	return tree->nodes[0];
}

const struct host_node *host_tree_by_phandle(const struct host_tree *tree, uint32_t phandle)
{
	size_t low = 0, high = tree->n_phandles;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct host_node *node = tree->by_phandle[middle];

		if (node->phandle == phandle)
			return node;
		if (node->phandle < phandle)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct host_node *host_tree_target(const struct host_tree *tree, const struct host_node *node,
					 const char *name)
{
	return host_tree_by_phandle(tree, host_node_u32(node, name, 0));
}
