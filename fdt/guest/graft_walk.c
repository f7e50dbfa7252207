// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "fdt/guest/graft_policy.h"

/* Items of a node besides its own properties and children: graft_add_own(), apb_pclk. */
#define OWN_ITEMS 8

void graft_node_prefix(const struct graft_device *device, const struct host_node *node, char *buf,
		       size_t size)
{
	size_t used;

	buf[0] = '\0';
	if (!node || node == device->node)
		return;
	if (node->parent)
		graft_node_prefix(device, node->parent, buf, size);
	used = strlen(buf);
	snprintf(buf + used, size - used, "%s/", node->name);
}

struct graft_item *graft_item_add(struct graft_node *node, const char *property)
{
	struct graft_item *item = &node->items[node->n_items++];

	item->property = property;
	return item;
}

void graft_item_set(struct graft_item *item, enum graft_verdict verdict, const char *binding,
		    const char *fmt, ...)
{
	va_list ap;

	item->verdict = verdict;
	item->binding = binding;
	va_start(ap, fmt);
	vsnprintf(item->reason, sizeof(item->reason), fmt, ap);
	va_end(ap);
}

void graft_item_append(struct graft_item *item, const char *fmt, ...)
{
	size_t used = strlen(item->reason);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(item->reason + used, sizeof(item->reason) - used, fmt, ap);
	va_end(ap);
}

void graft_item_ask(struct graft_item *item, const char *fmt, ...)
{
	size_t used = strlen(item->option), room = sizeof(item->option) - used;
	va_list ap;
	int n;

	item->verdict = GRAFT_ASK;
	item->value = NULL;
	if (used && room > 1) {
		item->option[used] = ',';
		item->option[used + 1] = '\0';
	}
	va_start(ap, fmt);
	n = vsnprintf(item->option + used + !!used, room - !!used, fmt, ap);
	va_end(ap);
	if ((size_t)n >= room - !!used) /* whole options only */
		item->option[used] = '\0';
}

void graft_item_copy(struct graft_item *item, const struct host_property *property)
{
	item->value = property->size ? (const void *)property->value : "";
	item->size = property->size;
}

void graft_item_cells(struct graft *graft, struct graft_item *item, const uint32_t *cells, size_t n)
{
	fdt32_t *value = arena_alloc(&graft->arena, (n + 1) * sizeof(*value));

	for (size_t i = 0; value && i < n; i++)
		value[i] = cpu_to_fdt32(cells[i]);
	item->value = value;
	item->size = n * sizeof(*value);
}

static bool listed(const char *const *list, unsigned int n, const char *prefix,
		   const char *property)
{
	size_t skip = strlen(prefix);

	for (unsigned int i = 0; i < n; i++) {
		if (strcmp(list[i], property) == 0 ||
		    (skip && strncmp(list[i], prefix, skip) == 0 &&
		     strcmp(list[i] + skip, property) == 0))
			return true;
	}
	return false;
}

/* What the user said, and what a PHY's driver is known to do without, takes away a worry. */
static void relent(const struct graft_place *place, struct graft_item *item)
{
	const struct graft_answers *answers = &place->device->answers;
	char prefix[128], why[sizeof(item->reason)];

	if (item->verdict != GRAFT_ASK && item->verdict != GRAFT_REFUSE)
		return;
	graft_node_prefix(place->device, place->node, prefix, sizeof(prefix));
	snprintf(why, sizeof(why), "%s", item->reason);
	if (item->guessed &&
	    listed(answers->keep, answers->n_keep, prefix, place->property->name)) {
		graft_item_set(item, GRAFT_COPY, item->binding, "plain numbers, as the user says");
		graft_item_copy(item, place->property);
	} else if (listed(answers->drop, answers->n_drop, prefix, place->property->name)) {
		graft_item_set(item, GRAFT_DROP, item->binding,
			       "the guest does without it, as the user says; %s", why);
		item->value = NULL;
	} else if (place->role == GRAFT_ROLE_ETHERNET_PHY) {
		graft_item_set(item, GRAFT_DROP, item->binding,
			       "an Ethernet PHY works without it; %s", why);
		item->value = NULL;
	} else {
		return;
	}
	item->option[0] = '\0';
}

