// SPDX-License-Identifier: GPL-2.0-only
/* What plan tells of the nodes that an overlay brings. */
#include <libfdt.h>
#include <string.h>

#include "fdt/guest/overlay.h"
#include "fdt/host/tree.h"
#include "vmm/base/str.h"

/* What the overlay says of a property of a node that it brings; @filled: dais knows better. */
static void tell_property(struct arena *arena, const char *name, bool filled,
			  struct graft_item *item)
{
	item->property = arena_printf(arena, "%s", name);
	item->verdict = filled ? GRAFT_REWRITE : GRAFT_COPY;
	item->reason =
		filled ? "all that VFIO offers, as it is in the guest" : "the overlay has it";
}

static struct graft_node *tell_node(const void *blob, int at, const char *device,
				    const struct host_node *host, struct arena *arena)
{
	struct graft_node *out = arena_alloc(arena, sizeof(*out)), **link;
	int property, child, n = 0;
	bool is_device;

	fdt_for_each_property_offset(property, blob, at) n++;
	if (!out || !(out->items = arena_alloc(arena, (size_t)n * sizeof(*out->items))))
		return NULL;
	is_device = device && fdt_path_offset(blob, device) == at;
	out->name = arena_printf(arena, "%s", fdt_get_name(blob, at, NULL));
	out->host = is_device ? host : NULL;
	out->of_file = true;
	link = &out->child;
	fdt_for_each_property_offset(property, blob, at)
	{
		const char *name = "";

		fdt_getprop_by_offset(blob, property, &name, NULL);
		if (!str_matches(name, "phandle linux,phandle"))
			tell_property(arena, name, is_device && str_matches(name, "reg interrupts"),
				      &out->items[out->n_items++]);
	}
	fdt_for_each_subnode(child, blob, at)
	{
		*link = tell_node(blob, child, device, host, arena);
		if (!*link)
			return NULL;
		link = &(*link)->next;
	}
	return out;
}

int overlay_tell(const struct overlay *overlay, const char *label, const struct host_node *host,
		 struct arena *arena, struct graft_node **nodes, struct err *err)
{
	const char *device = overlay_symbol(overlay, label);
	const void *blob = overlay->blob;
	int fragment, child;

	fdt_for_each_subnode(fragment, blob, 0)
	{
		const char *target = fdt_getprop(blob, fragment, "target-path", NULL);
		int content = fdt_subnode_offset(blob, fragment, "__overlay__");

		if (!target || strcmp(target, "/") || content < 0)
			continue;
		fdt_for_each_subnode(child, blob, content)
		{
			*nodes = tell_node(blob, child, device, host, arena);
			if (!*nodes)
				return err_set(err, ENOMEM, "read overlay %s", overlay->path);
			nodes = &(*nodes)->next;
		}
	}
	return arena->failed ? err_set(err, ENOMEM, "read overlay %s", overlay->path) : 0;
}
