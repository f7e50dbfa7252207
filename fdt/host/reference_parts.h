/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_REFERENCE_PARTS_H
#define FDT_HOST_REFERENCE_PARTS_H

/*
 * From below to above: reference_table.c, reference_list.c, reference_index.c (with what is known
 * of the whole tree), reference.c (with guesses).
 */
#include "fdt/host/reference.h"
#include "fdt/host/reference_table.h"

/* Add to the end. -ENOMEM. */
int reference_add(struct reference_list *list, const struct reference *ref);
/* Add the references that the rule tells of, without a guess. -ENOMEM. */
int reference_read(const struct host_tree *tree, const struct host_node *node,
		   const struct host_property *property, const struct reference_rule *rule,
		   struct reference_list *list);

/* What all rules together tell: tree->references, which host_tree_destroy() frees. -ENOMEM. */
int reference_index_create(struct host_tree *tree);
/* reference_rule_find(), which remembers what it found for this tree: names recur. */
const struct reference_rule *reference_rule_of(const struct host_tree *tree, const char *property);
bool reference_is_pointed_at(const struct host_tree *tree, const struct host_node *node);

#endif