static void keep_targets(struct graft_place *place, struct graft_item *item)
{
	size_t n = place->refs.n_refs;

	if (!n)
		return;
	item->targets = arena_alloc(&place->graft->arena, n * sizeof(void *));
	for (size_t i = 0; item->targets && i < n; i++)
		item->targets[i] = place->refs.refs[i].target;
	item->n_targets = item->targets ? n : 0;
	item->guessed = place->refs.guessed;
}

static void decide(struct graft_place *place, struct graft_item *item)
{
	if (reference_find(place->graft->tree, place->node, place->property, &place->refs,
			   &place->kind))
		place->graft->arena.failed = true;
	keep_targets(place, item);
	graft_policy_apply(place, item);
	if (item->verdict == GRAFT_COPY)
		item->guessed = false;
	relent(place, item);
	reference_list_destroy(&place->refs);
	memset(&place->refs, 0, sizeof(place->refs));
}

/* The names of things go with the things, so they are decided when these are. */
static bool is_names(const char *property)
{
	size_t n = strlen(property);

	return n > 6 && strcmp(property + n - 6, "-names") == 0;
}

static void plan_properties(struct graft_place *place)
{
	struct graft_node *out = place->out;

	for (size_t i = 0; i < place->node->n_properties; i++)
		graft_item_add(out, place->node->properties[i].name);
	for (int names = 0; names <= 1; names++) {
		for (size_t i = 0; i < place->node->n_properties; i++) {
			place->property = &place->node->properties[i];
			if (is_names(place->property->name) == names)
				decide(place, &out->items[i]);
		}
	}
}

/* A bus that had only ranges has no unit address in the guest, but its name must stay unique. */
static const char *without_unit_address(struct graft *graft, const char *name)
{
	int base = (int)strcspn(name, "@");

	return name[base] ? arena_printf(&graft->arena, "%.*s-%s", base, name, name + base + 1)
			  : name;
}

/* Unit addresses are lower-case hex without 0x (Devicetree Specification 0.4, 2.2.1.1). */
static const char *guest_name(struct graft *graft, const struct graft_device *device,
			      const struct host_node *node)
{
	int base = (int)strcspn(node->name, "@");
	struct range region = { 0, 0 };

	if (node == device->node) {
		if (device->facts.n_regions)
			region = device->facts.regions[0];
		else
			return arena_printf(&graft->arena, "%.*s", base, node->name);
	} else if (!graft_is_mmio_bus(node->parent)) {
		return node->name;
	} else if (!graft_child_region(device, node, 0, &region)) {
		return without_unit_address(graft, node->name);
	}
	return arena_printf(&graft->arena, "%.*s@%" PRIx64, base, node->name, region.start);
}

static size_t count_children(const struct host_node *node)
{
	size_t n = 0;

	for (const struct host_node *child = node->child; child; child = child->next)
		n++;
	return n;
}

struct graft_node *graft_plan_node(struct graft *graft, struct graft_device *device,
				   const struct host_node *node, enum graft_role role,
				   const char *name)
{
	struct graft_node *out = arena_alloc(&graft->arena, sizeof(*out));
	struct graft_place place = {
		.graft = graft, .device = device, .node = node, .out = out, .role = role
	};
	size_t n = node->n_properties + count_children(node) + OWN_ITEMS;

	if (!out)
		return NULL;
	out->host = node;
	out->phandle = DT_PHANDLE_GRAFT + node->index;
	out->name = name ? name : guest_name(graft, device, node);
	out->items = arena_alloc(&graft->arena, n * sizeof(*out->items));
	if (!out->items || !out->name)
		return NULL;
	if (role == GRAFT_ROLE_DEVICE)
		device->nodes = out;
	plan_properties(&place);
	if (role == GRAFT_ROLE_DEVICE)
		graft_add_own(&place);
	graft_plan_children(graft, device, node, out);
	return out;
}
