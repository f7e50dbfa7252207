// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "vmm/base/str.h"

struct graft_item *graft_item_add(struct graft_node *node, const char *property)
{
	struct graft_item *item = &node->items[node->n_items++];

	item->property = property;
	item->reason = "";
	return item;
}

/* Without memory the graft fails as a whole; texts are never NULL until then. */
void(graft_set)(struct graft_place *place, enum graft_verdict verdict, const char *fmt, ...)
{
	va_list ap;

	place->item->verdict = verdict;
	va_start(ap, fmt);
	place->item->reason = arena_vprintf(&place->graft->arena, fmt, ap) ?: "";
	va_end(ap);
}

void(graft_append)(struct graft_place *place, const char *fmt, ...)
{
	struct arena *arena = &place->graft->arena;
	const char *more;
	va_list ap;

	va_start(ap, fmt);
	more = arena_vprintf(arena, fmt, ap) ?: "";
	va_end(ap);
	place->item->reason = arena_printf(arena, "%s%s", place->item->reason, more) ?: "";
}

void graft_ask_nothing(struct graft_place *place)
{
	place->item->verdict = GRAFT_ASK;
	place->item->value = NULL;
}

/* One more way to answer, or the last one. NULL: out of memory. */
static struct graft_option *add_option(struct graft_place *place, bool also, const char *why)
{
	struct graft_item *item = place->item;
	struct graft_option *options = (struct graft_option *)item->options;

	graft_ask_nothing(place);
	if (!options)
		item->options = options =
			arena_alloc(&place->graft->arena, GRAFT_MAX_OPTIONS * sizeof(*options));
	if (!options)
		return NULL;
	if (!item->n_options || (!also && item->n_options < GRAFT_MAX_OPTIONS))
		options[item->n_options++] = (struct graft_option){ .setting = "", .why = why };
	return &options[item->n_options - 1];
}

/* "drop=st,syscon" as --device takes it: "drop=st,,syscon". */
static const char *double_commas(struct arena *arena, const char *text)
{
	char *doubled = arena_alloc(arena, 2 * strlen(text) + 1), *to = doubled;

	for (; doubled && *text; text++) {
		*to++ = *text;
		if (*text == ',')
			*to++ = ',';
	}
	return doubled;
}

__attribute__((format(printf, 4, 0))) static void ask(struct graft_place *place, bool also,
						      const char *why, const char *fmt, va_list ap)
{
	struct graft_option *option = add_option(place, also, why);
	struct arena *arena = &place->graft->arena;
	const char *setting = arena_vprintf(arena, fmt, ap);

	setting = setting ? double_commas(arena, setting) : NULL;
	if (option && setting)
		option->setting = arena_printf(arena, "%s%s%s", option->setting,
					       option->setting[0] ? "," : "", setting)
					  ?: "";
}

void(graft_ask)(struct graft_place *place, const char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ask(place, false, why, fmt, ap);
	va_end(ap);
}

void(graft_ask_also)(struct graft_place *place, const char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ask(place, true, why, fmt, ap);
	va_end(ap);
}

void(graft_ask_device)(struct graft_place *place, const struct host_node *device)
{
	struct graft_option *option = add_option(place, false, "the guest gets both");
	struct arena *arena = &place->graft->arena;
	char name[512];

	if (!option)
		return;
	host_node_device_name(device, name, sizeof(name));
	option->device = device;
	option->setting = arena_printf(arena, "--device vfio-platform,host=%s",
				       double_commas(arena, name) ?: "")
				  ?: "";
}

const char *graft_options_text(struct arena *arena, const struct graft_option *options, size_t n)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(arena, "%s%s%s%s%s%s", text, i ? ", or " : "give ",
				    options[i].setting, n > 1 ? " (" : "",
				    n > 1 ? options[i].why : "", n > 1 ? ")" : "")
			       ?: "";
	return text;
}

void graft_value(struct graft_item *item, const void *value, size_t size)
{
	item->value = value;
	item->size = size;
}

void graft_copy(struct graft_place *place)
{
	graft_value(place->item, place->property->size ? (const char *)place->property->value : "",
		    place->property->size);
}

void *graft_room(struct graft *graft, struct graft_item *item, size_t size)
{
	void *room = arena_alloc(&graft->arena, size);

	graft_value(item, room, size);
	return room;
}

void graft_cells(struct graft *graft, struct graft_item *item, const uint32_t *cells, size_t n)
{
	fdt32_t *room = graft_room(graft, item, n * sizeof(*room));

	for (size_t i = 0; room && i < n; i++)
		room[i] = cpu_to_fdt32(cells[i]);
}

void graft_ranges(struct graft *graft, struct graft_item *item, const struct range *ranges,
		  size_t n)
{
	void *room = graft_room(graft, item, n * 2 * sizeof(fdt64_t));

	if (room)
		dt_put_ranges(room, ranges, n);
}

enum graft_verdict graft_worst(const struct graft_node *node, const struct graft_item **item)
{
	enum graft_verdict worst = GRAFT_COPY;

	for (size_t i = 0; i < node->n_items; i++) {
		if (node->items[i].verdict > worst) {
			worst = node->items[i].verdict;
			*item = &node->items[i];
		}
	}
	for (const struct graft_node *child = node->child; child; child = child->next) {
		const struct graft_item *below = NULL;
		enum graft_verdict verdict = graft_worst(child, &below);

		if (verdict > worst) {
			worst = verdict;
			*item = below;
		}
	}
	return worst;
}

