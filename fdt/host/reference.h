/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_REFERENCE_H
#define FDT_HOST_REFERENCE_H

/*
 * Phandles in a property: which nodes it points at, by reference_table.h. Of a property that no
 * binding knows it is asked whether its words look like phandles of this tree, and the answer is
 * called a guess.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fdt/host/reference_table.h"
#include "fdt/host/tree.h"

struct reference {
	const struct host_node *target; /* NULL: a hole (phandle 0 or -1), or a dangling phandle */
	uint32_t phandle;
	size_t offset;       /* of the phandle in the property's value, in bytes */
	unsigned int n_args; /* cells behind it */
};

struct reference_list {
	struct reference *refs; /* in order */
	size_t n_refs;
	bool guessed;   /* no binding says so: the words looked like it */
	bool malformed; /* the cells do not add up: @refs holds what was understood */
};

/* Find the references of @property of @node. 0, or -ENOMEM. @kind may be NULL. */
int reference_find(const struct host_tree *tree, const struct host_node *node,
		   const struct host_property *property, struct reference_list *list,
		   enum reference_kind *kind);
void reference_list_destroy(struct reference_list *list);

/*
 * Who points at @node or at a node below it, from outside: the users that the host would lose.
 * @users is the caller's to free(); nodes that are not available are left out.
 */
struct reference_user {
	const struct host_node *node;
	const struct host_property *property;
	enum reference_kind kind;
};
int reference_users(const struct host_tree *tree, const struct host_node *node,
		    struct reference_user **users, size_t *n_users);

#endif
