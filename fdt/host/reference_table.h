/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_REFERENCE_TABLE_H
#define FDT_HOST_REFERENCE_TABLE_H

/*
 * What bindings say of properties by their names: whether there are phandles in them, of what, and
 * where (as drivers/of/property.c knows it).
 */

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
	const char *patterns; /* of the properties' names: str_matches() */
	const char *cells; /* LAYOUT_LIST: the provider's property that counts arguments, or NULL */
	enum reference_kind kind;
	enum reference_layout layout;
	int n_args; /* LAYOUT_LIST: arguments, where @cells is missing; -1: it may not be missing */
};

/* The first rule for this name, or NULL: no binding that dais knows has it. */
const struct reference_rule *reference_rule_find(const char *property);

#endif
