/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_REFERENCE_PARTS_H
#define FDT_HOST_REFERENCE_PARTS_H

/* The rules, and the index behind reference_users() and the like, for reference.c. */
#include "fdt/host/reference.h"

/* How phandles stand in a property. */
enum reference_layout {
	LAYOUT_NONE,          /* there is none in it */
	LAYOUT_LIST,          /* each a phandle and its arguments */
	LAYOUT_ONE,           /* one phandle; all that follows are its arguments */
	LAYOUT_SECOND_OF_4,   /* in lines of four cells, the second one (iommu-map) */
	LAYOUT_FOURTH_OF_4,   /* in lines of four cells, the last one (rockchip,pins) */
	LAYOUT_INTERRUPT_MAP, /* interrupt-map (Devicetree Specification 0.4, 2.4.3.1) */
};

struct reference_rule {
	const char *patterns; /* of the properties' names, as fnmatch() has them */
	const char *cells; /* LAYOUT_LIST: the provider's property that counts arguments, or NULL */
	enum reference_kind kind : 8;
	enum reference_layout layout : 8;
	int n_args : 8; /* LAYOUT_LIST: arguments, where @cells is missing; -1: it may not be
			   missing */
};

/* All of them; the first whose pattern a name matches counts. */
const struct reference_rule *reference_rules(size_t *n);
/* That one, of a name that is not empty; NULL: no binding that dais knows has it. */
const struct reference_rule *reference_rule_find(const char *name);

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
