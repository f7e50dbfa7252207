// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phandles in any property. In one that no rule knows they are guessed: dtc gives phandles from 1
 * upwards, so that small numbers look like them; more than that must speak for it.
 */
#include "fdt/host/reference.h"

#include <errno.h>
#include <string.h>

#include "fdt/host/reference_parts.h"
#include "fdt/host/tree_parts.h"

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
	for (const char *end = text + MAX_COMPATIBLE; *text && text < end; text++) {
		if (strncasecmp(text, word, n) == 0)
			return true;
	}
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
		if (reference_add(list, &ref))
			return -ENOMEM;
	}
	return 0;
}

int reference_find(const struct host_tree *tree, const struct host_node *node,
		   const struct host_property *property, struct reference_list *list,
		   enum reference_kind *kind)
{
	const struct reference_rule *rule = reference_rule_of(tree, property->name);
	int ret;

	*list = (struct reference_list){ 0 };
	ret = rule ? reference_read(tree, node, property, rule, list) : guess(tree, property, list);
	if (ret)
		reference_list_destroy(list);
	if (kind)
		*kind = !list->n_refs ? REFERENCE_NONE : rule ? rule->kind : REFERENCE_UNKNOWN;
	return ret;
}
