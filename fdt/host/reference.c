// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/reference.h"

#include <stdlib.h>
#include <string.h>

#include "fdt/host/reference_parts.h"
#include "vmm/base/array.h"

void reference_list_destroy(struct reference_list *list)
{
	free(list->refs);
	*list = (struct reference_list){ 0 };
}

bool reference_is_hole(const struct reference *ref)
{
	return ref->phandle == 0 || ref->phandle == UINT32_MAX;
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
			return reference_is_hole(ref) || (!rule->cells && !n) ? 0 : -1;
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
 * tree in the first place there is none, and 0 or -1 there is a number.
 */
static bool means_other_thing(const struct host_tree *tree, const struct host_property *property,
			      const struct reference_rule *rule)
{
	bool vague = rule->kind == REFERENCE_OTHER || rule->kind == REFERENCE_SYSCON ||
		     rule->kind == REFERENCE_MEMORY || rule->kind == REFERENCE_PHY ||
		     rule->kind == REFERENCE_GRAPH;
	struct reference first;

	if ((!vague && rule->kind != REFERENCE_SUPPLY) || rule->cells || property->size < 4)
		return false;
	first.phandle = host_property_cell(property, 0);
	if (reference_is_hole(&first))
		return rule->kind != REFERENCE_MEMORY; /* memory-region has holes */
	return vague && (property->size % 4 || !host_tree_by_phandle(tree, first.phandle));
}

static int read_list(const struct host_tree *tree, const struct host_node *node,
		     const struct host_property *property, const struct reference_rule *rule,
		     struct reference_list *list)
{
	size_t n_cells = property->size / 4, first = 0, gap = 0;

	/* A hog's "gpios" are lines of its parent: bindings/gpio/gpio.txt. */
	if (rule->layout == LAYOUT_NONE || means_other_thing(tree, property, rule) ||
	    (rule->kind == REFERENCE_GPIO && host_node_has(node, "gpio-hog")))
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
		if (array_append(list->refs, list->n_refs, &ref))
			return -ENOMEM;
	}
	return 0;
}

/* Adds edges behind the tree's, of which the first tree->n_edges are sorted; *n counts all. */
static int add_property(struct host_tree *tree, const struct host_node *node,
			const struct host_property *property, size_t *n)
{
	const struct reference_rule *rule = reference_rule_find(property->name);
	struct reference_edge edge = { .user = node->index, .property = property };
	struct reference_list list = { 0 };
	int ret = rule ? read_list(tree, node, property, rule, &list) : 0;

	for (size_t i = 0; !ret && i < list.n_refs; i++) {
		const struct reference *ref = &list.refs[i];

		if (!ref->target)
			continue;
		edge.target = ref->target->index;
		edge.offset = (uint32_t)ref->offset;
		edge.n_args = ref->n_args;
		edge.kind = rule->kind;
		ret = array_append(tree->edges, *n, &edge);
	}
	reference_list_destroy(&list);
	return ret;
}

static int compare_edges(const void *a, const void *b)
{
	const struct reference_edge *x = a, *y = b;

	int by_target = reference_compare_edges(x, y);

	if (by_target)
		return by_target;
	if (x->user != y->user)
		return x->user < y->user ? -1 : 1;
	return x->property < y->property ? -1 : x->property > y->property;
}

/* What @look adds, then sorted with the others. */
static int add_all(struct host_tree *tree,
		   int (*look)(struct host_tree *tree, const struct host_node *node,
			       const struct host_property *property, size_t *n))
{
	size_t n = tree->n_edges;

	for (uint32_t i = 0; i < tree->n_nodes; i++) {
		const struct host_node *node = tree->nodes[i];

		for (size_t k = 0; k < node->n_properties; k++)
			if (look(tree, node, &node->properties[k], &n))
				return -ENOMEM;
	}
	tree->n_edges = n;
	if (n)
		qsort(tree->edges, n, sizeof(*tree->edges), compare_edges);
	return 0;
}

/*
 * Guesses. dtc gives phandles from 1 upwards, so that small numbers look like them; more than that
 * must speak for it.
 */

/*
 * Without "dtc -@" a node has a phandle only because something points at it: one that no rule
 * explains is explained by a property that no rule knows.
 */
static bool is_unexplained(const struct host_tree *tree, const struct host_node *target)
{
	return !tree->has_symbols && !reference_is_pointed_at(tree, target);
}

