// SPDX-License-Identifier: GPL-2.0-only
/* Who points at whom in the whole tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/host/reference_parts.h"
#include "fdt/host/tree_parts.h"

/* One reference that a rule tells of; sorted by target, then in tree order. */
struct edge {
	uint32_t target, user; /* indexes of nodes */
	const struct host_property *property;
	enum reference_kind kind;
};

/* Real trees have some hundred names, and each of them often. */
#define N_NAMES 1024 /* a power of two */

struct reference_index {
	struct edge *edges;
	size_t n_edges, room;
	/* At its hash, the name that was asked for last, which is the tree's; NULL: none */
	struct {
		const char *name;
		const struct reference_rule *rule;
	} names[N_NAMES];
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
	struct reference_index *index = tree->references;
	unsigned int at = hash(property);

	if (!index->names[at].name || strcmp(index->names[at].name, property)) {
		index->names[at].name = property;
		index->names[at].rule = reference_rule_find(property);
	}
	return index->names[at].rule;
}

static int add_edge(struct reference_index *index, const struct edge *edge)
{
	if (index->n_edges == index->room) {
		size_t room = index->room ? 2 * index->room : 64;
		struct edge *bigger = realloc(index->edges, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		index->edges = bigger;
		index->room = room;
	}
	index->edges[index->n_edges++] = *edge;
	return 0;
}

static int add_property(struct reference_index *index, const struct host_tree *tree,
			const struct host_node *node, const struct host_property *property)
{
	const struct reference_rule *rule = reference_rule_of(tree, property->name);
	struct reference_list list;
	enum reference_kind kind;
	int ret;

	if (!rule || rule->layout == LAYOUT_NONE)
		return 0;
	ret = reference_find(tree, node, property, &list, &kind);
	for (size_t i = 0; !ret && i < list.n_refs; i++) {
		const struct host_node *target = list.refs[i].target;

		if (target)
			ret = add_edge(index, &(struct edge){ target->index, node->index, property,
							      kind });
	}
	reference_list_destroy(&list);
	return ret;
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	if (x->user != y->user)
		return x->user < y->user ? -1 : 1;
	if (x->property != y->property)
		return x->property < y->property ? -1 : 1;
	return 0;
}

static int add_node(struct reference_index *index, const struct host_tree *tree,
		    const struct host_node *node)
{
	int ret = 0;

	for (size_t i = 0; i < node->n_properties && !ret; i++)
		ret = add_property(index, tree, node, &node->properties[i]);
	return ret;
}

int reference_index_create(struct host_tree *tree)
{
	struct reference_index *index = calloc(1, sizeof(*index));
	int ret = index ? 0 : -ENOMEM;

	tree->references = index;
	for (uint32_t i = 0; i < tree->n_nodes && !ret; i++)
		ret = add_node(index, tree, tree->nodes[i]);
	if (ret)
		return ret;
	if (index->n_edges)
		qsort(index->edges, index->n_edges, sizeof(*index->edges), compare_edges);
	return 0;
}

void reference_index_destroy(struct reference_index *index)
{
	if (!index)
		return;
	free(index->edges);
	free(index);
}

/* The first edge whose target is not before @target. */
static size_t first_edge(const struct reference_index *index, uint32_t target)
{
	size_t low = 0, high = index->n_edges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->edges[middle].target < target)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool reference_is_pointed_at(const struct host_tree *tree, const struct host_node *node)
{
	const struct reference_index *index = tree->references;
	size_t i = first_edge(index, node->index);

	return i < index->n_edges && index->edges[i].target == node->index;
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
	const struct reference_index *index = tree->references;
	uint32_t end = end_of(tree, node);
	size_t first = first_edge(index, node->index), last = first_edge(index, end);
	const struct edge *previous = NULL;

	*n_users = 0;
	*users = calloc(last - first + 1, sizeof(**users));
	if (!*users)
		return -ENOMEM;
	for (size_t i = first; i < last; i++) {
		const struct edge *edge = &index->edges[i];

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
