// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's /reserved-memory: carve-outs of guest RAM in place of the host's. A region is marked
 * as in the guest for all devices, so that those that share it keep their memory-region, too.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "fdt/host/carveout.h"

#define BINDING "reserved-memory.yaml"

void graft_mark_carveouts(struct graft *graft, const struct graft_device *device)
{
	for (unsigned int i = 0; i < device->facts.n_carveouts; i++)
		graft->marks[device->facts.carveouts[i].node->index].in_guest = true;
}

static const struct graft_carveout *find(const struct graft_device *device,
					 const struct host_node *region)
{
	const struct graft_carveout *carveout = device->facts.carveouts;

	while (carveout->node != region)
		carveout++;
	return carveout;
}

void graft_act_carveout(struct graft_place *place, struct graft_item *item)
{
	const struct graft_carveout *carveout = find(place->device, place->node);
	fdt64_t *cells = arena_alloc(&place->graft->arena, 2 * sizeof(*cells));

	graft_item_set(item, GRAFT_REWRITE, BINDING, "%s",
		       carveout->own ? "the host's own memory, at its own address"
				     : "where it is in guest RAM");
	if (!cells)
		return;
	cells[0] = cpu_to_fdt64(carveout->guest.start);
	cells[1] = cpu_to_fdt64(carveout->guest.size);
	item->value = cells;
	item->size = 2 * sizeof(*cells);
}

static struct graft_node *plan_region(struct graft *graft, struct graft_device *device,
				      const struct graft_carveout *carveout)
{
	const struct host_node *region = carveout->node;
	const char *name = arena_printf(&graft->arena, "%.*s@%llx", (int)strcspn(region->name, "@"),
					region->name, (unsigned long long)carveout->guest.start);
	struct graft_node *out = graft_plan_node(graft, device, region, GRAFT_ROLE_CARVEOUT, name);
	struct graft_place place = { .graft = graft, .device = device, .node = region };

	if (!out || host_node_has(region, "reg"))
		return out;
	graft_act_carveout(&place, graft_item_add(out, "reg"));
	return out;
}

void graft_plan_carveouts(struct graft *graft, struct graft_device *device)
{
	struct graft_node *node, **link;
	struct graft_item *item;

	device->reserved = NULL;
	if (!device->facts.n_carveouts || !device->nodes)
		return;
	node = arena_alloc(&graft->arena, sizeof(*node));
	if (node)
		node->items = arena_alloc(&graft->arena, 3 * sizeof(*node->items));
	if (!node || !node->items)
		return;
	node->name = "reserved-memory";
	graft_make_cell(graft, node, "#address-cells", DT_ADDRESS_CELLS);
	graft_make_cell(graft, node, "#size-cells", DT_SIZE_CELLS);
	item = graft_item_add(node, "ranges");
	graft_item_set(item, GRAFT_REPLACE, BINDING, "made by dais");
	item->value = "";
	link = &node->child;
	for (unsigned int i = 0; i < device->facts.n_carveouts; i++) {
		*link = plan_region(graft, device, &device->facts.carveouts[i]);
		if (*link)
			link = &(*link)->next;
	}
	device->reserved = node;
	graft_join(device, node);
}

static void ask(const struct graft_place *place, struct graft_item *item)
{
	bool iommu = host_node_has(place->device->node, "iommus");
	char name[64], targets[96];

	graft_item_set(item, GRAFT_ASK, item->binding,
		       "guest RAM can stand in for %s, unless the device needs %swhat the host "
		       "keeps there",
		       graft_target_names(place, targets, sizeof(targets)),
		       iommu ? "" : "that address or ");
	for (size_t i = 0; i < place->refs.n_refs; i++) {
		const struct host_node *target = place->refs.refs[i].target;

		if (!place->graft->marks[target->index].in_guest)
			graft_item_ask(item, "carveout.%s=guest",
				       host_carveout_name(target, name, sizeof(name)));
	}
}

/*
 * A driver whose regions are pools for its buffers works without them. Otherwise it is all or none:
 * drivers find regions by their number.
 */
void graft_act_memory(struct graft_place *place, struct graft_item *item)
{
	bool any = false, wanted = false, possible = true;
	struct host_carveout carveout;
	char targets[96], name[64];

	for (size_t i = 0; i < place->refs.n_refs; i++) {
		const struct host_node *target = place->refs.refs[i].target;

		possible = possible && target && host_carveout_read(target, &carveout);
		if (!target)
			continue;
		any = true;
		wanted = wanted || place->graft->marks[target->index].in_guest ||
			 !host_node_is_compatible(target, "shared-dma-pool");
	}
	if (!any || (wanted && !possible))
		return;
	if (wanted) {
		ask(place, item);
		return;
	}
	graft_item_set(item, GRAFT_DROP, item->binding,
		       "the guest's driver takes its memory from the guest's RAM instead of %s",
		       graft_target_names(place, targets, sizeof(targets)));
	if (possible)
		graft_item_append(
			item, "; carveout.%s=guest sets some apart",
			host_carveout_name(place->refs.refs[0].target, name, sizeof(name)));
}