struct graft_node *graft_node_new(struct graft *graft, const char *name,
				  const struct host_node *host, size_t n)
{
	struct graft_node *node = arena_alloc(&graft->arena, sizeof(*node));

	if (!node || !name)
		return NULL;
	node->host = host;
	node->name = name;
	if (host) {
		node->phandle = DT_PHANDLE_GRAFT + host->index;
		n += host->n_properties;
		for (const struct host_node *child = host->child; child; child = child->next)
			n++;
	}
	node->items = arena_alloc(&graft->arena, n * sizeof(*node->items));
	return node->items ? node : NULL;
}

void graft_join(struct graft_device *device, struct graft_node *node)
{
	struct graft_node *last = device->out.nodes;

	while (last->next)
		last = last->next;
	last->next = node;
}

/* Names that every guest's tree has taken: vmm/machine/guest_tree.c, arch/, devices/. */
#define TAKEN "aliases apb-pclk chosen cpus gpio-keys pmu psci reserved-memory timer"

static bool is_taken(const struct graft *graft, const char *name)
{
	if (str_matches(name, TAKEN))
		return true;
	for (unsigned int i = 0; i < graft->n_devices; i++)
		for (const struct graft_node *node = graft->devices[i].out.nodes; node;
		     node = node->next)
			if (strcmp(node->name, name) == 0)
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

	for (unsigned int n = 2; name && is_taken(graft, name); n++)
		name = arena_printf(&graft->arena, "%.*s-%u", base, wanted, n);
	return name;
}

struct graft_node *graft_make_node(struct graft_place *place, const char *name,
				   const struct host_node *host, size_t n)
{
	struct graft *graft = place->graft;
	struct graft_node *node = graft_node_new(graft, unique_name(graft, name), host, n);

	if (!node)
		return NULL;
	node->referenced = true;
	node->phandle = DT_PHANDLE_GRAFT + graft->tree->n_nodes + graft->n_made++;
	graft_join(place->device, node);
	return node;
}

struct graft_item *graft_make_item(struct graft_node *node, const char *property,
				   const char *binding)
{
	struct graft_item *item = graft_item_add(node, property);

	item->verdict = GRAFT_REPLACE;
	item->reason = GRAFT_REASON("made by dais");
	item->binding = BUILT(PLAN) ? binding : NULL;
	graft_value(item, "", 0);
	return item;
}

void graft_make_cell(struct graft *graft, struct graft_node *node, const char *property,
		     uint32_t value)
{
	graft_cells(graft, graft_make_item(node, property, NULL), &value, 1);
}

void graft_make_string(struct graft *graft, struct graft_node *node, const char *property,
		       const char *value)
{
	graft_value(graft_make_item(node, property, NULL),
		    arena_copy(&graft->arena, value, strlen(value)), strlen(value) + 1);
}

uint32_t graft_make_provider(struct graft_place *place, const char *name, const char *compatible,
			     const char *label, const struct graft_cell cells[2])
{
	struct graft_node *node = place->device->out.nodes->next;
	size_t n = strlen(name);

	while (node && (node->host || strncmp(node->name, name, n) ||
			(node->name[n] && node->name[n] != '-')))
		node = node->next;
	if (node)
		return node->phandle;
	node = graft_make_node(place, name, NULL, 4);
	if (!node)
		return 0;
	graft_make_string(place->graft, node, "compatible", compatible);
	if (label)
		graft_make_string(place->graft, node, label, node->name);
	for (unsigned int i = 0; i < 2; i++)
		if (cells[i].property)
			graft_make_cell(place->graft, node, cells[i].property, cells[i].value);
	return node->phandle;
}

const char *graft_prefix(struct graft *graft, const struct graft_device *device,
			 const struct host_node *node)
{
	if (!node || node == device->node)
		return "";
	return arena_printf(&graft->arena, "%s%s/", graft_prefix(graft, device, node->parent),
			    node->name)
		       ?: "";
}

const char *graft_path(struct graft *graft, const struct host_node *node)
{
	const char *above =
		node->parent && node->parent->parent ? graft_path(graft, node->parent) : "";

	return arena_printf(&graft->arena, "%s/%s", above, node->name) ?: "";
}

bool graft_is_named(const struct graft_place *place, const char *text, const char *name)
{
	const char *prefix = graft_prefix(place->graft, place->device, place->node);
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 && strcmp(text + n, name) == 0;
}

const struct graft_answer *graft_answer(const struct graft_place *place,
					const struct graft_answer *answers, unsigned int n,
					const char *name)
{
	for (unsigned int i = 0; i < n; i++)
		if (graft_is_named(place, answers[i].name, name))
			return &answers[i];
	return NULL;
}

bool graft_user_has(const struct graft_place *place, const struct reference_user *user,
		    const struct reference *ref)
{
	struct reference_list list = { 0 };
	bool found = false;

	if (reference_find(place->graft->tree, user->node, user->property, &list, NULL))
		place->graft->arena.failed = true;
	for (size_t i = 0; i < list.n_refs && !found; i++)
		found = reference_is_same(place->property, ref, user->property, &list.refs[i]);
	reference_list_destroy(&list);
	return found;
}
