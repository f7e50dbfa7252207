/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_REFERENCE_H
#define FDT_HOST_REFERENCE_H

/*
 * Phandles in a property: which nodes it points at, by the table of reference_table.c. Of a
 * property that no binding knows it is asked whether its words look like phandles of this tree, and
 * the answer is called a guess.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fdt/host/tree.h"

/* What kind of thing a property points at. */
enum reference_kind {
	REFERENCE_NONE, /* no phandle in it */
	REFERENCE_CLOCK,
	REFERENCE_RESET,
	REFERENCE_POWER_DOMAIN,
	REFERENCE_SUPPLY,
	REFERENCE_PINCTRL,
	REFERENCE_GPIO,
	REFERENCE_DMA,
	REFERENCE_PHY,
	REFERENCE_IOMMU,
	REFERENCE_MSI,
	REFERENCE_INTERRUPT, /* interrupt-parent, interrupts-extended, interrupt-map */
	REFERENCE_MEMORY,    /* memory-region, sram */
	REFERENCE_NVMEM,
	REFERENCE_MAILBOX,
	REFERENCE_INTERCONNECT,
	REFERENCE_OPP,
	REFERENCE_THERMAL,
	REFERENCE_GRAPH, /* remote-endpoint */
	REFERENCE_SYSCON,
	REFERENCE_OTHER,   /* known to be one, of no kind that needs a rule of its own */
	REFERENCE_UNKNOWN, /* guessed */
};
const char *reference_kind_name(enum reference_kind kind);

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
/* A phandle that says that there is none: the list goes on behind it. */
bool reference_is_hole(const struct reference *ref);
void reference_list_destroy(struct reference_list *list);

/*
 * Who points at @node or at a node below it, from outside: the users that the host would lose.
 * Nodes that are not available are left out. In tree order, each property once for a target; @users
 * is the caller's to free().
 */
struct reference_user {
	const struct host_node *node, *target;
	const struct host_property *property;
	enum reference_kind kind;
};
int reference_users(const struct host_tree *tree, const struct host_node *node,
		    struct reference_user **users, size_t *n_users);
/* One after the other, in no order, for who need not see all; *at is 0 for the first. False: no
 * more. */
bool reference_next_user(const struct host_tree *tree, const struct host_node *node, size_t *at,
			 struct reference_user *user);
/* Those of them, in tree order, that have the same as @ref of @property: reference_is_same(). */
bool reference_next_same(const struct host_tree *tree, const struct host_property *property,
			 const struct reference *ref, size_t *at, struct reference_user *user);

/*
 * Mark, by index, what the marked nodes need: the nodes above each, what all of these point at,
 * what that points at, and so on.
 */
void reference_mark(const struct host_tree *tree, bool *marked);

/* @ra of @a and @rb of @b are the same: what they point at, and the arguments. */
bool reference_is_same(const struct host_property *a, const struct reference *ra,
		       const struct host_property *b, const struct reference *rb);

/* What all rules together tell: tree->edges, which host_tree_destroy() frees. -ENOMEM. */
int reference_index_create(struct host_tree *tree);

#endif
