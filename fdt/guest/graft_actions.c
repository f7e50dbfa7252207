// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"

#define MAX_CELLS 4 /* of an address: PCI has 3 */

void graft_act_compatible(struct graft_place *place, struct graft_item *item)
{
	const char *answer = place->device->answers.compatible;

	if (place->role != GRAFT_ROLE_DEVICE || !answer) {
		graft_item_copy(item, place->property);
		if (!host_property_is_strings(place->property))
			graft_item_set(item, GRAFT_REFUSE, item->binding, "it is no text");
		return;
	}
	graft_item_set(item, GRAFT_REPLACE, item->binding, "the user gave another");
	item->value = answer;
	item->size = strlen(answer) + 1;
}

static void set_regions(struct graft_place *place, struct graft_item *item,
			const struct range *regions, size_t n)
{
	fdt64_t *cells = arena_alloc(&place->graft->arena, (n + 1) * 2 * sizeof(*cells));

	for (size_t i = 0; cells && i < n; i++) {
		cells[2 * i] = cpu_to_fdt64(regions[i].start);
		cells[2 * i + 1] = cpu_to_fdt64(regions[i].size);
	}
	item->value = cells;
	item->size = n * 2 * sizeof(*cells);
}

static void act_child_reg(struct graft_place *place, struct graft_item *item)
{
	struct range region, *regions;
	unsigned int n = 0;

	while (graft_child_region(place->device, place->node, n, &region))
		n++;
	if (!n) {
		graft_item_set(item, GRAFT_DROP, item->binding,
			       "it is not in the device's registers");
		return;
	}
	regions = arena_alloc(&place->graft->arena, n * sizeof(*regions));
	for (unsigned int i = 0; regions && i < n; i++)
		graft_child_region(place->device, place->node, i, &regions[i]);
	if (regions)
		set_regions(place, item, regions, n);
}

void graft_act_reg(struct graft_place *place, struct graft_item *item)
{
	const struct graft_facts *facts = &place->device->facts;

	if (place->role != GRAFT_ROLE_DEVICE) {
		if (graft_is_mmio_bus(place->node->parent)) {
			act_child_reg(place, item);
		} else {
			graft_item_set(item, GRAFT_COPY, item->binding,
				       "an address on its own bus");
			graft_item_copy(item, place->property);
		}
	} else if (facts->n_regions) {
		set_regions(place, item, facts->regions, facts->n_regions);
	} else {
		graft_item_set(item, GRAFT_DROP, item->binding, "VFIO offers no region");
	}
}

void graft_act_cells(struct graft_place *place, struct graft_item *item)
{
	/* Both #address-cells and #size-cells are 2 below the root: builder.h. */
	static const uint32_t two = DT_ADDRESS_CELLS;
	const struct host_node *node = place->node;
	bool unit = strcmp(item->property, "#address-cells") == 0 &&
		    host_node_has(node, "#interrupt-cells"); /* of interrupts: dtc wants it */

	if (graft_has_addressed_child(place->graft, node) && graft_is_mmio_bus(node)) {
		graft_item_set(item, GRAFT_REWRITE, item->binding, "as the guest's root has them");
		graft_item_cells(place->graft, item, &two, 1);
	} else if (graft_has_addressed_child(place->graft, node) || unit) {
		graft_item_copy(item, place->property);
	} else {
		graft_item_set(item, GRAFT_DROP, item->binding, "no child of it has an address");
	}
}

void graft_act_ranges(struct graft_place *place, struct graft_item *item)
{
	if (graft_has_addressed_child(place->graft, place->node))
		item->value = "";
	else
		graft_item_set(item, GRAFT_DROP, item->binding, "no child of it has an address");
}

/* The cells of an address, the most significant first; the guest's has two. */
static size_t put_address(uint32_t *out, const struct host_property *property, size_t at, size_t n)
{
	out[0] = n > 1 ? host_property_cell(property, at + n - 2) : 0;
	out[1] = n > 0 ? host_property_cell(property, at + n - 1) : 0;
	return 2;
}