/* A provider wants just as many arguments as there are. */
static bool fits_provider(const struct host_node *target, size_t n_args)
{
	for (size_t i = 0; n_args && i < target->n_properties; i++) {
		const struct host_property *p = &target->properties[i];
		size_t n = strlen(p->name);

		if (p->name[0] == '#' && n > 6 && strcmp(p->name + n - 6, "-cells") == 0 &&
		    strcmp(p->name, "#address-cells") != 0 && strcmp(p->name, "#size-cells") != 0 &&
		    p->size == 4 && host_property_cell(p, 0) == n_args)
			return true;
	}
	return false;
}

/* In what is longer than any real one, only the beginning is looked at. */
#define MAX_COMPATIBLE 128
#define MAX_SIZE       4096 /* bytes of a property */

static bool contains_word(const char *text, const char *word, size_t n)
{
	for (const char *end = text + MAX_COMPATIBLE; *text && text < end; text++)
		if (strncasecmp(text, word, n) == 0)
			return true;
	return false;
}

/* "qcom,gmu" and a node "gmu@…", or one compatible with "qcom,adreno-gmu". */
static bool is_named_alike(const struct host_property *property, const struct host_node *target)
{
	const struct host_property *compatible = host_node_find(target, "compatible");
	const char *word = strchr(property->name, ',');

	for (word = word ? word + 1 : property->name; *word;) {
		size_t n = strcspn(word, "-_");

		if (n >= 3 &&
		    (contains_word(target->name, word, n) ||
		     (compatible && contains_word((const char *)compatible->value, word, n))))
			return true;
		word += n + (word[n] != '\0');
	}
	return false;
}

static int guess(const struct host_tree *tree, const struct host_property *property,
		 struct reference_list *list)
{
	size_t n_cells = (property->size < MAX_SIZE ? property->size : MAX_SIZE) / 4;

	if (property->size < 4 || property->size % 4 || host_property_is_strings(property))
		return 0;
	for (size_t cell = 0; cell < n_cells; cell++) {
		struct reference ref = { .offset = 4 * cell };

		ref.phandle = host_property_cell(property, cell);
		ref.target = host_tree_by_phandle(tree, ref.phandle);
		if (!ref.target ||
		    (!is_unexplained(tree, ref.target) && !is_named_alike(property, ref.target) &&
		     (cell || !fits_provider(ref.target, n_cells - 1))))
			continue;
		list->guessed = true;
		if (array_append(list->refs, list->n_refs, &ref))
			return -ENOMEM;
	}
	return 0;
}

/*
 * A driver that maps a syscon by a property of its own loses that, too: where the first word is a
 * phandle, and names or the want of another user speak for it.
 */
static int add_guess(struct host_tree *tree, const struct host_node *node,
		     const struct host_property *property, size_t *n)
{
	struct reference_edge edge = {
		.user = node->index, .property = property, .kind = REFERENCE_SYSCON, .guessed = true
	};
	const struct host_node *target;

	if (property->size < 4 || property->size % 4 || property->size > MAX_SIZE ||
	    reference_rule_find(property->name) ||
	    !(target = host_tree_by_phandle(tree, host_property_cell(property, 0))) ||
	    !host_node_is_compatible(target, "syscon") || host_property_is_strings(property) ||
	    !(is_named_alike(property, target) || is_unexplained(tree, target)))
		return 0;
	edge.target = target->index;
	return array_append(tree->edges, *n, &edge);
}

int reference_index_create(struct host_tree *tree)
{
	/* What is unexplained is known when the rules have had their say. */
	return add_all(tree, add_property) ?: add_all(tree, add_guess);
}

bool reference_is_same(const struct host_property *a, const struct reference *ra,
		       const struct host_property *b, const struct reference *rb)
{
	return ra->target == rb->target && ra->n_args == rb->n_args &&
	       !memcmp(a->value + ra->offset, b->value + rb->offset, 4 * (ra->n_args + 1));
}

int reference_find(const struct host_tree *tree, const struct host_node *node,
		   const struct host_property *property, struct reference_list *list,
		   enum reference_kind *kind)
{
	const struct reference_rule *rule = reference_rule_find(property->name);
	int ret;

	*list = (struct reference_list){ 0 };
	ret = rule ? read_list(tree, node, property, rule, list) : guess(tree, property, list);
	if (ret)
		reference_list_destroy(list);
	if (kind)
		*kind = !list->n_refs ? REFERENCE_NONE : rule ? rule->kind : REFERENCE_UNKNOWN;
	return ret;
}
