// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "vmm/base/str.h"

/* Items of a node besides its own properties and children: add_own(). */
#define OWN_ITEMS 8

/* "PROPERTY", or the same with the path below the device in front. */
static bool is_listed(const struct graft_place *place, const char *const *list, unsigned int n)
{
	const char *property = place->property->name;

	for (unsigned int i = 0; i < n; i++)
		if (strcmp(list[i], property) == 0 || graft_is_named(place, list[i], property))
			return true;
	return false;
}

/* What the user said, and what a PHY's driver is known to do without, takes away a worry. */
static void relent(struct graft_place *place)
{
	const struct graft_answers *answers = &place->device->answers;
	struct graft_item *item = place->item;
	const char *why = item->reason;

	if (item->verdict != GRAFT_ASK && item->verdict != GRAFT_REFUSE)
		return;
	if (item->guessed && is_listed(place, answers->keep, answers->n_keep)) {
		graft_set(place, GRAFT_COPY, "plain numbers, as the user says");
		graft_copy(place);
	} else if (is_listed(place, answers->drop, answers->n_drop)) {
		item->lifted = item->verdict == GRAFT_REFUSE;
		graft_set(place, GRAFT_DROP, "the guest does without it, as the user says; %s",
			  why);
		item->value = NULL;
	} else if (place->role == GRAFT_ROLE_ETHERNET_PHY) {
		graft_set(place, GRAFT_DROP, "an Ethernet PHY works without it; %s", why);
		item->value = NULL;
	} else {
		return;
	}
	item->n_options = 0;
}

static void keep_targets(struct graft_place *place)
{
	struct graft_item *item = place->item;
	size_t n = place->refs.n_refs;

	if (!n)
		return;
	item->targets = arena_alloc(&place->graft->arena, n * sizeof(void *));
	for (size_t i = 0; item->targets && i < n; i++)
		item->targets[i] = place->refs.refs[i].target;
	item->n_targets = item->targets ? n : 0;
	item->guessed = place->refs.guessed;
}

static void decide(struct graft_place *place)
{
	if (reference_find(place->graft->tree, place->node, place->property, &place->refs,
			   &place->kind))
		place->graft->arena.failed = true;
	keep_targets(place);
	graft_policy_apply(place);
	if (place->item->verdict == GRAFT_COPY)
		place->item->guessed = false;
	relent(place);
	reference_list_destroy(&place->refs);
}

/* A property that the host's node has not, but the guest's must have. */
static void add_own(struct graft_place *place, const char *property, const char *binding,
		    const char *reason, void (*act)(struct graft_place *place))
{
	if (host_node_has(place->node, property))
		return;
	place->property = NULL;
	place->item = graft_item_add(place->out, property);
	place->item->binding = BUILT(PLAN) ? binding : NULL;
	graft_set(place, GRAFT_REWRITE, "%s", reason);
	act(place);
}

/* Its card is to be asked for, since the pin of the switch is the host's. */
static bool loses_card_detect(const struct graft_place *place)
{
	for (size_t i = 0; i < place->out->n_items; i++)
		if (strcmp(place->out->items[i].property, "cd-gpios") == 0)
			return place->out->items[i].verdict == GRAFT_DROP &&
			       !host_node_has(place->node, "non-removable");
	return false;
}

/* mmc_of_parse() in drivers/mmc/core/host.c of Linux 6.12 */
static void act_broken_cd(struct graft_place *place)
{
	graft_set(place, GRAFT_REPLACE, "for cd-gpios: the driver asks for the card each second");
	graft_value(place->item, "", 0);
}

static void add_owns(struct graft_place *place)
{
	const struct graft_facts *facts = &place->device->facts;
	const char *why;
	uint64_t mac;

	if (loses_card_detect(place))
		add_own(place, "broken-cd", "mmc/mmc-controller.yaml", "", act_broken_cd);
	if (BUILT(CARVEOUT) && place->role == GRAFT_ROLE_CARVEOUT)
		add_own(place, "reg", "reserved-memory.yaml", "", graft_act_carveout);
	if (place->role != GRAFT_ROLE_DEVICE)
		return;
	add_own(place, "compatible", "dt-core.yaml", "", graft_act_compatible);
	if (facts->n_regions)
		add_own(place, "reg", "reg.yaml", "guest addresses", graft_act_reg);
	if (facts->n_irqs)
		add_own(place, "interrupts", "interrupts.yaml", "guest interrupts",
			graft_act_interrupts);
	if (facts->coherent)
		add_own(place, "dma-coherent", "dt-core.yaml", "", graft_act_coherent);
	if (graft_find_mac(place, &mac, &why))
		add_own(place, "local-mac-address", "net/ethernet-controller.yaml", "",
			graft_act_mac);
	if (facts->amba && !host_node_has(place->node, "clocks")) {
		add_own(place, "clocks", "arm/primecell.yaml", "", graft_set_apb_pclk);
		add_own(place, "clock-names", "arm/primecell.yaml", "", graft_name_apb_pclk);
	}
}

/* The names of things go with the things, so they are decided when these are. */
static void plan_properties(struct graft *graft, struct graft_device *device,
			    struct graft_node *out, enum graft_role role)
{
	const struct host_node *node = out->host;
	struct graft_place place = {
		.graft = graft, .device = device, .node = node, .out = out, .role = role
	};

	for (size_t i = 0; i < node->n_properties; i++)
		graft_item_add(out, node->properties[i].name);
	for (int names = 0; names <= 1; names++) {
		for (size_t i = 0; i < node->n_properties; i++) {
			place.property = &node->properties[i];
			place.item = &out->items[i];
			if (str_matches(place.property->name, "*-names") == names)
				decide(&place);
		}
	}
	add_owns(&place);
}

