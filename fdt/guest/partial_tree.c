// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/guest/partial_tree.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/host/reference.h"
#include "fdt/host/tree.h"
#include "vmm/base/str.h"

#define ROOT "/fragment@0/__overlay__"

struct translation {
	const struct partial_tree *p;
	const struct host_tree *tree;
	const struct host_node *device;
	struct arena *arena;
	struct dt dt;
};

bool partial_tree_is(const void *blob, size_t size)
{
	return !host_tree_check_blob(blob, size) && fdt_path_offset(blob, "/passthrough") >= 0;
}

static bool has_string(const struct host_node *node, const char *property, const char *value)
{
	const struct host_property *p = host_node_find(node, property);

	return p && host_property_string_index(p, value) == 0;
}

/* Its own registers or interrupts make it a device. */
static bool is_device(const struct host_node *node)
{
	return host_node_has(node, "xen,path") || host_node_has(node, "xen,reg") ||
	       host_node_has(node, "reg") || host_node_has(node, "interrupts");
}

/* The device's node: by its label, by xen,path, or the only device, if none has xen,path. */
static const struct host_node *find_device(const struct partial_tree *p,
					   const struct host_tree *tree, const char *path)
{
	const struct host_node *parent = host_tree_find(tree, "/passthrough"), *only = NULL;
	const struct host_node *named = p->label ? host_tree_by_label(tree, p->label) : NULL;
	unsigned int n = 0;

	if (named)
		return named->parent == parent ? named : NULL;
	for (const struct host_node *node = parent->child; node; node = node->next) {
		if (has_string(node, "xen,path", path))
			return node;
		if (!is_device(node))
			continue;
		n += host_node_has(node, "xen,path") ? 2 : 1;
		only = node;
	}
	return n == 1 ? only : NULL;
}

/* The guest's *address as the host's, by xen,reg; false: no range of it has the address. */
static bool host_address(const struct host_node *node, uint64_t *address)
{
	const struct host_property *map = host_node_find(node, "xen,reg");
	unsigned int a = host_node_u32(node->parent, "#address-cells", 2);
	unsigned int s = host_node_u32(node->parent, "#size-cells", 1);
	size_t entry = 4 * (size_t)(2 * a + s);

	for (size_t at = 0; map && entry && at + entry <= map->size; at += entry) {
		const uint8_t *cells = map->value + at;
		uint64_t host = host_cells(cells, a), size = host_cells(cells + 4 * a, s);
		uint64_t guest = host_cells(cells + 4 * (a + s), a);

		if (*address >= guest && *address - guest < size) {
			*address += host - guest;
			return true;
		}
	}
	return false;
}

static int other(const struct translation *t, const char *what, unsigned int i, struct err *err)
{
	err_usage(err, "%s: %s %u of %s is not that of the host's device", t->p->file, what, i,
		  t->device->name);
	err_why(err, "the host's comes first to last, and dais gives the guest just these");
	return err_fix(err, "write them in the order of the host's node, without gaps");
}

static int check_regions(const struct translation *t, struct err *err)
{
	const struct host_node *node = t->device;
	const struct host_facts *facts = t->p->facts;
	const struct host_property *reg = host_node_find(node, "reg");
	unsigned int a = host_node_u32(node->parent, "#address-cells", 2);
	unsigned int s = host_node_u32(node->parent, "#size-cells", 1);
	size_t entry = 4 * ((size_t)a + s);

	if (a > 2 || s > 2) {
		err_usage(err, "%s: #address-cells or #size-cells of /passthrough is above 2",
			  t->p->file);
		return err_fix(err, "give both as <2>");
	}
	for (unsigned int i = 0; reg && entry && (i + 1) * entry <= reg->size; i++) {
		uint64_t address = host_cells(reg->value + i * entry, a);

		if (i >= facts->n_regions ||
		    (host_address(node, &address) && address != facts->regions[i].start))
			return other(t, "register region", i, err);
	}
	return 0;
}

/* Xen gives the guest the host's numbers. */
static int check_irqs(const struct translation *t, struct err *err)
{
	const struct host_property *irqs = host_node_find(t->device, "interrupts");
	const struct host_facts *facts = t->p->facts;

	for (unsigned int i = 0; irqs && (i + 1) * 12 <= irqs->size; i++) {
		const struct host_irq_fact *host = &facts->irqs[i];

		if (i >= facts->n_irqs ||
		    (host->is_gic &&
		     (host->specifier[0] != host_property_cell(irqs, (size_t)i * 3) ||
		      host->specifier[1] != host_property_cell(irqs, (size_t)i * 3 + 1))))
			return other(t, "interrupt", i, err);
	}
	return 0;
}

