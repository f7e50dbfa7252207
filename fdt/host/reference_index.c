// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/reference_parts.h"

#include <errno.h>
#include <stdlib.h>

/* The first edge whose target is not before @target. */
static size_t first_edge(const struct host_tree *tree, uint32_t target)
{
	size_t low = 0, high = tree->n_edges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tree->edges[middle].target < target)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool reference_is_pointed_at(const struct host_tree *tree, const struct host_node *node)
{
	size_t i = first_edge(tree, node->index);

	while (i < tree->n_edges && tree->edges[i].target == node->index && tree->edges[i].guessed)
		i++;
	return i < tree->n_edges && tree->edges[i].target == node->index;
}

/* Index of the first node in tree order that is not below @node. */
static uint32_t end_of(const struct host_tree *tree, const struct host_node *node)
{
	for (; node; node = node->parent)
		if (node->next)
			return node->next->index;
	return tree->n_nodes;
}

int reference_users(const struct host_tree *tree, const struct host_node *node,
		    struct reference_user **users, size_t *n_users)
{
	uint32_t end = end_of(tree, node);
	size_t first = first_edge(tree, node->index), last = first_edge(tree, end);
	const struct reference_edge *previous = NULL;

	*n_users = 0;
	*users = calloc(last - first + 1, sizeof(**users));
	if (!*users)
		return -ENOMEM;
	for (size_t i = first; i < last; i++) {
		const struct reference_edge *edge = &tree->edges[i];

		if ((edge->user >= node->index && edge->user < end) ||
		    !host_node_is_available(tree->nodes[edge->user]) ||
		    (previous && previous->property == edge->property))
			continue;
		(*users)[(*n_users)++] = (struct reference_user){ tree->nodes[edge->user],
								  edge->property, edge->kind };
		previous = edge;
	}
	return 0;
}

/* @node and what is above it. Returns whether that is new. */
static bool mark(bool *marked, const struct host_node *node)
{
	bool is_new = !marked[node->index];

	for (; node && !marked[node->index]; node = node->parent)
		marked[node->index] = true;
	return is_new;
}

void reference_mark(const struct host_tree *tree, bool *marked)
{
	bool more = true;

	for (uint32_t i = 0; i < tree->n_nodes; i++)
		if (marked[i] && tree->nodes[i]->parent)
			mark(marked, tree->nodes[i]->parent);
	while (more) {
		more = false;
		for (size_t i = 0; i < tree->n_edges; i++)
			if (marked[tree->edges[i].user])
				more |= mark(marked, tree->nodes[tree->edges[i].target]);
	}
}
