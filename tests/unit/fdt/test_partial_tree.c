// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/overlay.h"
#include "fdt/guest/partial_tree.h"
#include "fdt/guest/tree.h"
#include "tests/fixtures/fixture_tree.h"
#include "vmm/base/range.h"

static const struct range regions[] = { { 0x10000000, 0x1000 } };
static const struct graft_irq irqs[] = { { 3, false }, { 4, true }, { 5, false } };

/* One partial tree for one device, and what came of it. */
struct
try {
	struct host_tree *host;
	struct host_facts facts;
	struct partial_tree partial;
	struct arena arena;
	struct graft_node *nodes;
	void *overlay;
	size_t size;
	struct err err;
};

static int translate(struct try *t, const char *host, const char *device, const char *partial)
{
	const struct host_node *node;

	t->host = fixture_tree(host);
	cr_assert_eq(host_tree_find_device(t->host, device, &node, &t->err), 0);
	cr_assert_eq(host_facts_read(t->host, node, &t->facts, &t->err), 0);
	t->partial.file = partial;
	t->partial.name = device;
	t->partial.facts = &t->facts;
	t->partial.blob = fixture_blob(partial, &t->partial.size);
	cr_assert(partial_tree_is(t->partial.blob, t->partial.size));
	return partial_tree_translate(&t->partial, &t->arena, &t->nodes, &t->overlay, &t->size,
				      &t->err);
}

static void end(struct try *t)
{
	free((void *)t->partial.blob);
	free(t->overlay);
	arena_free(&t->arena);
	host_facts_destroy(&t->facts);
	host_tree_destroy(t->host);
}

/* The guest's tree with the device. */
static void *apply(struct try *t)
{
	const struct overlay overlay = { "translated", t->overlay, t->size };
	const struct overlay_device device = {
		t->partial.name,
		NULL,
		{ .regions = regions, .n_regions = 1, .irqs = irqs, .n_irqs = t->facts.n_irqs },
	};
	void *blob = NULL;
	size_t size;
	struct dt dt;

	dt_init(&dt);
	dt_prop_u32(&dt, "interrupt-parent", DT_PHANDLE_GIC);
	dt_begin_node(&dt, "intc");
	dt_prop_empty(&dt, "interrupt-controller");
	dt_prop_u32(&dt, "#interrupt-cells", 3);
	dt_prop_u32(&dt, "phandle", DT_PHANDLE_GIC);
	dt_end_node(&dt);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &t->err), 0);
	dt_destroy(&dt);
	cr_assert_eq(overlay_check(&overlay, t->partial.name, &t->err), 0, "%s", t->err.what);
	cr_assert(overlay_brings(&overlay, t->partial.name));
	cr_assert_eq(overlay_apply(&blob, &size, &overlay, &device, 1, &t->err), 0, "%s",
		     t->err.what);
	cr_expect_eq(dt_check(blob, size, &t->err), 0, "%s: %s", t->err.what, t->err.why);
	return blob;
}

static const void *value(const void *blob, const char *path, const char *property, int *size)
{
	int node = fdt_path_offset(blob, path);

	cr_assert_geq(node, 0, "%s", path);
	return fdt_getprop(blob, node, property, size);
}

static uint32_t cell(const void *blob, const char *path, const char *property, int i)
{
	int size;
	const char *cells = value(blob, path, property, &size);

	cr_assert(cells && size >= 4 * (i + 1), "%s %s", path, property);
	return fdt32_ld((const fdt32_t *)(cells + (size_t)i * 4));
}

Test(partial_tree, what_xens_toolstack_takes_becomes_the_guests_node)
{
	struct try t = { 0 };
	void *blob;

	cr_assert_eq(translate(&t, "midway", "fff51000.ethernet", "xen_midway"), 0, "%s: %s",
		     t.err.what, t.err.why);
	blob = apply(&t);
	cr_expect_eq(cell(blob, "/ethernet@10000000", "reg", 1), 0x10000000);
	cr_expect_eq(cell(blob, "/ethernet@10000000", "interrupts", 1), 3);
	cr_expect_eq(cell(blob, "/ethernet@10000000", "interrupts", 4), 4);
	cr_expect_str_eq(value(blob, "/aliases", "ethernet0", NULL), "/ethernet@10000000");
	free(blob);
	end(&t);
}

