// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's /reserved-memory: carve-outs of guest RAM in place of the host's. A region is marked
 * as in the guest for all devices, so that those that share it keep their memory-region, too.
 */
#include <inttypes.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "fdt/host/carveout.h"

static const struct graft_carveout *find(const struct graft_device *device,
					 const struct host_node *region)
{
	const struct graft_carveout *carveout = device->facts.carveouts;

	while (carveout->node != region)
		carveout++;
	return carveout;
}

void graft_act_carveout(struct graft_place *place)
{
	const struct graft_carveout *carveout = find(place->device, place->node);

	graft_set(place, GRAFT_REWRITE, "%s",
		  carveout->own ? "the host's own memory, at its own address"
				: "where it is in guest RAM");
	graft_ranges(place->graft, place->item, &carveout->guest, 1);
}

static struct graft_node *new_region(struct graft *graft, const struct graft_carveout *carveout)
{
	const struct host_node *region = carveout->node;
	const char *name =
		arena_printf(&graft->arena, "%.*s@%" PRIx64, (int)strcspn(region->name, "@"),
			     region->name, carveout->guest.start);

	return graft_node_new(graft, name, region, 1);
}

void graft_plan_carveouts(struct graft *graft, struct graft_device *device)
{
	struct graft_node *node, **link;

	device->reserved = NULL;
	if (!device->facts.n_carveouts)
		return;
	node = graft_node_new(graft, "reserved-memory", NULL, 3);
	if (!node)
		return;
	graft_make_cell(graft, node, "#address-cells", DT_ADDRESS_CELLS);
	graft_make_cell(graft, node, "#size-cells", DT_SIZE_CELLS);
	graft_make_item(node, "ranges", "reserved-memory.yaml");
	link = &node->child;
	for (unsigned int i = 0; i < device->facts.n_carveouts; i++) {
		*link = new_region(graft, &device->facts.carveouts[i]);
		if (*link)
			link = &(*link)->next;
	}
	device->reserved = node;
	graft_join(device, node);
}

static void ask(struct graft_place *place)
{
	bool iommu = host_node_has_iommu(place->graft->tree, place->device->node);
	char name[256];

	graft_set(place, GRAFT_ASK,
		  "guest RAM can stand in for %s, unless the device needs %swhat the host "
		  "keeps there",
		  graft_target_names(place), iommu ? "" : "that address or ");
	for (size_t i = 0; i < place->refs.n_refs; i++) {
		const struct host_node *target = place->refs.refs[i].target;

		if (!place->graft->marks[target->index].in_guest)
			graft_ask_also(place, "the device needs no more than memory",
				       "carveout.%s=guest",
				       host_carveout_name(target, name, sizeof(name)));
	}
}

/*
 * A driver whose regions are pools for its buffers works without them. Otherwise it is all or none:
 * drivers find regions by their number.
 */
void graft_act_memory(struct graft_place *place)
{
	bool any = false, wanted = false, possible = BUILT(CARVEOUT);
	struct host_carveout carveout;
	char name[256];

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
		ask(place);
		return;
	}
	graft_set(place, GRAFT_DROP,
		  "the guest's driver takes its memory from the guest's RAM instead of %s",
		  graft_target_names(place));
	if (possible)
		graft_append(place, "; carveout.%s=guest sets some apart",
			     host_carveout_name(place->refs.refs[0].target, name, sizeof(name)));
}
