/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_TREE_PARTS_H
#define FDT_HOST_TREE_PARTS_H

/* How a struct host_tree is made: for host_tree*.c only. */
#include "fdt/host/tree.h"

struct arena_chunk;
struct reference_index;

struct host_tree {
	bool live, has_symbols;
	struct host_node **nodes; /* in tree order */
	uint32_t n_nodes, room;
	struct host_node **by_phandle; /* those that have one, sorted by it */
	size_t n_phandles;
	struct reference_index *references; /* reference_index.c */
	struct arena_chunk *arena;          /* nodes, properties, names and values */
};

/*
 *	host_tree_create()
 *	host_tree_add_node()	in tree order: each parent before its children
 *	host_tree_set_properties()	once for each node
 *	host_tree_finish()	checks and makes the indexes
 *
 * Functions that return pointers return NULL only when out of memory. host_tree_destroy() at any
 * time.
 */
struct host_tree *host_tree_create(void);

/* Zeroed memory that lives as long as the tree. */
void *host_tree_alloc(struct host_tree *tree, size_t size);
/* A copy of @size bytes with a NUL behind them. */
void *host_tree_copy(struct host_tree *tree, const void *data, size_t size);

/* Becomes @parent's child behind @previous (NULL: its first one). @parent is NULL for the root. The
 * name is copied. */
struct host_node *host_tree_add_node(struct host_tree *tree, struct host_node *parent,
				     struct host_node *previous, const char *name);
/* @properties is from host_tree_alloc(). */
void host_tree_set_properties(struct host_node *node, const struct host_property *properties,
			      size_t n);
/* Names that can be printed, phandles that are cells and stand once. @what: the source, for
 * messages. */
int host_tree_finish(struct host_tree *tree, const char *what, struct err *err);

#endif
