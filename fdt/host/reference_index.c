// SPDX-License-Identifier: GPL-2.0-only
/* Who points at whom in the whole tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/host/reference_parts.h"
#include "fdt/host/tree_parts.h"
#include "vmm/base/array.h"

/* Real trees have some hundred names, and each of them often. */
#define N_NAMES 1024

/* One reference that a rule tells of; sorted by target, then in tree order. */
struct reference_edge {
	uint32_t target, user; /* indexes of nodes */
	const struct host_property *property;
	enum reference_kind kind;
};

/* What was asked for last of those with this hash; NULL: nothing. */
struct reference_name {
	const char *name; /* the tree's */
	const struct reference_rule *rule;
};

static unsigned int hash(const char *name)
{
	uint32_t h = 5381; /* Bernstein's */

	for (; *name; name++)
		h = 33 * h + (unsigned char)*name;
	return h % N_NAMES;
}

const struct reference_rule *reference_rule_of(const struct host_tree *tree, const char *property)
{
	struct reference_name *known = &tree->names[hash(property)];

	if (!known->name || strcmp(known->name, property))
		*known = (struct reference_name){ property, reference_rule_find(property) };
	return known->rule;
}

static int add_property(struct host_tree *tree, const struct host_node *node,
			const struct host_property *property)
{
	const struct reference_rule *rule = reference_rule_of(tree, property->name);
	struct reference_list list = { 0 };
	int ret = rule ? reference_read(tree, node, property, rule, &list) : 0;

	for (size_t i = 0; !ret && i < list.n_refs; i++) {
		const struct host_node *target = list.refs[i].target;
		struct reference_edge *edge;

		if (!target)
			continue;
		edge = array_add(tree->edges, tree->n_edges);
		if (edge) {
			*edge = (struct reference_edge){ target->index, node->index, property,
							 rule->kind };
			tree->n_edges++;
		} else {
			ret = -ENOMEM;
		}
	}
	reference_list_destroy(&list);
	return ret;
}

static int compare_edges(const void *a, const void *b)
{
	const struct reference_edge *x = a, *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	if (x->user != y->user)
		return x->user < y->user ? -1 : 1;
	if (x->property != y->property)
		return x->property < y->property ? -1 : 1;
	return 0;
}

int reference_index_create(struct host_tree *tree)
{
	tree->names = arena_alloc(&tree->arena, N_NAMES * sizeof(*tree->names));
	if (!tree->names)
		return -ENOMEM;
	for (uint32_t i = 0; i < tree->n_nodes; i++) {
		const struct host_node *node = tree->nodes[i];

		for (size_t k = 0; k < node->n_properties; k++)
			if (add_property(tree, node, &node->properties[k]))
				return -ENOMEM;
	}
	if (tree->n_edges)
		qsort(tree->edges, tree->n_edges, sizeof(*tree->edges), compare_edges);
	return 0;
}

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

	return i < tree->n_edges && tree->edges[i].target == node->index;
}

/* Index of the first node in tree order that is not below @node. */
static uint32_t end_of(const struct host_tree *tree, const struct host_node *node)
{
	for (; node; node = node->parent) {
		if (node->next)
			return node->next->index;
	}
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
