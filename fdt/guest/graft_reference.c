// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "fdt/guest/graft_parts.h"

/* "clocks" for "clock-names", "reg" for "reg-names", "mboxes" for "mbox-names". */
static const struct graft_item *find_named(const struct graft_place *place)
{
	static const char endings[][4] = { "", "s", "es", "-0" };
	const char *names = place->property->name;
	size_t n = strlen(names) - strlen("-names");

	for (size_t e = 0; e < n_elems(endings); e++) {
		for (size_t i = 0; i < place->out->n_items; i++) {
			const struct graft_item *item = &place->out->items[i];

			if (strncmp(item->property, names, n) == 0 &&
			    strcmp(item->property + n, endings[e]) == 0)
				return item;
		}
	}
	return NULL;
}

void graft_act_names(struct graft_place *place)
{
	bool interrupts = strcmp(place->item->property, "interrupt-names") == 0;
	const struct graft_item *named = find_named(place);

	if (strcmp(place->item->property, "clock-names") == 0 && graft_wants_apb_pclk(place)) {
		graft_name_apb_pclk(place);
		return;
	}
	if (interrupts && place->role == GRAFT_ROLE_DEVICE) {
		if (!place->device->facts.n_irqs)
			named = NULL;
		else if (named && named->verdict == GRAFT_DROP) /* interrupts-extended only */
			named = NULL, interrupts = false;
	}
	if ((named && !named->value) || (!named && interrupts)) {
		place->item->binding = named ? named->binding : "interrupts.yaml";
		graft_set(place, GRAFT_DROP, "it goes with %s",
			  named ? named->property : "interrupts");
		return;
	}
	graft_copy(place);
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
	return !host_node_matches(node, "simple-mfd simple-bus");
}

/* No other device of the host uses it, so that the guest could have it. */
static bool serves_only(const struct graft_place *place, const struct host_node *provider)
{
	struct reference_user user;
	size_t at = 0;

	while (reference_next_user(place->graft->tree, provider, &at, &user))
		if (!place->graft->marks[user.node->index].in_guest &&
		    user.kind != REFERENCE_GRAPH && user.kind != REFERENCE_THERMAL)
			return false;
	return true;
}

static void ask_for(struct graft_place *place, const struct host_node *device, const char *why)
{
	const struct graft *graft = place->graft;
	const char *refused = graft->marks[device->index].refused;

	if (GRAFT_REASONS && !refused && graft->refused)
		refused = graft->refused[device->index];
	if (refused) {
		graft_set(place, GRAFT_REFUSE, "%s, %s, and that cannot be assigned either: %s",
			  why, graft_path(place->graft, device), refused);
		return;
	}
	graft_set(place, GRAFT_ASK, "%s: assign it, too: %s", why,
		  graft_path(place->graft, device));
	graft_ask_device(place, device);
}

void graft_ask_provider(struct graft_place *place, const char *why)
{
	for (size_t i = 0; i < place->refs.n_refs; i++) {
		const struct host_node *target = place->refs.refs[i].target;
		const struct host_node *provider = owner(target);

		if (!target || place->graft->marks[target->index].in_guest ||
		    !is_assignable(provider) || !serves_only(place, provider))
			continue;
		ask_for(place, provider, why);
		return;
	}
}

void graft_act_needed(struct graft_place *place)
{
	graft_ask_provider(place, "it serves no other");
}

/* Who else uses the partner is asked when it is given, too. */
void graft_act_graph(struct graft_place *place)
{
	const struct host_node *partner =
		place->refs.n_refs ? owner(place->refs.refs[0].target) : NULL;

	if (!partner || !host_node_is_available(partner))
		graft_set(place, GRAFT_DROP, "its partner is not used on the host either");
	else if (host_node_has(partner, "#phy-cells"))
		graft_set(place, GRAFT_DROP, "it leads to a PHY, which is the host's: %s",
			  graft_path(place->graft, partner));
	else if (is_assignable(partner))
		ask_for(place, partner, "the guest does not have its partner");
}

/* Without the cell a driver takes an address of chance; other things it may not do without. */
void graft_act_nvmem(struct graft_place *place)
{
	const struct host_property *names = host_node_find(place->node, "nvmem-cell-names");
	const char *name, *why;
	uint64_t mac;

	if (!names || !host_property_is_strings(names))
		return;
	for (unsigned int i = 0; (name = host_property_string(names, i)); i++)
		if (strncmp(name, "mac", 3))
			return;
	graft_set(place, GRAFT_DROP, "%s",
		  graft_find_mac(place, &mac, &why)
			  ? "local-mac-address has it"
			  : "the guest's driver finds another MAC address, or mac= says which");
}
