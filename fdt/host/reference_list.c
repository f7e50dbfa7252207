// SPDX-License-Identifier: GPL-2.0-only
/* The references that a rule of the table tells of. */
#include <errno.h>
#include <stdlib.h>

#include "fdt/host/reference_parts.h"
#include "vmm/base/array.h"

int reference_add(struct reference_list *list, const struct reference *ref)
{
	struct reference *added = array_add(list->refs, list->n_refs);

	if (!added)
		return -ENOMEM;
	*added = *ref;
	list->n_refs++;
	return 0;
}

void reference_list_destroy(struct reference_list *list)
{
	free(list->refs);
	*list = (struct reference_list){ 0 };
}

static bool is_hole(uint32_t phandle)
{
	return phandle == 0 || phandle == UINT32_MAX;
}

static struct reference take(const struct host_tree *tree, const struct host_property *property,
			     size_t cell)
{
	uint32_t phandle = host_property_cell(property, cell);

	return (struct reference){ .phandle = phandle,
				   .offset = 4 * cell,
				   .target = host_tree_by_phandle(tree, phandle) };
}

/* False: the provider has no such property, or more cells than there are. */
static bool count_args(const struct reference_rule *rule, struct reference *ref, size_t n_left)
{
	const struct host_property *cells =
		rule->cells ? host_node_find(ref->target, rule->cells) : NULL;

	if (cells && cells->size >= 4)
		ref->n_args = host_property_cell(cells, 0);
	else if (rule->n_args >= 0)
		ref->n_args = (unsigned int)rule->n_args;
	else
		return false;
	return ref->n_args <= n_left;
}

static int read_list(const struct host_tree *tree, const struct host_property *property,
		     const struct reference_rule *rule, struct reference_list *list)
{
	size_t n_cells = property->size / 4;
	bool malformed = false;

	for (size_t cell = 0; cell < n_cells && !malformed;) {
		struct reference ref = take(tree, property, cell++);

		if (ref.target)
			malformed = !count_args(rule, &ref, n_cells - cell);
		else if (!is_hole(ref.phandle) && (rule->cells || rule->n_args))
			malformed = true;
		if (malformed)
			ref.n_args = 0;
		cell += ref.n_args;
		if (reference_add(list, &ref))
			return -ENOMEM;
	}
	list->malformed |= malformed;
	return 0;
}

static int read_one(const struct host_tree *tree, const struct host_property *property,
		    struct reference_list *list)
{
	struct reference ref;

	if (property->size < 4)
		return 0;
	ref = take(tree, property, 0);
	ref.n_args = (unsigned int)(property->size / 4 - 1);
	return reference_add(list, &ref);
}

/* The @at-th cell of each four. */
static int read_lines(const struct host_tree *tree, const struct host_property *property, size_t at,
		      struct reference_list *list)
{
	for (size_t cell = at; cell < property->size / 4; cell += 4) {
		struct reference ref = take(tree, property, cell);

		if (reference_add(list, &ref))
			return -ENOMEM;
	}
	return 0;
}

static int read_interrupt_map(const struct host_tree *tree, const struct host_node *node,
			      const struct host_property *property, struct reference_list *list)
{
	size_t n_cells = property->size / 4;
	size_t key = (size_t)host_node_u32(node, "#address-cells", 0) +
		     host_node_u32(node, "#interrupt-cells", 0);
	bool malformed = false;

	for (size_t cell = key; cell < n_cells && !malformed; cell += key) {
		struct reference ref = take(tree, property, cell++);
		size_t n_args = 0;

		if (ref.target)
			n_args = (size_t)host_node_u32(ref.target, "#address-cells", 0) +
				 host_node_u32(ref.target, "#interrupt-cells", 0);
		malformed = !ref.target || n_args > n_cells - cell;
		if (!malformed)
			ref.n_args = (unsigned int)n_args;
		cell += ref.n_args;
		if (reference_add(list, &ref))
			return -ENOMEM;
	}
	list->malformed |= malformed;
	return 0;
}

/*
 * Names that are in no way standard mean other things in other bindings: without a phandle of this
 * tree in the first place there is none.
 */
static bool means_other_thing(const struct host_tree *tree, const struct host_property *property,
			      const struct reference_rule *rule)
{
	bool vague = rule->kind == REFERENCE_OTHER || rule->kind == REFERENCE_SYSCON ||
		     rule->kind == REFERENCE_MEMORY || rule->kind == REFERENCE_PHY ||
		     rule->kind == REFERENCE_GRAPH;
	uint32_t first;

	if (!vague || rule->cells || property->size < 4)
		return false;
	first = host_property_cell(property, 0);
	return property->size % 4 || (!is_hole(first) && !host_tree_by_phandle(tree, first));
}

/* A hog's "gpios" are lines of its parent: bindings/gpio/gpio.txt. */
static bool is_hog(const struct host_node *node, const struct reference_rule *rule)
{
	return rule->kind == REFERENCE_GPIO && host_node_has(node, "gpio-hog");
}

int reference_read(const struct host_tree *tree, const struct host_node *node,
		   const struct host_property *property, const struct reference_rule *rule,
		   struct reference_list *list)
{
	if (is_hog(node, rule) || means_other_thing(tree, property, rule))
		return 0;
	switch (rule->layout) {
	case LAYOUT_LIST:
		return read_list(tree, property, rule, list);
	case LAYOUT_ONE:
		return read_one(tree, property, list);
	case LAYOUT_SECOND_OF_4:
		return read_lines(tree, property, 1, list);
	case LAYOUT_FOURTH_OF_4:
		return read_lines(tree, property, 3, list);
	case LAYOUT_INTERRUPT_MAP:
		return read_interrupt_map(tree, node, property, list);
	case LAYOUT_NONE:
		break;
	}
	return 0;
}
