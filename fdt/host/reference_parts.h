/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_REFERENCE_PARTS_H
#define FDT_HOST_REFERENCE_PARTS_H

/* For reference*.c and fdt/host/tree.c. */
#include "fdt/host/reference.h"
#include "fdt/host/reference_table.h"

struct reference_index;

/* Add to the end. -ENOMEM. */
int reference_add(struct reference_list *list, const struct reference *ref);

/* The references that the rule tells; without a guess. */
int reference_read(const struct host_tree *tree, const struct host_node *node,
		   const struct host_property *property, const struct reference_rule *rule,
		   struct reference_list *list);
/* For a property that no rule tells of. */
int reference_guess(const struct host_tree *tree, const struct host_property *property,
		    struct reference_list *list);

/* reference_rule_find(), which remembers what it found for this tree: names recur. */
const struct reference_rule *reference_rule_of(const struct host_tree *tree, const char *property);

/* What all rules together tell: made when the tree is read, tree->references. -ENOMEM. */
int reference_index_create(struct host_tree *tree);
void reference_index_destroy(struct reference_index *index);
bool reference_is_pointed_at(const struct host_tree *tree, const struct host_node *node);

#endif
