/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_TREE_H
#define FDT_HOST_TREE_H

/*
 * The host's whole device tree as data: from a .dtb file, or from the running kernel
 * (/proc/device-tree). Read once, constant afterwards.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/arena.h"
#include "vmm/base/err.h"

struct host_property {
	const char *name;
	const uint8_t *value; /* @size bytes, and a NUL behind them */
	size_t size;
};

struct host_node {
	const char *name; /* with unit address: "ethernet@fff50000"; "" for the root */
	uint32_t index;   /* in tree order; the root is 0 */
	uint32_t phandle; /* 0: none */
	struct host_node *parent, *child, *next; /* NULL: none */
	const struct host_property *properties;  /* in tree order; the running host's by name */
	size_t n_properties;
};

/* What the graft has found out of devices of which nobody said anything. */
struct host_tried {
	struct arena arena;
	/*
	 * Why no guest can have a node, by its index, and once more for where dais' own driver has
	 * the devices; NULL: nothing is known.
	 */
	const char *refused[];
};

struct host_tree {
	bool live;                /* the running host's */
	bool has_symbols;         /* it has /__symbols__ */
	struct host_node **nodes; /* in tree order, from the root on; NULL behind them */
	uint32_t n_nodes;
	struct host_node **by_phandle; /* those that have one, sorted by it */
	size_t n_phandles;
	struct reference_edge *edges; /* reference.c */
	size_t n_edges;
	struct host_shared *shared; /* shared.c */
	struct host_tried *tried;   /* fdt/guest/graft_partner.c */
	struct arena arena;         /* nodes, properties, names and values */
};

/*
 * Load from a flattened tree. Refuses what is malformed (libfdt's full check, names that cannot be
 * printed, a phandle used twice, more than HOST_TREE_MAX_DEPTH levels or a node with more than
 * HOST_TREE_MAX_PROPERTIES) with the place named. The most of real trees: 12 levels; 60 properties,
 * 612 labels in __symbols__.
 */
#define HOST_TREE_MAX_DEPTH      64
#define HOST_TREE_MAX_PROPERTIES 4096
#define HOST_TREE_MAX_SIZE       (64u << 20) /* bytes of a .dtb */
int host_tree_load(const char *path, struct host_tree **tree, struct err *err);
int host_tree_parse(const void *blob, size_t size, const char *what, struct host_tree **tree,
		    struct err *err);
/*
 * The running host's. @root: "/proc/device-tree". @kept: a file for what the next call need not
 * read again (tree_values.h); NULL: none.
 */
int host_tree_read_live(const char *root, const char *kept, struct host_tree **tree,
			struct err *err);
void host_tree_destroy(struct host_tree *tree);

/*
 * Whether libfdt can be trusted with these @size bytes, as fdt_check_full() says: 0, or an error of
 * libfdt's. It first looks for what fdt_check_full() of libfdt 1.6 itself crashes or hangs on:
 * versions before 16, and properties that reach beyond the structure block.
 */
int host_tree_check_blob(const void *blob, size_t size);

/*
 * How each of the above makes it, from a struct host_tree of zeros that it has allocated:
 *
 *	host_tree_add_node()	in tree order: each parent before its children; then its properties
 *	host_tree_finish()	checks and makes the indexes
 *
 * NULL: out of memory. @parent is NULL for the root; @previous is the child before it, NULL: none.
 * The name is copied.
 */
struct host_node *host_tree_add_node(struct host_tree *tree, struct host_node *parent,
				     struct host_node *previous, const char *name);
/* Names that can be printed, phandles that are cells and stand once. @what: the source, for
 * messages. */
int host_tree_finish(struct host_tree *tree, const char *what, struct err *err);

/* NULL when there is none. @path is absolute, or begins with an alias. */
const struct host_node *host_tree_find(const struct host_tree *tree, const char *path);
const struct host_node *host_tree_by_phandle(const struct host_tree *tree, uint32_t phandle);
/* Node that a label names, by /__symbols__; NULL when the tree has none. */
const struct host_node *host_tree_by_label(const struct host_tree *tree, const char *label);
/*
 * The node of a device as Linux names it ("10000000.ahci", "fff50000.ethernet", "soc:gpu": see
 * of_device_make_bus_id() in drivers/of/device.c), as a path, or as a unique node name
 * ("ethernet@fff50000"). -EINVAL with the nearest name, or with all that match.
 */
int host_tree_find_device(const struct host_tree *tree, const char *name,
			  const struct host_node **node, struct err *err);

/* "/soc/ethernet@fff50000" into @buf; cut when it does not fit. Returns @buf. */
const char *host_node_path(const struct host_node *node, char *buf, size_t size);
/* Linux's device name for the node ("fff50000.ethernet"). */
const char *host_node_device_name(const struct host_node *node, char *buf, size_t size);

const struct host_property *host_node_find(const struct host_node *node, const char *name);
bool host_node_has(const struct host_node *node, const char *name);
/* First cell of a property, or @fallback. */
uint32_t host_node_u32(const struct host_node *node, const char *name, uint32_t fallback);
/* The same of the node, or of the next one above it that has the property. */
uint32_t host_node_inherited_u32(const struct host_node *node, const char *name, uint32_t fallback);
/* The node that the first cell of a property points at; NULL: none. */
const struct host_node *host_tree_target(const struct host_tree *tree, const struct host_node *node,
					 const char *name);
/* Its "iommus" point at an IOMMU that is enabled. */
bool host_node_has_iommu(const struct host_tree *tree, const struct host_node *node);
/* True when the value is one or more NUL-terminated, printable strings. */
bool host_property_is_strings(const struct host_property *property);
/* Index of @string in a string list, -1: not there. */
int host_property_string_index(const struct host_property *property, const char *string);
/* The n-th string, fit for messages and JSON; NULL: not there, or it cannot be printed. */
const char *host_property_string(const struct host_property *property, unsigned int n);
/* The i-th 32-bit cell; the caller checks size. */
uint32_t host_property_cell(const struct host_property *property, size_t i);
void host_property_cells(const struct host_property *property, size_t first, size_t n,
			 uint32_t *cells);

bool host_node_is_compatible(const struct host_node *node, const char *compatible);
/* One of its compatibles matches one of @patterns, as str_matches() has them. */
bool host_node_matches(const struct host_node *node, const char *patterns);
/* status absent, "okay" or "ok". */
bool host_node_is_enabled(const struct host_node *node);
/* The same here and on every ancestor. */
bool host_node_is_available(const struct host_node *node);
/* compatible has "arm,primecell": it sits on Linux's amba bus. */
bool host_node_is_amba(const struct host_node *node);

#endif