/* {child address, parent address, size}, all with 2 cells in the guest when the bus is MMIO. */
void graft_act_dma_ranges(struct graft_place *place, struct graft_item *item)
{
	const struct host_property *property = place->property;
	const struct host_node *node = place->node;
	size_t child = host_node_u32(node, "#address-cells", 2);
	size_t parent = node->parent ? host_node_u32(node->parent, "#address-cells", 2) : 2;
	size_t size = host_node_u32(node, "#size-cells", 1);
	size_t entry = child + parent + size, n;
	uint32_t *cells;

	if (!graft_has_addressed_child(place->graft, node)) {
		graft_item_set(item, GRAFT_DROP, item->binding, "no child of it has an address");
		return;
	}
	if (!property->size) {
		item->value = "";
		return;
	}
	if (child > 2 || parent > 2 || size > 2 || !entry || property->size % (4 * entry) ||
	    !graft_is_mmio_bus(node)) {
		graft_item_set(item, GRAFT_REFUSE, item->binding,
			       "its cells do not add up to addresses of 64 bits");
		return;
	}
	n = property->size / (4 * entry);
	cells = arena_alloc(&place->graft->arena, n * 6 * sizeof(*cells));
	for (size_t i = 0; cells && i < n; i++) {
		put_address(cells + 6 * i, property, i * entry, child);
		put_address(cells + 6 * i + 2, property, i * entry + child, parent);
		put_address(cells + 6 * i + 4, property, i * entry + child + parent, size);
	}
	if (cells)
		graft_item_cells(place->graft, item, cells, n * 6);
}

static void set_coherent(const struct graft_place *place, struct graft_item *item)
{
	graft_item_set(item, GRAFT_REWRITE, "dt-core.yaml",
		       "the device sees the CPU caches, as %s says",
		       host_node_has(place->node, "dma-coherent") ? "its node" : "a bus above it");
	item->value = "";
}

void graft_act_coherent(struct graft_place *place, struct graft_item *item)
{
	bool coherent = place->device->facts.coherent;
	bool claims = strcmp(place->property->name, "dma-coherent") == 0;

	if (claims && coherent)
		set_coherent(place, item);
	else if (!claims && coherent)
		graft_item_set(item, GRAFT_DROP, item->binding, "its DMA is coherent here");
	else if (!claims)
		graft_item_copy(item, place->property);
}

static void add_item(struct graft_place *place, const char *name, const char *binding,
		     const char *reason, void (*act)(struct graft_place *, struct graft_item *))
{
	struct graft_item *item = graft_item_add(place->out, name);

	graft_item_set(item, GRAFT_REWRITE, binding, "%s", reason);
	act(place, item);
}

static void add_compatible(struct graft_place *place)
{
	const char *answer = place->device->answers.compatible;
	struct graft_item *item = graft_item_add(place->out, "compatible");

	graft_item_set(item, answer ? GRAFT_REPLACE : GRAFT_REFUSE, "dt-core.yaml",
		       answer ? "the user gave it"
			      : "it has none: a guest finds its driver by this property alone");
	item->value = answer;
	item->size = answer ? strlen(answer) + 1 : 0;
}

void graft_add_own(struct graft_place *place)
{
	const struct graft_facts *facts = &place->device->facts;
	const struct host_node *node = place->node;

	place->property = NULL;
	if (!host_node_has(node, "compatible"))
		add_compatible(place);
	if (!host_node_has(node, "reg") && facts->n_regions)
		add_item(place, "reg", "reg.yaml", "guest addresses", graft_act_reg);
	if (!host_node_has(node, "interrupts") && facts->n_irqs)
		add_item(place, "interrupts", "interrupts.yaml", "guest interrupts",
			 graft_act_interrupts);
	if (!host_node_has(node, "dma-coherent") && facts->coherent)
		set_coherent(place, graft_item_add(place->out, "dma-coherent"));
	if (!host_node_has(node, "clocks") && facts->amba)
		graft_add_apb_pclk(place);
}
