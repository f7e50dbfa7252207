// SPDX-License-Identifier: GPL-2.0-only
#include <fnmatch.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "vmm/base/range.h"

/* Nodes without registers, whose driver needs no more than what stands in them. */
static const char *const standalone[] = {
	"fixed-clock",   /* bindings/clock/fixed-clock.yaml */
	"usb-nop-xceiv", /* bindings/usb/usb-nop-xceiv.yaml */
	"usb-nop-xceiv-v2",
};

/* Data by their names, which some bindings keep beside the device instead of below it. */
static const char *const data_names[] = {
	"stmmac-axi-config", /* bindings/net/snps,dwmac.yaml */
	"*axi-config",
	"rx-queues-config",
	"tx-queues-config",
};

static bool is_data(const struct host_node *node)
{
	if (node->child || host_node_has(node, "reg") || !host_node_is_available(node))
		return false;
	for (size_t i = 0; i < n_elems(standalone); i++) {
		if (host_node_is_compatible(node, standalone[i]))
			return true;
	}
	if (host_node_has(node, "compatible"))
		return false;
	for (size_t i = 0; i < n_elems(data_names); i++) {
		if (fnmatch(data_names[i], node->name, 0) == 0)
			return true;
	}
	return false;
}

/* Names that every guest's tree has taken: vmm/machine/guest_tree.c, arch/, devices/. */
static bool is_taken(const char *name)
{
	static const char *const names[] = { "apb-pclk",        "chosen", "cpus",
					     "gpio-keys",       "pmu",    "psci",
					     "reserved-memory", "timer" };

	for (size_t i = 0; i < n_elems(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/*
 * No two nodes of the root may have one name; Linux names fixed clocks by it, too. Without reg
 * there is no unit address.
 */
static const char *unique_name(struct graft *graft, const char *wanted)
{
	int base = (int)strcspn(wanted, "@");
	const char *name = arena_printf(&graft->arena, "%.*s", base, wanted);
	unsigned int n = 1;
	bool taken = true;

	while (name && taken) {
		taken = is_taken(name);
		for (unsigned int i = 0; i < graft->n_devices && !taken; i++) {
			const struct graft_node *node = graft->devices[i].nodes;

			while (node && strcmp(node->name, name))
				node = node->next;
			taken = node;
		}
		if (taken)
			name = arena_printf(&graft->arena, "%.*s-%u", base, wanted, ++n);
	}
	return name;
}

void graft_join(struct graft_device *device, struct graft_node *node)
{
	struct graft_node *last = device->nodes;

	while (last->next)
		last = last->next;
	last->next = node;
}

/* One that has a phandle of its own: two devices may have a copy of the same. */
static void join(struct graft *graft, struct graft_device *device, struct graft_node *node)
{
	graft_join(device, node);
	node->referenced = true;
	node->phandle = DT_PHANDLE_GRAFT + host_tree_n_nodes(graft->tree) + graft->n_made++;
}

uint32_t graft_guest_phandle(struct graft *graft, const struct graft_device *device,
			     const struct host_node *node)
{
	const struct graft_node *data = device->nodes ? device->nodes->next : NULL;

	if (!node)
		return 0;
	if (graft->marks[node->index].in_guest) {
		graft->marks[node->index].referenced = true;
		return DT_PHANDLE_GRAFT + node->index;
	}
	while (data && data->host != node)
		data = data->next;
	return data ? data->phandle : 0;
}

bool graft_can_have(const struct graft_place *place, const struct host_node *node)
{
	return node && (place->graft->marks[node->index].in_guest ||
			(place->role != GRAFT_ROLE_DATA && is_data(node)));
}

uint32_t graft_copy_data(struct graft_place *place, const struct host_node *node)
{
	struct graft *graft = place->graft;
	uint32_t phandle = graft_guest_phandle(graft, place->device, node);
	struct graft_node *data;
	const char *name;

	if (phandle || !graft_can_have(place, node))
		return phandle;
	name = unique_name(graft, node->name);
	data = name ? graft_plan_node(graft, place->device, node, GRAFT_ROLE_DATA, name) : NULL;
	if (!data)
		return 0;
	join(graft, place->device, data);
	return data->phandle;
}

struct graft_node *graft_make_node(struct graft_place *place, const char *name, size_t n)
{
	struct graft *graft = place->graft;
	struct graft_node *node = arena_alloc(&graft->arena, sizeof(*node));

	if (!node)
		return NULL;
	node->name = unique_name(graft, name);
	node->items = arena_alloc(&graft->arena, n * sizeof(*node->items));
	if (!node->items || !node->name)
		return NULL;
	join(graft, place->device, node);
	return node;
}

void graft_make_cell(struct graft *graft, struct graft_node *node, const char *property,
		     uint32_t value)
{
	struct graft_item *item = graft_item_add(node, property);

	graft_item_set(item, GRAFT_REPLACE, NULL, "made by dais");
	graft_item_cells(graft, item, &value, 1);
}

void graft_make_string(struct graft *graft, struct graft_node *node, const char *property,
		       const char *value)
{
	struct graft_item *item = graft_item_add(node, property);

	graft_item_set(item, GRAFT_REPLACE, NULL, "made by dais");
	item->value = arena_printf(&graft->arena, "%s", value);
	item->size = strlen(value) + 1;
}

/* Made ones are named PREFIX or PREFIX-N. */
struct graft_node *graft_find_made(const struct graft_device *device, const char *prefix)
{
	struct graft_node *node = device->nodes ? device->nodes->next : NULL;
	size_t n = strlen(prefix);

	while (node && (node->host || strncmp(node->name, prefix, n) ||
			(node->name[n] && node->name[n] != '-')))
		node = node->next;
	return node;
}
