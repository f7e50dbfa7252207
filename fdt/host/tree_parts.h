/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_TREE_PARTS_H
#define FDT_HOST_TREE_PARTS_H

/* How a struct host_tree is made: for host_tree*.c only. */
#include "fdt/host/tree.h"
#include "vmm/base/arena.h"

struct host_tree {
	bool live, has_symbols;
	struct host_node **nodes; /* in tree order */
	uint32_t n_nodes;
	struct host_node **by_phandle; /* those that have one, sorted by it */
	size_t n_phandles;
	struct reference_edge *edges; /* reference_index.c */
	size_t n_edges;
	struct reference_name *names; /* reference_index.c */
	struct arena arena;           /* nodes, properties, names and values */
};

/*
 *	host_tree_create()
 *	host_tree_add_node()	in tree order: each parent before its children; then its properties
 *	host_tree_finish()	checks and makes the indexes
 *
 * Functions that return pointers return NULL only when out of memory. host_tree_destroy() at any
 * time.
 */
struct host_tree *host_tree_create(void);

/* Becomes @parent's child behind @previous (NULL: its first one). @parent is NULL for the root. The
 * name is copied. */
struct host_node *host_tree_add_node(struct host_tree *tree, struct host_node *parent,
				     struct host_node *previous, const char *name);
/* Names that can be printed, phandles that are cells and stand once. @what: the source, for
 * messages. */
int host_tree_finish(struct host_tree *tree, const char *what, struct err *err);

#endif
