// SPDX-License-Identifier: GPL-2.0-only
/*
 * Syscons of the guest's own in place of the host's (syscon.NAME=shadow). What else the host's node
 * is, such as a clock controller, the guest's is not.
 */
#include <inttypes.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "vmm/base/str.h"

bool graft_is_shadow(const struct graft_device *device, const struct host_node *node)
{
	for (unsigned int i = 0; BUILT(SYSCON) && i < device->facts.n_shadows; i++)
		if (device->facts.shadows[i].node == node)
			return true;
	return false;
}

/* What else stands below it is the host's: no bus. */
#define NO_BUSES "simple-mfd simple-bus"

static void put_compatible(struct graft *graft, struct graft_node *out)
{
	const struct host_property *compatible = host_node_find(out->host, "compatible");
	struct graft_item *item;
	const char *name;
	size_t used = 0;
	char *room;

	if (!compatible)
		return;
	item = graft_make_item(out, "compatible", "mfd/syscon.yaml");
	room = graft_room(graft, item, compatible->size + 1);
	for (unsigned int i = 0; room && (name = host_property_string(compatible, i)); i++) {
		if (str_matches(name, NO_BUSES))
			continue;
		memcpy(room + used, name, strlen(name) + 1);
		used += strlen(name) + 1;
	}
	item->size = used;
}

void graft_plan_shadows(struct graft *graft, struct graft_device *device)
{
	/* of_syscon_register() in drivers/mfd/syscon.c of Linux 6.12 reads these. */
	static const char *const kept[] = { "reg-io-width", "big-endian", "little-endian",
					    "native-endian" };

	for (unsigned int i = 0; i < device->facts.n_shadows; i++) {
		const struct graft_shadow *shadow = &device->facts.shadows[i];
		const struct host_node *host = shadow->node;
		struct graft_node *out = graft_node_new(
			graft,
			arena_printf(&graft->arena, "%.*s@%" PRIx64, (int)strcspn(host->name, "@"),
				     host->name, shadow->guest.start),
			host, n_elems(kept) + 2);
		struct graft_item *item;

		if (!out)
			return;
		out->referenced = true;
		put_compatible(graft, out);
		item = graft_make_item(out, "reg", "mfd/syscon.yaml");
		item->reason = shadow->known
				       ? "memory; it begins with what the host's holds"
				       : "memory; it begins with zeros, for the host does not "
					 "tell what it holds";
		graft_ranges(graft, item, &shadow->guest, 1);
		for (size_t k = 0; k < n_elems(kept); k++) {
			const struct host_property *property = host_node_find(host, kept[k]);

			if (property)
				graft_value(graft_make_item(out, kept[k], "mfd/syscon.yaml"),
					    property->value, property->size);
		}
		graft_join(device, out);
	}
}

void graft_act_syscon(struct graft_place *place)
{
	const char *prefix = graft_prefix(place->graft, place->device, place->node);
	struct range region;

	for (size_t i = 0; i < place->refs.n_refs; i++)
		if (!place->refs.refs[i].target ||
		    !host_region(place->refs.refs[i].target, 0, &region))
			return;
	if (BUILT(SYSCON) && place->refs.n_refs)
		graft_ask(place, "memory stands in for it: what it writes there stays in the guest",
			  "syscon.%s%s=shadow", prefix, place->property->name);
}
