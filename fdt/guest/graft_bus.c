// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"

#define N_ITEMS 5

static void put(uint32_t *cells, uint64_t value)
{
	cells[0] = (uint32_t)(value >> 32);
	cells[1] = (uint32_t)value;
}

static void add_ranges(struct graft *graft, struct graft_node *bus, const struct host_facts *host)
{
	uint32_t cells[6 * HOST_MAX_DMA_RANGES];
	struct graft_item *item = graft_item_add(bus, "ranges");

	graft_item_set(item, GRAFT_REPLACE, NULL, "made by dais");
	item->value = "";
	for (unsigned int i = 0; i < host->n_dma; i++) {
		put(cells + 6 * i, host->dma[i].bus);
		put(cells + 6 * i + 2, host->dma[i].cpu.start);
		put(cells + 6 * i + 4, host->dma[i].cpu.size);
	}
	item = graft_item_add(bus, "dma-ranges");
	graft_item_set(item, GRAFT_REPLACE, "dt-core.yaml", "as they hold on the host");
	graft_item_cells(graft, item, cells, 6 * (size_t)host->n_dma);
}

/* Guest-physical addresses are the host's then, so that what the host's buses do to them holds. */
void graft_plan_bus(struct graft *graft, struct graft_device *device)
{
	struct graft_node *bus;

	device->path = arena_printf(&graft->arena, "/%s", device->nodes->name);
	if (!device->facts.direct_dma || !device->host.n_dma)
		return;
	bus = arena_alloc(&graft->arena, sizeof(*bus));
	if (!bus)
		return;
	bus->name =
		arena_printf(&graft->arena, "dma-bus-%u", (unsigned int)(device - graft->devices));
	bus->items = arena_alloc(&graft->arena, N_ITEMS * sizeof(*bus->items));
	if (!bus->name || !bus->items)
		return;
	graft_make_string(graft, bus, "compatible", "simple-bus");
	graft_make_cell(graft, bus, "#address-cells", DT_ADDRESS_CELLS);
	graft_make_cell(graft, bus, "#size-cells", DT_SIZE_CELLS);
	add_ranges(graft, bus, &device->host);
	device->bus = bus;
	device->path = arena_printf(&graft->arena, "/%s/%s", bus->name, device->nodes->name);
}
