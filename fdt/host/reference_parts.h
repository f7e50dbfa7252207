/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_REFERENCE_PARTS_H
#define FDT_HOST_REFERENCE_PARTS_H

/* The index behind reference_users() and the like, for reference.c, which makes it. */
#include "fdt/host/reference.h"

/* One reference that a rule tells of; sorted by what it points at, then in tree order. */
struct reference_edge {
	uint32_t target, user; /* indexes of nodes */
	const struct host_property *property;
	uint32_t offset, n_args; /* struct reference */
	enum reference_kind kind;
	bool guessed; /* no rule tells of it */
};

/* By what they point at: target and arguments. */
int reference_compare_edges(const struct reference_edge *a, const struct reference_edge *b);

/* A rule tells of a reference to @node. */
bool reference_is_pointed_at(const struct host_tree *tree, const struct host_node *node);

#endif