Test(partial_tree, a_dom0less_one_keeps_what_comes_along_and_drops_what_is_xens)
{
	static const char gem[] = "/ethernet@ff0e0000";
	struct try t = { 0 };
	void *blob;

	cr_assert_eq(translate(&t, "zynqmp", "ff0e0000.ethernet", "xen_zynqmp"), 0, "%s: %s",
		     t.err.what, t.err.why);
	blob = apply(&t);
	cr_expect_eq(cell(blob, gem, "reg", 1), 0x10000000);
	cr_expect_eq(cell(blob, gem, "clocks", 1), cell(blob, "/misc-clk", "phandle", 0));
	cr_expect_eq(cell(blob, gem, "phy-handle", 0),
		     cell(blob, "/ethernet@ff0e0000/ethernet-phy@c", "phandle", 0));
	cr_expect_eq(cell(blob, gem, "acme,mystery", 1), 9);
	cr_expect_eq(cell(blob, "/ethernet@ff0e0000/ethernet-phy@c", "reg", 0), 12);
	for (size_t i = 0; i < 4; i++) {
		static const char *const gone[] = { "xen,path", "xen,reg", "power-domains",
						    "xen,force-assign-without-iommu" };

		cr_expect_null(value(blob, gem, gone[i], NULL), "%s", gone[i]);
	}
	cr_expect_null(value(blob, "/ethernet@ff0e0000/ethernet-phy@c", "interrupts", NULL));
	cr_expect_lt(fdt_path_offset(blob, "/power-controller@ffd80000"), 0);
	cr_expect_lt(fdt_path_offset(blob, "/gic"), 0);
	free(blob);
	end(&t);
}

Test(partial_tree, each_property_has_a_reason)
{
	static const struct {
		const char *property;
		enum graft_verdict verdict;
		const char *reason;
	} expected[] = {
		{ "compatible", GRAFT_COPY, "as the file has it" },
		{ "reg", GRAFT_REWRITE, "guest's addresses" },
		{ "interrupt-parent", GRAFT_DROP, "names the GIC" },
		{ "interrupts", GRAFT_REWRITE, "guest's SPIs" },
		{ "clocks", GRAFT_REWRITE, "nodes that come along" },
		{ "power-domains", GRAFT_DROP, "power-controller@ffd80000" },
		{ "xen,path", GRAFT_DROP, "host=" },
		{ "xen,reg", GRAFT_DROP, "dais decides" },
		{ "xen,force-assign-without-iommu", GRAFT_DROP, "iommu=none" },
	};
	struct try t = { 0 };
	const struct graft_node *gem;

	cr_assert_eq(translate(&t, "zynqmp", "ff0e0000.ethernet", "xen_zynqmp"), 0);
	cr_expect_str_eq(t.nodes->name, "misc-clk");
	gem = t.nodes->next;
	cr_assert_str_eq(gem->name, "ethernet@ff0e0000");
	cr_expect_eq(gem->host, t.facts.node);
	for (size_t i = 0; i < n_elems(expected); i++) {
		const struct graft_item *item = gem->items;

		while (strcmp(item->property, expected[i].property))
			cr_assert_lt(++item, gem->items + gem->n_items, "%s", expected[i].property);
		cr_expect_eq(item->verdict, expected[i].verdict, "%s", item->property);
		cr_expect(strstr(item->reason, expected[i].reason), "%s", item->reason);
	}
	end(&t);
}

static void *partial(void (*change)(void *blob), const char *name, size_t *size)
{
	size_t room = 8192, n;
	void *blob = fixture_blob(name, &n), *open = malloc(room);

	cr_assert_eq(fdt_open_into(blob, open, (int)room), 0);
	free(blob);
	change(open);
	*size = room;
	return open;
}

static int mac(void *blob)
{
	return fdt_path_offset(blob, "/passthrough/ethernet@10000000");
}

static void other_path(void *blob)
{
	fdt_setprop_string(blob, mac(blob), "xen,path", "/soc/sata@ffe08000");
}

