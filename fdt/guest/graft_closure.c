// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

/* Controllers of a bus whose children are devices of their own, by their generic names. */
#define BUSES                                                                             \
	"i2c* i3c* spi* qspi* flexspi* mdio* serial* uart* mmc* sdhci* dwmmc* usb* dsi* " \
	"*-i2c@*"

static bool is_ethernet_phy(const struct host_node *node)
{
	return strncmp(node->name, "ethernet-phy", 12) == 0 ||
	       strncmp(node->parent->name, "mdio", 4) == 0;
}

enum graft_role graft_child_role(const struct host_node *child)
{
	if (is_ethernet_phy(child))
		return GRAFT_ROLE_ETHERNET_PHY;
	if (!graft_is_mmio_bus(child->parent) && str_matches(child->parent->name, BUSES) &&
	    strncmp(child->name, "port", 4) != 0 &&
	    (host_node_has(child, "compatible") || host_node_has(child, "reg")))
		return GRAFT_ROLE_SLAVE;
	return GRAFT_ROLE_PART;
}

bool graft_is_mmio_bus(const struct host_node *node)
{
	return host_node_has(node, "ranges");
}

bool graft_child_region(const struct graft_device *device, const struct host_node *child,
			unsigned int n, struct range *range)
{
	struct range host, region;

	if (!host_region(child, n, &region))
		return false;
	for (unsigned int i = 0; i < device->facts.n_regions; i++) {
		if (!host_region(device->node, i, &host) || !range_contains(host, region))
			continue;
		range->start = device->facts.regions[i].start + (region.start - host.start);
		range->size = region.size;
		return true;
	}
	return false;
}

bool graft_has_addressed_child(const struct graft *graft, const struct host_node *node)
{
	for (const struct host_node *child = node->child; child; child = child->next)
		if (graft->marks[child->index].in_guest && host_node_has(child, "reg"))
			return true;
	return false;
}

const struct graft_device *graft_find_device(const struct graft *graft,
					     const struct host_node *node)
{
	for (unsigned int i = 0; i < graft->n_devices; i++)
		if (graft->devices[i].node == node)
			return &graft->devices[i];
	return NULL;
}

/* A device with registers that are not of the one above it. */
static bool is_elsewhere(const struct graft_device *device, const struct host_node *child)
{
	struct range range;

	return graft_is_mmio_bus(child->parent) && host_node_has(child, "reg") &&
	       !graft_child_region(device, child, 0, &range);
}

enum graft_verdict graft_judge_child(const struct graft *graft, const struct graft_device *device,
				     const struct host_node *child, const char **why)
{
	*why = graft->marks[child->index].dropped;
	if (*why)
		return GRAFT_DROP;
	*why = GRAFT_REASON("the host does not use it");
	if (!host_node_is_enabled(child))
		return GRAFT_DROP;
	*why = GRAFT_REASON("the guest cannot change the host's clocks and voltages");
	if (str_matches(child->name, "opp*-table* opp_table") ||
	    host_node_is_compatible(child, "operating-points-v2"))
		return GRAFT_DROP;
	*why = GRAFT_REASON("it is assigned as a device of its own");
	if (graft_find_device(graft, child))
		return GRAFT_DROP;
	*why = GRAFT_REASON("its registers are not of this device, which is but its bus: assign "
			    "the child instead");
	if (is_elsewhere(device, child))
		return GRAFT_REFUSE;
	*why = NULL;
	return GRAFT_COPY;
}

static void mark(struct graft *graft, struct graft_device *device, const struct host_node *node)
{
	const char *why;

	graft->marks[node->index].in_guest = true;
	for (const struct host_node *child = node->child; child; child = child->next)
		if (graft_judge_child(graft, device, child, &why) == GRAFT_COPY)
			mark(graft, device, child);
}

/* A connector or a panel beside the root's buses: no more than its node and its wires. */
static bool is_standalone(const struct host_node *node)
{
	return node->parent && !node->parent->parent && host_node_is_available(node) &&
	       host_node_has(node, "compatible") && !host_node_has(node, "reg") &&
	       !host_node_has(node, "ranges");
}

static const struct host_node *find_partner(const struct graft *graft, const struct host_node *node)
{
	const struct host_node *partner = host_tree_target(graft->tree, node, "remote-endpoint");

	while (partner && !host_node_has(partner, "compatible"))
		partner = partner->parent;
	return partner && is_standalone(partner) ? partner : NULL;
}

/* What stands at the other end of the wires that leave @node, and of theirs. */
static void mark_partners(struct graft *graft, struct graft_device *device,
			  const struct host_node *node)
{
	const struct host_node *partner = find_partner(graft, node);

	if (partner && !graft->marks[partner->index].in_guest &&
	    device->n_partners < n_elems(device->partners)) {
		device->partners[device->n_partners++] = partner;
		mark(graft, device, partner);
		mark_partners(graft, device, partner);
	}
	for (const struct host_node *child = node->child; child; child = child->next)
		if (graft->marks[child->index].in_guest)
			mark_partners(graft, device, child);
}

void graft_mark_device(struct graft *graft, struct graft_device *device)
{
	mark(graft, device, device->node);
	for (unsigned int i = 0; i < device->facts.n_carveouts; i++)
		graft->marks[device->facts.carveouts[i].node->index].in_guest = true;
}

void graft_mark_partners(struct graft *graft, struct graft_device *device)
{
	device->n_partners = 0;
	mark_partners(graft, device, device->node);
}

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

	for (size_t i = 0; GRAFT_REASONS && i < place->refs.n_refs; i++) {
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
	const struct graft_node *data = device->out.nodes->next;

	if (!node)
		return 0;
	if (graft->marks[node->index].in_guest || graft_is_shadow(device, node)) {
		graft->marks[node->index].referenced = true;
		return DT_PHANDLE_GRAFT + node->index;
	}
	while (data && data->host != node)
		data = data->next;
	return data ? data->phandle : 0;
}

/* What a node does that is no syscon: memory that stands in for it does not. */
#define SERVICES                                                                        \
	(1u << REFERENCE_CLOCK | 1u << REFERENCE_RESET | 1u << REFERENCE_POWER_DOMAIN | \
	 1u << REFERENCE_SUPPLY | 1u << REFERENCE_PINCTRL | 1u << REFERENCE_GPIO)

/* It has the host's node, or may have a copy of it: it is data that stands alone. */
static bool can_have(const struct graft_place *place, const struct host_node *node)
{
	return node && (place->graft->marks[node->index].in_guest ||
			(!(1u << place->kind & SERVICES) && graft_is_shadow(place->device, node)) ||
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

/* All that is pointed at, which must be something. */
static bool can_have_all(const struct graft_place *place)
{
	bool some = false;

	if (place->kind == REFERENCE_IOMMU || place->kind == REFERENCE_MSI || place->refs.malformed)
		return false;
	for (size_t i = 0; i < place->refs.n_refs; i++) {
		if (reference_is_hole(&place->refs.refs[i]))
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

		if (!reference_is_hole(ref))
			fdt32_st(value + ref->offset, graft_copy_data(place, ref->target));
	}
	place->item->binding = NULL;
	if (graft_is_shadow(place->device, place->refs.refs[0].target))
		graft_set(place, GRAFT_REPLACE,
			  "memory stands in for %s: what is written there stays in the guest",
			  graft_target_names(place));
	else
		graft_set(place, GRAFT_REWRITE, "the guest has it, too: %s",
			  graft_target_names(place));
	graft_value(place->item, value, property->size);
	return true;
}
