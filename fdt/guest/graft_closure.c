// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "vmm/base/str.h"

/*
 * Nodes without registers, whose driver needs no more than what stands in them:
 * bindings/clock/fixed-clock.yaml, bindings/usb/usb-nop-xceiv.yaml.
 */
#define STANDALONE "fixed-clock usb-nop-xceiv usb-nop-xceiv-v2"

/* Data by their names, which some bindings (net/snps,dwmac.yaml) keep beside the device instead of
 * below it. */
#define DATA_NAMES "stmmac-axi-config *axi-config rx-queues-config tx-queues-config"

static bool is_data(const struct host_node *node)
{
	if (node->child || host_node_has(node, "reg") || !host_node_is_available(node))
		return false;
	return host_node_has(node, "compatible") ? host_node_matches(node, STANDALONE)
						 : str_matches(node->name, DATA_NAMES);
}

const char *graft_target_names(const struct graft_place *place)
{
	const struct host_node *first = NULL, *last = NULL;
	const char *path;
	size_t n = 0;

	for (size_t i = 0; i < place->refs.n_refs; i++) {
		const struct host_node *target = place->refs.refs[i].target;

		if (!target || target == last)
			continue;
		last = target;
		if (!n++)
			first = target;
	}
	if (!first)
		return "nothing";
	path = graft_path(place->graft, first);
	if (n > 1)
		path = arena_printf(&place->graft->arena, "%s and %zu more", path, n - 1);
	return path ? path : "";
}

uint32_t graft_guest_phandle(struct graft *graft, const struct graft_device *device,
			     const struct host_node *node)
{
	const struct graft_node *data = device->nodes->next;

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

/* It has the host's node, or may have a copy of it: it is data that stands alone. */
static bool can_have(const struct graft_place *place, const struct host_node *node)
{
	return node && (place->graft->marks[node->index].in_guest ||
			(place->role != GRAFT_ROLE_DATA && is_data(node)));
}

uint32_t graft_copy_data(struct graft_place *place, const struct host_node *node)
{
	uint32_t phandle = graft_guest_phandle(place->graft, place->device, node);
	struct graft_node *data;

	if (phandle || !can_have(place, node))
		return phandle;
	data = graft_make_node(place, node->name, node, 0);
	return data ? data->phandle : 0;
}

static bool is_hole(const struct reference *ref)
{
	return !ref->target && (ref->phandle == 0 || ref->phandle == UINT32_MAX);
}

/* All that is pointed at, which must be something. */
static bool can_have_all(const struct graft_place *place)
{
	bool some = false;

	if (place->kind == REFERENCE_IOMMU || place->kind == REFERENCE_MSI || place->refs.malformed)
		return false;
	for (size_t i = 0; i < place->refs.n_refs; i++) {
		if (is_hole(&place->refs.refs[i]))
			continue;
		if (!can_have(place, place->refs.refs[i].target))
			return false;
		some = true;
	}
	return some;
}

bool graft_keep_references(struct graft_place *place)
{
	const struct host_property *property = place->property;
	uint8_t *value;

	if (!can_have_all(place))
		return false;
	value = arena_copy(&place->graft->arena, property->value, property->size);
	for (size_t i = 0; value && i < place->refs.n_refs; i++) {
		const struct reference *ref = &place->refs.refs[i];

		if (!is_hole(ref))
			fdt32_st(value + ref->offset, graft_copy_data(place, ref->target));
	}
	place->item->binding = NULL;
	graft_set(place, GRAFT_REWRITE, "the guest has it, too: %s", graft_target_names(place));
	graft_value(place->item, value, property->size);
	return true;
}