static void second_device(void *blob)
{
	int node = fdt_add_subnode(blob, fdt_path_offset(blob, "/passthrough"), "b");

	fdt_setprop_u32(blob, node, "reg", 1);
}

static void third_region(void *blob)
{
	uint32_t reg[8] = { 0, cpu_to_fdt32(0x10000000), 0, cpu_to_fdt32(0x1000), 0, 0, 0, 0 };

	fdt_setprop(blob, mac(blob), "reg", reg, sizeof(reg));
}

static void elsewhere(void *blob)
{
	uint32_t map[6] = { 0, cpu_to_fdt32(0xfff50000), 0, cpu_to_fdt32(0x1000),
			    0, cpu_to_fdt32(0x10000000) };

	fdt_setprop(blob, mac(blob), "xen,reg", map, sizeof(map));
}

static void other_irq(void *blob)
{
	uint32_t irq[3] = { 0, cpu_to_fdt32(77), cpu_to_fdt32(4) };

	fdt_setprop(blob, mac(blob), "interrupts", irq, sizeof(irq));
}

static void wide(void *blob)
{
	fdt_setprop_u32(blob, fdt_path_offset(blob, "/passthrough"), "#address-cells", 3);
}

Test(partial_tree, what_is_another_device_is_refused)
{
	static const struct {
		void (*change)(void *blob);
		const char *says;
	} cases[] = {
		{ other_path, "which node of /passthrough is fff51000.ethernet" },
		{ second_device, "which node of /passthrough is fff51000.ethernet" },
		{ third_region, "register region 1" },
		{ elsewhere, "register region 0" },
		{ other_irq, "interrupt 0" },
		{ wide, "above 2" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct try t = { 0 };
		size_t size;

		cr_assert_eq(translate(&t, "midway", "fff51000.ethernet", "xen_midway"), 0);
		free((void *)t.partial.blob);
		t.partial.blob = partial(cases[i].change, "xen_midway", &size);
		t.partial.size = size;
		free(t.overlay);
		t.overlay = NULL;
		cr_expect_eq(partial_tree_translate(&t.partial, &t.arena, &t.nodes, &t.overlay,
						    &t.size, &t.err),
			     -EINVAL);
		cr_expect(strstr(t.err.what, cases[i].says), "%s", t.err.what);
		cr_expect(strstr(t.err.what, "xen_midway") && t.err.fix[0]);
		end(&t);
	}
}

Test(partial_tree, a_label_chooses_among_devices)
{
	struct try t = { 0 };

	t.partial.label = "mac";
	cr_assert_eq(translate(&t, "midway", "fff51000.ethernet", "xen_midway"), 0, "%s",
		     t.err.what);
	free((void *)t.partial.blob);
	t.partial.blob = partial(second_device, "xen_midway", &t.partial.size);
	free(t.overlay);
	cr_expect_eq(
		partial_tree_translate(&t.partial, &t.arena, &t.nodes, &t.overlay, &t.size, &t.err),
		0);
	end(&t);
}

/* Every byte turned over, one at a time: an error or a sound overlay, under the sanitizers. */
Test(partial_tree, a_damaged_one_does_no_harm)
{
	struct try t = { 0 };
	uint8_t *bytes;

	cr_assert_eq(translate(&t, "zynqmp", "ff0e0000.ethernet", "xen_zynqmp"), 0);
	bytes = (uint8_t *)t.partial.blob;
	for (size_t i = 0; i < t.partial.size; i++) {
		struct overlay overlay = { .path = "damaged" };
		struct graft_node *nodes;
		struct arena arena = { 0 };
		void *blob = NULL;

		bytes[i] ^= 0xff;
		if (partial_tree_is(t.partial.blob, t.partial.size) &&
		    !partial_tree_translate(&t.partial, &arena, &nodes, &blob, &overlay.size,
					    &t.err)) {
			overlay.blob = blob;
			cr_expect_eq(overlay_check(&overlay, t.partial.name, &t.err), 0,
				     "byte %zu: %s", i, t.err.what);
		}
		bytes[i] ^= 0xff;
		arena_free(&arena);
		free(blob);
	}
	end(&t);
}
