// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/guest/graft_parts.h"
#include "fdt/guest/graft_policy.h"

const char *graft_target_names(const struct graft_place *place, char *buf, size_t size)
{
	const struct host_node *first = NULL, *last = NULL;
	size_t more = 0, used;

	for (size_t i = 0; i < place->refs.n_refs; i++) {
		const struct host_node *target = place->refs.refs[i].target;

		if (!target || target == last)
			continue;
		last = target;
		if (!first)
			first = target;
		else
			more++;
	}
	if (!first) {
		snprintf(buf, size, "nothing");
		return buf;
	}
	host_node_path(first, buf, size);
	used = strlen(buf);
	if (more)
		snprintf(buf + used, size - used, " and %zu more", more);
	return buf;
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
		if (!graft_can_have(place, place->refs.refs[i].target))
			return false;
		some = true;
	}
	return some;
}

bool graft_keep_references(struct graft_place *place, struct graft_item *item)
{
	const struct host_property *property = place->property;
	char targets[96];
	uint8_t *value;

	if (!can_have_all(place))
		return false;
	value = arena_alloc(&place->graft->arena, property->size + 1);
	if (!value)
		return false;
	memcpy(value, property->value, property->size);
	for (size_t i = 0; i < place->refs.n_refs; i++) {
		const struct reference *ref = &place->refs.refs[i];

		if (!is_hole(ref))
			fdt32_st(value + ref->offset, graft_copy_data(place, ref->target));
	}
	graft_item_set(item, GRAFT_REWRITE, NULL, "the guest has it, too: %s",
		       graft_target_names(place, targets, sizeof(targets)));
	item->value = value;
	item->size = property->size;
	return true;
}

/* "clocks" for "clock-names", "reg" for "reg-names", "mboxes" for "mbox-names". */
static const struct graft_item *find_named(const struct graft_place *place)
{
	static const char *const endings[] = { "", "s", "es", "-0" };
	int n = (int)strlen(place->property->name) - (int)strlen("-names");
	const struct graft_node *out = place->out;
	char name[64];

	for (size_t e = 0; e < sizeof(endings) / sizeof(endings[0]); e++) {
		snprintf(name, sizeof(name), "%.*s%s", n, place->property->name, endings[e]);
		for (size_t i = 0; i < out->n_items; i++) {
			if (strcmp(out->items[i].property, name) == 0)
				return &out->items[i];
		}
	}
	return NULL;
}

void graft_act_names(struct graft_place *place, struct graft_item *item)
{
	bool interrupts = strcmp(item->property, "interrupt-names") == 0;
	const struct graft_item *named = find_named(place);

	if (strcmp(item->property, "clock-names") == 0 && graft_name_apb_pclk(place, item))
		return;
	if (interrupts && place->role == GRAFT_ROLE_DEVICE) {
		if (!place->device->facts.n_irqs)
			named = NULL;
		else if (named && named->verdict == GRAFT_DROP) /* interrupts-extended only */
			named = NULL, interrupts = false;
	}
	if ((named && !named->value) || (!named && interrupts)) {
		graft_item_set(item, GRAFT_DROP, named ? named->binding : "interrupts.yaml",
			       "it goes with %s", named ? named->property : "interrupts");
		return;
	}
	graft_item_copy(item, place->property);
}

static const struct host_node *owner(const struct host_node *node)
{
	while (node && !host_node_has(node, "compatible"))
		node = node->parent;
	return node;
}

/* It could be given to the guest as well: a device with registers, and no bus of others. */
static bool is_assignable(const struct host_node *node)
{
	struct range range;

	if (!node || !node->parent || !host_node_is_available(node) ||
	    !host_region(node, 0, &range))
		return false;
	return !host_node_is_compatible(node, "simple-mfd") &&
	       !host_node_is_compatible(node, "simple-bus");
}

/* No other device of the host uses it, so that the guest could have it. */
static bool serves_only(const struct graft_place *place, const struct host_node *provider)
{
	struct reference_user *users = NULL;
	size_t n_users = 0;
	bool only = true;

	if (reference_users(place->graft->tree, provider, &users, &n_users)) {
		place->graft->arena.failed = true;
		return false;
	}
	for (size_t i = 0; i < n_users && only; i++) {
		only = place->graft->marks[users[i].node->index].in_guest ||
		       users[i].kind == REFERENCE_GRAPH || users[i].kind == REFERENCE_THERMAL;
	}
	free(users);
	return only;
}

static void ask_for(struct graft_item *item, const struct host_node *device, const char *why)
{
	char path[96], name[96];

	graft_item_set(item, GRAFT_ASK, item->binding, "%s: assign it, too: %s", why,
		       host_node_path(device, path, sizeof(path)));
	graft_item_ask(item, "host=%s", host_node_device_name(device, name, sizeof(name)));
}

void graft_act_needed(struct graft_place *place, struct graft_item *item)
{
	for (size_t i = 0; i < place->refs.n_refs; i++) {
		const struct host_node *target = place->refs.refs[i].target;
		const struct host_node *provider = owner(target);

		if (!target || place->graft->marks[target->index].in_guest ||
		    !is_assignable(provider) || !serves_only(place, provider))
			continue;
		ask_for(item, provider, "it serves no other");
		return;
	}
}

/* Who else uses the partner is asked when it is given, too. */
void graft_act_graph(struct graft_place *place, struct graft_item *item)
{
	const struct host_node *partner =
		place->refs.n_refs ? owner(place->refs.refs[0].target) : NULL;
	char path[96];

	if (!partner || !host_node_is_available(partner))
		graft_item_set(item, GRAFT_DROP, item->binding,
			       "its partner is not used on the host either");
	else if (host_node_has(partner, "#phy-cells"))
		graft_item_set(item, GRAFT_DROP, item->binding,
			       "it leads to a PHY, which is the host's: %s",
			       host_node_path(partner, path, sizeof(path)));
	else if (is_assignable(partner))
		ask_for(item, partner, "the guest does not have its partner");
}

/* Without the cell a driver takes an address of chance; other things it may not do without. */
void graft_act_nvmem(struct graft_place *place, struct graft_item *item)
{
	const struct host_property *names = host_node_find(place->node, "nvmem-cell-names");
	const char *name;

	for (unsigned int i = 0; names && (name = host_property_string(names, i)); i++) {
		if (strncmp(name, "mac", 3))
			return;
	}
	if (names)
		graft_item_set(item, GRAFT_DROP, item->binding,
			       "the guest's driver finds another MAC address");
}