/* The child of /passthrough that @node is, or is below; NULL: it is elsewhere. */
static const struct host_node *top_of(const struct host_node *node)
{
	while (node && node->parent && strcmp(node->parent->name, "passthrough"))
		node = node->parent;
	return node && node->parent && !node->parent->parent->parent ? node : NULL;
}

static bool is_brought(const struct translation *t, const struct host_node *node)
{
	const struct host_node *top = top_of(node);

	return top && (top == t->device || !is_device(top));
}

/* What becomes of properties that mean another thing in dais' guest. */
static const struct {
	const char *patterns;
	bool of_device; /* else of all nodes */
	enum graft_verdict verdict;
	const char *reason;
} rules[] = {
	{ "xen,path", false, GRAFT_DROP, "it names the host's device, as host= does" },
	{ "xen,reg", false, GRAFT_DROP, "where registers are in the guest, dais decides" },
	{ "xen,force-assign-without-iommu", false, GRAFT_DROP,
	  "where there is no IOMMU, iommu=none is what says so" },
	{ "xen,*", false, GRAFT_DROP, "it is for Xen alone" },
	{ "reg", true, GRAFT_REWRITE, "all registers of the device, at the guest's addresses" },
	{ "interrupts", true, GRAFT_REWRITE,
	  "all interrupts of the device, with the guest's SPIs" },
	{ "interrupts*", false, GRAFT_DROP,
	  "VFIO offers the interrupts that the device's own node lists" },
	{ "interrupt-parent", false, GRAFT_DROP, "the guest's root names the GIC" },
};

static void decide(struct translation *t, const struct host_node *node,
		   const struct host_property *property, const struct reference_list *refs,
		   struct graft_item *item)
{
	item->property = arena_printf(t->arena, "%s", property->name);
	for (size_t i = 0; i < n_elems(rules); i++)
		if (str_matches(property->name, rules[i].patterns) &&
		    (!rules[i].of_device || node == t->device)) {
			item->verdict = rules[i].verdict;
			item->reason = rules[i].reason;
			return;
		}
	item->guessed = refs->guessed;
	item->verdict = refs->n_refs ? GRAFT_REWRITE : GRAFT_COPY;
	item->reason = refs->n_refs ? "it points at nodes that come along" : "as the file has it";
	item->value = arena_copy(t->arena, property->value, property->size);
	item->size = property->size;
	for (size_t i = 0; i < refs->n_refs; i++) {
		const struct host_node *target = refs->refs[i].target;

		if (reference_is_hole(&refs->refs[i]) || (target && is_brought(t, target)))
			continue;
		item->verdict = GRAFT_DROP;
		item->value = NULL;
		item->reason = arena_printf(t->arena, "it points at %s, which does not come along",
					    target ? target->name : "a node that is not there");
		return;
	}
}

/* Decide a node and all below it. NULL: no memory. */
static struct graft_node *tell_node(struct translation *t, const struct host_node *node)
{
	struct graft_node *out = arena_alloc(t->arena, sizeof(*out)), **link;

	if (!out)
		return NULL;
	out->name = arena_printf(t->arena, "%s", node->name);
	out->items = arena_alloc(t->arena, node->n_properties * sizeof(*out->items));
	out->host = node == t->device ? t->p->facts->node : NULL;
	out->of_file = true;
	out->phandle = host_node_u32(node, "phandle", 0);
	out->referenced = out->phandle;
	link = &out->child;
	for (size_t i = 0; out->items && i < node->n_properties; i++) {
		const struct host_property *property = &node->properties[i];
		struct reference_list refs;

		if (str_matches(property->name, "phandle linux,phandle"))
			continue;
		if (reference_find(t->tree, node, property, &refs, NULL))
			return NULL;
		decide(t, node, property, &refs, &out->items[out->n_items++]);
		reference_list_destroy(&refs);
	}
	for (const struct host_node *child = node->child; child; child = child->next) {
		*link = tell_node(t, child);
		if (!*link)
			return NULL;
		link = &(*link)->next;
	}
	return t->arena->failed ? NULL : out;
}

