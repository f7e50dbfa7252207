/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_REFERENCE_TABLE_H
#define FDT_HOST_REFERENCE_TABLE_H

#include <stdbool.h>

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

/* What the bindings say of the properties of this name. */
struct reference_rule {
	const char *pattern; /* for fnmatch(3); begins with a letter or '*' */
	unsigned int length;
	enum reference_kind kind;
	enum reference_layout layout;
	const char *cells; /* LAYOUT_LIST: the provider's property that counts arguments, or NULL */
	int n_args;        /* without it; -1: it may not be missing */
};

/* The first rule for this name, or NULL: no binding that dais knows has it. */
const struct reference_rule *reference_rule_find(const char *property);

#endif
