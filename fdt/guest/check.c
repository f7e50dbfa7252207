// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/guest/tree.h"

#include <inttypes.h>
#include <string.h>

#include "fdt/host/facts.h"
#include "fdt/host/reference.h"
#include "fdt/host/tree.h"
#include "vmm/base/array.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"

#define PATH_SIZE 256

static int out_of_memory(struct err *err)
{
	return err_set(err, ENOMEM, "check the guest's device tree");
}

static int check_property(const struct host_tree *tree, const struct host_node *node,
			  const struct host_property *property, struct err *err)
{
	const struct reference *dangling = NULL;
	struct reference_list list;
	char path[PATH_SIZE];

	if (reference_find(tree, node, property, &list, NULL))
		return out_of_memory(err);
	for (size_t i = 0; i < list.n_refs && !dangling; i++) {
		const struct reference *ref = &list.refs[i];

		if (!ref->target && !reference_is_hole(ref))
			dangling = ref;
	}
	err->code = 0;
	if (dangling || list.malformed)
		err_set(err, EINVAL, "the guest's device tree: %s of %s", property->name,
			host_node_path(node, path, sizeof(path)));
	if (dangling)
		err_why(err, "it points at phandle 0x%" PRIx32 ", which no node has",
			dangling->phandle);
	else if (list.malformed)
		err_why(err, "its cells do not add up to what the nodes that it points at want");
	reference_list_destroy(&list);
	return err->code;
}

static int check_references(const struct host_tree *tree, struct err *err)
{
	int ret = 0;

	for (uint32_t i = 0; i < tree->n_nodes; i++) {
		const struct host_node *node = tree->nodes[i];

		for (size_t k = 0; k < node->n_properties && !ret; k++)
			ret = check_property(tree, node, &node->properties[k], err);
	}
	return ret;
}

static int compare_names(const void *a, const void *b)
{
	const struct host_node *x = *(const struct host_node *const *)a;
	const struct host_node *y = *(const struct host_node *const *)b;

	if (x->parent != y->parent)
		return x->parent->index < y->parent->index ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int check_names(const struct host_tree *tree, struct err *err)
{
	uint32_t n = tree->n_nodes - 1; /* without the root */
	owned_ptr const struct host_node **sorted =
		calloc((size_t)n + 1, sizeof(struct host_node *));
	char path[PATH_SIZE];

	if (!sorted)
		return out_of_memory(err);
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = tree->nodes[i + 1];
	qsort(sorted, n, sizeof(struct host_node *), compare_names);
	for (uint32_t i = 1; i < n; i++) {
		if (compare_names(&sorted[i - 1], &sorted[i]) == 0) {
			return err_set(err, EINVAL, "the guest's device tree: two nodes %s",
				       host_node_path(sorted[i], path, sizeof(path)));
		}
	}
	return 0;
}

struct claim {
	struct range range;
	const struct host_node *node;
};

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return x->range.start < y->range.start ? -1 : x->range.start > y->range.start;
}

static int overlap(const struct claim *a, const struct claim *b, struct err *err)
{
	char path[2][PATH_SIZE];

	err_set(err, EINVAL, "the guest's device tree: reg of %s",
		host_node_path(b->node, path[0], PATH_SIZE));
	return err_why(
		err, "0x%" PRIx64 " to 0x%" PRIx64 " overlaps 0x%" PRIx64 " to 0x%" PRIx64 " of %s",
		b->range.start, range_last(b->range), a->range.start, range_last(a->range),
		host_node_path(a->node, path[1], PATH_SIZE));
}

/*
 * In order of their starts, each is held against the one that reaches furthest, and the one that
 * does so of the other nodes: a node's own regions may overlap.
 */
static int check_claims(struct claim *claims, size_t n, struct err *err)
{
	const struct claim *far[2] = { NULL, NULL };

	qsort(claims, n, sizeof(*claims), compare_claims);
	for (size_t i = 0; i < n; i++) {
		const struct claim *c = &claims[i];

		for (size_t k = 0; k < 2; k++)
			if (far[k] && far[k]->node != c->node &&
			    range_overlaps(far[k]->range, c->range))
				return overlap(far[k], c, err);
		if (!far[0] || range_last(c->range) > range_last(far[0]->range)) {
			if (far[0] && far[0]->node != c->node)
				far[1] = far[0];
			far[0] = c;
		} else if (c->node != far[0]->node &&
			   (!far[1] || range_last(c->range) > range_last(far[1]->range))) {
			far[1] = c;
		}
	}
	return 0;
}

static int check_regions(const struct host_tree *tree, struct err *err)
{
	owned_ptr struct claim *claims = NULL;
	const struct host_node *node;
	struct range range;
	size_t n = 0;

	for (node = tree->nodes[0]->child; node; node = node->next)
		for (unsigned int i = 0; host_region(node, i, &range); i++)
			if (range.size && array_append(claims, n, (&(struct claim){ range, node })))
				return out_of_memory(err);
	return n ? check_claims(claims, n, err) : 0;
}

int dt_check(const void *blob, size_t size, struct err *err)
{
	struct host_tree *tree;
	int ret = host_tree_parse(blob, size, "the guest's device tree", &tree, err);

	if (ret)
		return ret;
	ret = check_names(tree, err) ?: check_references(tree, err) ?: check_regions(tree, err);
	host_tree_destroy(tree);
	return ret;
}