/* Unit addresses are lower-case hex without 0x (Devicetree Specification 0.4, 2.2.1.1). */
static const char *guest_name(struct graft *graft, const struct graft_device *device,
			      const struct host_node *node)
{
	int base = (int)strcspn(node->name, "@");
	struct range region = { 0, 0 };

	if (node == device->node) {
		if (!device->facts.n_regions)
			return arena_printf(&graft->arena, "%.*s", base, node->name);
		region = device->facts.regions[0];
	} else if (!graft_is_mmio_bus(node->parent)) {
		return node->name;
	} else if (!graft_child_region(device, node, 0, &region)) {
		/* A bus that had only ranges has no address here, but its name stays unique. */
		return node->name[base] ? arena_printf(&graft->arena, "%.*s-%s", base, node->name,
						       node->name + base + 1)
					: node->name;
	}
	/* What stands behind a comma tells children of one address apart. */
	return arena_printf(&graft->arena, "%.*s@%" PRIx64 "%s", base, node->name, region.start,
			    (node != device->node ? strchr(node->name + base, ',') : NULL) ?: "");
}

/* @name: in the guest. NULL: out of memory. */
static struct graft_node *plan_subtree(struct graft *graft, struct graft_device *device,
				       const struct host_node *node, const char *name,
				       enum graft_role role)
{
	struct graft_node *out = graft_node_new(graft, name, node, OWN_ITEMS), **link;
	const struct graft_item *worst = NULL;

	if (!out)
		return NULL;
	if (role == GRAFT_ROLE_DEVICE)
		device->out.nodes = out;
	link = &out->child;
	plan_properties(graft, device, out, role);
	for (const struct host_node *child = node->child; child; child = child->next) {
		const char *why;
		enum graft_verdict verdict = graft_judge_child(graft, device, child, &why);

		if (verdict == GRAFT_COPY) {
			*link = plan_subtree(graft, device, child, guest_name(graft, device, child),
					     graft_child_role(child));
			if (*link)
				link = &(*link)->next;
		} else {
			struct graft_item *item = graft_item_add(
				out, arena_printf(&graft->arena, "%s/", child->name) ?: "");

			item->verdict = verdict;
			item->reason = why;
		}
	}
	/* A slave that cannot be passed takes its place with it, not its controller. */
	if ((role == GRAFT_ROLE_SLAVE || role == GRAFT_ROLE_ETHERNET_PHY) &&
	    graft_worst(out, &worst) >= GRAFT_ASK) {
		graft->marks[node->index].dropped =
			GRAFT_REASONS ? arena_printf(&graft->kept, "it cannot be passed: %s: %s",
						     worst->property, worst->reason)
				      : "";
		graft->again = true;
	}
	return out;
}

/* What stands beside the device's own node. The list grows while it is gone through. */
static void plan_others(struct graft *graft, struct graft_device *device)
{
	for (struct graft_node *node = device->out.nodes->next; node; node = node->next) {
		if (node->host && !node->n_items)
			plan_properties(graft, device, node, GRAFT_ROLE_DATA);
		if (node != device->reserved)
			continue;
		for (struct graft_node *region = node->child; region; region = region->next)
			plan_properties(graft, device, region, GRAFT_ROLE_CARVEOUT);
	}
}

/*
 * The bus with the host's dma-ranges, if the device needs them: guest-physical addresses are the
 * host's then, so that what the host's buses do to them holds.
 */
static void plan_bus(struct graft *graft, struct graft_device *device)
{
	const struct host_facts *host = &device->host;
	struct graft_node *bus;
	struct graft_item *item;
	fdt64_t *room;

	device->out.path = arena_printf(&graft->arena, "/%s", device->out.nodes->name);
	if (!device->facts.direct_dma || !host->n_dma)
		return;
	bus = graft_node_new(
		graft,
		arena_printf(&graft->arena, "dma-bus-%u", (unsigned int)(device - graft->devices)),
		NULL, 5);
	if (!bus)
		return;
	graft_make_string(graft, bus, "compatible", "simple-bus");
	graft_make_cell(graft, bus, "#address-cells", DT_ADDRESS_CELLS);
	graft_make_cell(graft, bus, "#size-cells", DT_SIZE_CELLS);
	graft_make_item(bus, "ranges", NULL);
	item = graft_make_item(bus, "dma-ranges", "dt-core.yaml");
	item->reason = GRAFT_REASON("as they hold on the host");
	room = graft_room(graft, item, host->n_dma * 3 * sizeof(*room));
	for (unsigned int i = 0; room && i < host->n_dma; i++, room += 3) {
		room[0] = cpu_to_fdt64(host->dma[i].bus);
		dt_put_ranges(room + 1, &host->dma[i].cpu, 1);
	}
	device->out.bus = bus;
	device->out.path =
		arena_printf(&graft->arena, "/%s/%s", bus->name, device->out.nodes->name);
}

void graft_plan_device(struct graft *graft, struct graft_device *device)
{
	if (!plan_subtree(graft, device, device->node, guest_name(graft, device, device->node),
			  GRAFT_ROLE_DEVICE))
		return;
	for (size_t i = 0; i < device->n_partners; i++) {
		const struct host_node *partner = device->partners[i];
		struct graft_node *node =
			plan_subtree(graft, device, partner, partner->name, GRAFT_ROLE_PART);

		if (!node)
			return;
		graft_join(device, node);
	}
	if (BUILT(CARVEOUT))
		graft_plan_carveouts(graft, device);
	if (BUILT(SYSCON))
		graft_plan_shadows(graft, device);
	plan_others(graft, device);
	plan_bus(graft, device);
}
