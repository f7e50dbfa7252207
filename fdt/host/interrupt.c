// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/interrupt.h"

#include <string.h>

/* Larger maps than any board's: a bound for the time that a malformed tree takes. */
#define MAX_MAP_SIZE (256 << 10)

/*
 * Controllers with an interrupt-map of their own that Linux leaves to their drivers
 * (of_irq_imap_abusers[] in drivers/of/irq.c, without those of PowerPC and MIPS).
 */
#define MAP_IS_THE_DRIVERS \
	"fsl,ls1021a-extirq fsl,ls1043a-extirq fsl,ls1088a-extirq renesas,rza1-irqc"

static bool read_u32(const struct host_node *node, const char *name, uint32_t *value)
{
	const struct host_property *p = host_node_find(node, name);

	if (!p || p->size < 4)
		return false;
	*value = host_property_cell(p, 0);
	return true;
}

const struct host_node *interrupt_parent(struct interrupt_walk *walk, const struct host_node *node)
{
	uint32_t phandle;

	do {
		if (!walk->n_steps)
			return NULL;
		walk->n_steps--;
		node = read_u32(node, "interrupt-parent", &phandle)
			       ? host_tree_by_phandle(walk->tree, phandle)
			       : node->parent;
	} while (node && !host_node_has(node, "#interrupt-cells"));
	return node;
}

/* What is compared with the maps: the device's address, then the specifier. */
struct match {
	uint32_t cells[HOST_INTERRUPT_MAX_CELLS];
	uint32_t n_address, n_specifier;
};

/* The first three cells of "reg" are the address, however it is laid out; zeros where there are
 * none. */
static bool match_init(struct match *match, const struct host_node *device,
		       const struct host_node *parent, const struct interrupt *interrupt)
{
	const struct host_property *reg = host_node_find(device, "reg");
	uint32_t n = host_node_inherited_u32(parent, "#address-cells", 2);

	if (n > HOST_INTERRUPT_MAX_CELLS || n + interrupt->n_cells > HOST_INTERRUPT_MAX_CELLS)
		return false;
	*match = (struct match){ .n_address = n, .n_specifier = interrupt->n_cells };
	for (uint32_t i = 0; reg && i < 3 && i < n && i < reg->size / 4; i++)
		match->cells[i] = host_property_cell(reg, i);
	memcpy(match->cells + n, interrupt->cells, 4 * interrupt->n_cells);
	return true;
}

/* One line of an interrupt-map from cell @at on: who it leads to, and how long it is. */
struct map_line {
	const struct host_node *parent;
	size_t to; /* cell behind the parent's phandle */
	uint32_t n_address, n_specifier;
	size_t end;
};

static bool read_line(const struct interrupt_walk *walk, const struct match *match,
		      const struct host_property *map, size_t at, struct map_line *line)
{
	size_t n_cells = map->size / 4;

	line->to = at + match->n_address + match->n_specifier + 1;
	line->parent = host_tree_by_phandle(walk->tree, host_property_cell(map, line->to - 1));
	if (!line->parent || !read_u32(line->parent, "#interrupt-cells", &line->n_specifier))
		return false;
	line->n_address = host_node_u32(line->parent, "#address-cells", 0);
	if (line->n_address > HOST_INTERRUPT_MAX_CELLS ||
	    line->n_specifier > HOST_INTERRUPT_MAX_CELLS - line->n_address)
		return false;
	line->end = line->to + line->n_address + line->n_specifier;
	return line->end <= n_cells;
}

static bool line_matches(const struct match *match, const struct host_property *map, size_t at,
			 const struct host_property *mask)
{
	for (size_t i = 0; i < match->n_address + match->n_specifier; i++) {
		uint32_t m = mask ? host_property_cell(mask, i) : UINT32_MAX;

		if ((match->cells[i] ^ host_property_cell(map, at + i)) & m)
			return false;
	}
	return true;
}

/* Through the interrupt-map of @nexus: @match and @interrupt become what the line says. */
static bool follow_map(const struct interrupt_walk *walk, const struct host_node *nexus,
		       const struct host_property *map, struct match *match,
		       struct interrupt *interrupt)
{
	const struct host_property *mask = host_node_find(nexus, "interrupt-map-mask");
	size_t key = match->n_address + match->n_specifier;
	struct map_line line;

	if (map->size > MAX_MAP_SIZE || (mask && mask->size < 4 * key))
		return false;
	for (size_t at = 0; map->size / 4 - at > key + 1; at = line.end) {
		if (!read_line(walk, match, map, at, &line))
			return false;
		if (!line_matches(match, map, at, mask) || !host_node_is_available(line.parent))
			continue;
		match->n_address = line.n_address;
		match->n_specifier = line.n_specifier;
		host_property_cells(map, line.to, line.end - line.to, match->cells);
		interrupt->controller = line.parent;
		interrupt->n_cells = line.n_specifier;
		memcpy(interrupt->cells, match->cells + line.n_address, 4 * line.n_specifier);
		return true;
	}
	return false;
}

/* of_irq_parse_raw() */
bool interrupt_resolve(struct interrupt_walk *walk, const struct host_node *device,
		       struct interrupt *interrupt)
{
	const struct host_node *at = interrupt->controller;
	struct match match;
	uint32_t n_cells;

	if (!read_u32(at, "#interrupt-cells", &n_cells) || n_cells != interrupt->n_cells ||
	    !match_init(&match, device, at, interrupt))
		return false;
	while (at && walk->n_steps) {
		const struct host_property *map = host_node_find(at, "interrupt-map");

		if (host_node_has(at, "interrupt-controller") &&
		    (!map || host_node_matches(at, MAP_IS_THE_DRIVERS)))
			return true;
		walk->n_steps--;
		if (!map) {
			at = interrupt_parent(walk, at);
			continue;
		}
		if (!follow_map(walk, at, map, &match, interrupt))
			return false;
		if (interrupt->controller == at) /* a line to itself ends the way, too */
			return true;
		at = interrupt->controller;
	}
	return false;
}
