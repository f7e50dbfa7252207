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

/* How many arguments there are behind @ref, of at most @n_left cells; -1: they do not add up. */
static int64_t count_args(const struct reference_rule *rule, const struct reference *ref,
			  size_t n_left)
{
	const struct host_node *target = ref->target;
	int64_t n = rule->n_args;

	if (rule->layout == LAYOUT_ONE)
		return (int64_t)n_left;
	if (rule->layout == LAYOUT_LIST) {
		if (!target)
			return is_hole(ref->phandle) || (!rule->cells && !n) ? 0 : -1;
		if (rule->cells && host_node_has(target, rule->cells))
			n = host_node_u32(target, rule->cells, (uint32_t)n);
	} else if (rule->layout == LAYOUT_INTERRUPT_MAP) {
		if (!target)
			return -1;
		n = (int64_t)host_node_u32(target, "#address-cells", 0) +
		    host_node_u32(target, "#interrupt-cells", 0);
	}
	return n <= (int64_t)n_left ? n : -1;
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
	size_t n_cells = property->size / 4, first = 0, gap = 0;

	if (rule->layout == LAYOUT_NONE || is_hog(node, rule) ||
	    means_other_thing(tree, property, rule))
		return 0;
	if (rule->layout == LAYOUT_SECOND_OF_4 || rule->layout == LAYOUT_FOURTH_OF_4) {
		first = rule->layout == LAYOUT_SECOND_OF_4 ? 1 : 3;
		gap = 3;
	} else if (rule->layout == LAYOUT_INTERRUPT_MAP) {
		first = gap = (size_t)host_node_u32(node, "#address-cells", 0) +
			      host_node_u32(node, "#interrupt-cells", 0);
	}
	for (size_t cell = first; cell < n_cells && !list->malformed; cell += gap) {
		uint32_t phandle = host_property_cell(property, cell);
		struct reference ref = { .phandle = phandle,
					 .offset = 4 * cell++,
					 .target = host_tree_by_phandle(tree, phandle) };
		int64_t n_args = count_args(rule, &ref, n_cells - cell);

		list->malformed = n_args < 0;
		ref.n_args = n_args < 0 ? 0 : (unsigned int)n_args;
		cell += ref.n_args;
		if (reference_add(list, &ref))
			return -ENOMEM;
	}
	return 0;
}
