// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"

static void begin_node(struct dt *dt, const struct graft_node *node)
{
	dt_begin_node(dt, "%s", node->name);
	for (size_t i = 0; i < node->n_items; i++) {
		const struct graft_item *item = &node->items[i];

		if (item->value)
			dt_prop(dt, item->property, item->value, item->size);
	}
	if (node->referenced)
		dt_prop_u32(dt, "phandle", node->phandle);
}

static void write_node(struct dt *dt, const struct graft_node *node)
{
	begin_node(dt, node);
	for (const struct graft_node *child = node->child; child; child = child->next)
		write_node(dt, child);
	dt_end_node(dt);
}

int graft_write(struct graft *graft, unsigned int device, struct dt *dt, struct err *err)
{
	const struct graft_device *d = &graft->devices[device];

	if (d->result != GRAFT_PASSES) {
		err_usage(err, "%s cannot be given to a guest as it is: %s", d->name,
			  graft_result_name(d->result));
		err_why(err, "%s", d->reasons[0]);
		err_fix(err, "\"dais plan %s\" tells all of it%s", d->name,
			d->result == GRAFT_NEEDS_ANSWER ? " and what to answer" : "");
		return err->code;
	}
	if (d->bus)
		begin_node(dt, d->bus);
	write_node(dt, d->nodes);
	if (d->bus)
		dt_end_node(dt);
	for (const struct graft_node *node = d->nodes->next; node; node = node->next)
		if (node != d->reserved)
			write_node(dt, node);
	return 0;
}

/* A region that several devices brought is written with the first of them. */
static bool is_written(const struct graft *graft, const struct graft_device *device,
		       const struct host_node *region)
{
	for (const struct graft_device *d = graft->devices; d < device; d++)
		for (unsigned int i = 0; i < d->facts.n_carveouts; i++)
			if (d->facts.carveouts[i].node == region)
				return true;
	return false;
}

void graft_write_carveouts(const struct graft *graft, struct dt *dt)
{
	const struct graft_node *open = NULL;

	for (unsigned int i = 0; i < graft->n_devices; i++) {
		const struct graft_device *device = &graft->devices[i];

		if (!device->reserved)
			continue;
		if (!open)
			begin_node(dt, device->reserved);
		open = device->reserved;
		for (const struct graft_node *region = open->child; region; region = region->next)
			if (!is_written(graft, device, region->host))
				write_node(dt, region);
	}
	if (open)
		dt_end_node(dt);
}