/* Where phandles stand in what is kept: dtc's Documentation/dt-object-internal.txt. */
static void write_fixups(struct translation *t, const struct host_node *node,
			 const struct graft_node *told)
{
	const struct host_node *child = node->child;

	dt_begin_node(&t->dt, "%s", node->name);
	for (size_t i = 0; i < told->n_items; i++) {
		const struct graft_item *item = &told->items[i];
		const struct host_property *property = host_node_find(node, item->property);
		struct reference_list refs = { 0 };
		uint32_t *offsets;
		size_t n = 0;

		if (item->value && reference_find(t->tree, node, property, &refs, NULL))
			t->arena->failed = true;
		offsets = arena_alloc(t->arena, refs.n_refs * sizeof(*offsets));
		for (size_t k = 0; offsets && k < refs.n_refs; k++)
			if (!reference_is_hole(&refs.refs[k]))
				offsets[n++] = (uint32_t)refs.refs[k].offset;
		if (n)
			dt_prop_cells(&t->dt, property->name, offsets, n);
		reference_list_destroy(&refs);
	}
	for (told = told->child; told; told = told->next, child = child->next)
		write_fixups(t, child, told);
	dt_end_node(&t->dt);
}

/* Names of what came along. */
static void write_aliases(struct translation *t)
{
	const struct host_node *aliases = host_tree_find(t->tree, "/aliases");

	if (!aliases)
		return;
	dt_begin_node(&t->dt, "aliases");
	for (size_t i = 0; i < aliases->n_properties; i++) {
		const char *path = host_property_string(&aliases->properties[i], 0);
		const struct host_node *node = path ? host_tree_find(t->tree, path) : NULL;

		if (node && is_brought(t, node))
			dt_prop_str(&t->dt, aliases->properties[i].name,
				    strchr(path + 1, '/') ?: path);
	}
	dt_end_node(&t->dt);
}

static void write_overlay(struct translation *t, const struct graft_node *nodes)
{
	const struct host_node *parent = t->device->parent;

	dt_begin_node(&t->dt, "fragment@0");
	dt_prop_str(&t->dt, "target-path", "/");
	dt_begin_node(&t->dt, "__overlay__");
	for (const struct graft_node *node = nodes; node; node = node->next)
		graft_write_node(&t->dt, node);
	write_aliases(t);
	dt_end_node(&t->dt);
	dt_end_node(&t->dt);
	dt_begin_node(&t->dt, "__symbols__");
	dt_prop_str(&t->dt, t->p->name, arena_printf(t->arena, ROOT "/%s", t->device->name) ?: "");
	dt_end_node(&t->dt);
	dt_begin_node(&t->dt, "__local_fixups__");
	dt_begin_node(&t->dt, "fragment@0");
	dt_begin_node(&t->dt, "__overlay__");
	for (const struct host_node *node = parent->child; node; node = node->next)
		if (nodes && is_brought(t, node)) {
			write_fixups(t, node, nodes);
			nodes = nodes->next;
		}
	dt_end_node(&t->dt);
	dt_end_node(&t->dt);
	dt_end_node(&t->dt);
}

static int no_device(const struct partial_tree *p, const char *path, struct err *err)
{
	err_usage(err, "%s does not tell which node of /passthrough is %s", p->file, p->name);
	err_why(err, "none has xen,path = \"%s\", and there is not just one device", path);
	return err_fix(err, "give the node xen,path = \"%s\", or dt-symbol=LABEL with its label",
		       path);
}

static int translate(struct translation *t, struct graft_node **nodes, void **overlay, size_t *size,
		     struct err *err)
{
	struct graft_node **link = nodes;
	int ret = check_regions(t, err) ?: check_irqs(t, err);

	for (const struct host_node *node = t->device->parent->child; node && !ret;
	     node = node->next) {
		if (!is_brought(t, node))
			continue;
		*link = tell_node(t, node);
		if (*link)
			link = &(*link)->next;
		else
			ret = err_set(err, ENOMEM, "translate %s", t->p->file);
	}
	if (ret)
		return ret;
	dt_init(&t->dt);
	write_overlay(t, *nodes);
	ret = t->arena->failed ? err_set(err, ENOMEM, "translate %s", t->p->file)
			       : dt_finish(&t->dt, overlay, size, err);
	dt_destroy(&t->dt);
	return ret;
}

int partial_tree_translate(const struct partial_tree *p, struct arena *arena,
			   struct graft_node **nodes, void **overlay, size_t *size, struct err *err)
{
	struct translation t = { .p = p, .arena = arena };
	struct host_tree *tree;
	char path[1024];
	int ret = host_tree_parse(p->blob, p->size, p->file, &tree, err);

	if (ret)
		return ret;
	host_node_path(p->facts->node, path, sizeof(path));
	t.tree = tree;
	t.device = find_device(p, tree, path);
	ret = t.device ? translate(&t, nodes, overlay, size, err) : no_device(p, path, err);
	host_tree_destroy(tree);
	return ret;
}
