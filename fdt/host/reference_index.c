// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/reference_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/array.h"

int reference_compare_edges(const struct reference_edge *a, const struct reference_edge *b)
{
	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	if (a->n_args != b->n_args)
		return a->n_args < b->n_args ? -1 : 1;
	return a->n_args ? memcmp(a->property->value + a->offset + 4,
				  b->property->value + b->offset + 4, 4UL * a->n_args)
			 : 0;
}

/* The first edge that does not point at less than @edge. */
static size_t find_edge(const struct host_tree *tree, const struct reference_edge *edge)
{
	size_t low = 0, high = tree->n_edges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reference_compare_edges(&tree->edges[middle], edge) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first edge whose target is not before @target. */
static size_t first_edge(const struct host_tree *tree, uint32_t target)
{
	return find_edge(tree, &(struct reference_edge){ .target = target });
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

/* Whether the user of @edge is available, and not what it points at, from @first to before @end. */
static bool get_user(const struct host_tree *tree, const struct reference_edge *edge,
		     uint32_t first, uint32_t end, struct reference_user *user)
{
	if (edge->user >= first && edge->user < end)
		return false;
	*user = (struct reference_user){ tree->nodes[edge->user], tree->nodes[edge->target],
					 edge->property, edge->kind };
	return host_node_is_available(user->node);
}

bool reference_next_user(const struct host_tree *tree, const struct host_node *node, size_t *at,
			 struct reference_user *user)
{
	size_t first = first_edge(tree, node->index);
	uint32_t end = end_of(tree, node);

	while (first + *at < tree->n_edges && tree->edges[first + *at].target < end)
		if (get_user(tree, &tree->edges[first + (*at)++], node->index, end, user))
			return true;
	return false;
}

bool reference_next_same(const struct host_tree *tree, const struct host_property *property,
			 const struct reference *ref, size_t *at, struct reference_user *user)
{
	const struct reference_edge edge = { .target =
						     ref->target ? ref->target->index : UINT32_MAX,
					     .property = property,
					     .offset = (uint32_t)ref->offset,
					     .n_args = ref->n_args };
	size_t first = find_edge(tree, &edge);
	uint32_t end = end_of(tree, ref->target);

	while (first + *at < tree->n_edges &&
	       !reference_compare_edges(&tree->edges[first + *at], &edge))
		if (get_user(tree, &tree->edges[first + (*at)++], edge.target, end, user))
			return true;
	return false;
}

static int compare_users(const void *a, const void *b)
{
	const struct reference_user *x = a, *y = b;

	if (x->target != y->target)
		return x->target->index < y->target->index ? -1 : 1;
	if (x->node != y->node)
		return x->node->index < y->node->index ? -1 : 1;
	return x->property < y->property ? -1 : x->property > y->property;
}

int reference_users(const struct host_tree *tree, const struct host_node *node,
		    struct reference_user **users, size_t *n_users)
{
	struct reference_user user;
	size_t at = 0, n = 0;

	*users = NULL;
	*n_users = 0;
	while (reference_next_user(tree, node, &at, &user))
		if (array_append(*users, n, &user))
			return -ENOMEM;
	if (n)
		qsort(*users, n, sizeof(**users), compare_users);
	/* A property that points there more than once is one. */
	for (size_t i = 0; i < n; i++)
		if (!i || compare_users(&(*users)[i], &(*users)[i - 1]))
			(*users)[(*n_users)++] = (*users)[i];
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
