// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/host/facts.h"
#include "tests/fixtures/fixture_tree.h"
#include "tests/unit/cpu_limit.h"

static struct host_tree *tree;
static struct host_facts facts;

static void load(void)
{
	tree = fixture_tree("facts");
}

static void drop(void)
{
	host_facts_destroy(&facts);
	host_tree_destroy(tree);
}

static void read_facts(const char *path)
{
	const struct host_node *node = host_tree_find(tree, path);
	struct err err = { 0 };

	host_facts_destroy(&facts);
	cr_assert_not_null(node, "%s", path);
	cr_assert_eq(host_facts_read(tree, node, &facts, &err), 0, "%s: %s", err.what, err.why);
}

/* @expected: regions, ended by one of size ~0. */
static void expect_regions(const struct range *expected, unsigned int n_entries)
{
	unsigned int n = 0;

	for (; expected[n].size != UINT64_MAX; n++) {
		cr_assert_lt(n, facts.n_regions, "%s", facts.node->name);
		cr_expect_eq(facts.regions[n].start, expected[n].start, "%s %u: 0x%lx",
			     facts.node->name, n, (unsigned long)facts.regions[n].start);
		cr_expect_eq(facts.regions[n].size, expected[n].size);
	}
	cr_expect_eq(facts.n_regions, n, "%s has %u", facts.node->name, facts.n_regions);
	cr_expect_eq(facts.n_reg_entries, n_entries, "%s", facts.node->name);
}

#define END              \
	{                \
		0, ~0ULL \
	}

Test(host_facts, regions_through_all_levels, .init = load, .fini = drop)
{
	static const struct {
		const char *path;
		unsigned int n_entries;
		struct range regions[4];
	} cases[] = {
		{ "/bus@10000000/bus@40000/device@1100",
		  3,
		  { { 0xfff10040100, 0x80 }, { 0xfff10050ffc, 4 }, { 0xfff10040100, 0 }, END } },
		{ "/bus@10000000/bus@40000/cut@1000", 3, { { 0xfff10040000, 0x10 }, END } },
		{ "/bus@10000000/empty/device@20", 1, { { 0xfff10000020, 0x20 }, END } },
		{ "/bus@10000000/closed/device@20", 1, { END } },
		{ "/bus@20000000/chip@1,10", 1, { { 0x30000010, 0x10 }, END } },
		{ "/bus@20000000/late@0,ff0", 2, { { 0x20000ff0, 0x10 }, END } },
		{ "/flags/device@0", 2, { { 0x50000040, 0x10 }, END } },
		{ "/interrupt-controller@8000000", 1, { { 0x8000000, 0x10000 }, END } },
		{ "/gpio", 0, { END } },
		{ "/", 0, { END } },
	};
	struct range range;

	for (size_t i = 0; i < n_elems(cases); i++) {
		read_facts(cases[i].path);
		expect_regions(cases[i].regions, cases[i].n_entries);
	}
	cr_expect(host_region(host_tree_by_label(tree, "good"), 1, &range));
	cr_expect_eq(range.start, 0xfff10050ffc);
	cr_expect_not(host_region(host_tree_by_label(tree, "good"), 3, &range));
}

/* An interrupt in short: kind, label of its controller, first cells, trigger, edge in the guest. */
struct expected_irq {
	int kind;
	const char *controller;
	uint32_t cells[2];
	enum host_trigger trigger;
	bool edge;
};

static void expect_irqs(const struct expected_irq *expected, unsigned int n)
{
	cr_assert_eq(facts.n_irqs, n, "%s has %u", facts.node->name, facts.n_irqs);
	for (unsigned int i = 0; i < n; i++) {
		const struct host_irq_fact *irq = &facts.irqs[i];
		const struct expected_irq *e = &expected[i];

		cr_expect_eq(irq->kind, e->kind, "%s %u: %d", facts.node->name, i, irq->kind);
		if (irq->kind == HOST_IRQ_UNRESOLVED)
			continue;
		cr_expect_eq(irq->controller, host_tree_by_label(tree, e->controller), "%u", i);
		cr_expect_eq(irq->specifier[0], e->cells[0], "%u", i);
		cr_expect_eq(irq->specifier[1], e->cells[1], "%u", i);
		cr_expect_eq(irq->trigger, e->trigger, "%u: %s", i,
			     host_trigger_name(irq->trigger));
		cr_expect_eq(irq->edge, e->edge, "%u", i);
		cr_expect_eq(irq->is_gic, strcmp(e->controller, "gic") == 0, "%u", i);
	}
}

Test(host_facts, interrupts_of_the_gic_with_four_cells, .init = load, .fini = drop)
{
	static const struct expected_irq expected[] = {
		{ HOST_IRQ_OK, "gic", { 0, 1 }, HOST_TRIGGER_LEVEL_HIGH, false },
		{ HOST_IRQ_REPEATED, "gic", { 0, 1 }, HOST_TRIGGER_LEVEL_HIGH, false },
		{ HOST_IRQ_OK, "gic", { 0, 2 }, HOST_TRIGGER_EDGE_RISING, true },
		{ HOST_IRQ_OK, "gic", { 2, 9 }, HOST_TRIGGER_EDGE_FALLING, true },
	};

	read_facts("/bus@10000000/bus@40000/device@1100");
	expect_irqs(expected, n_elems(expected));
	for (unsigned int i = 0; i < 5; i++)
		cr_expect_eq(host_facts_first_irq(&facts, i), i == 1 ? 0 : i);
	cr_expect(facts.coherent);
	cr_expect_eq(facts.n_dma, 0);
	read_facts("/bus@10000000/bus@40000/cut@1000");
	cr_expect_not(facts.coherent);
}

Test(host_facts, interrupts_through_a_nexus, .init = load, .fini = drop)
{
	static const struct expected_irq expected[] = {
		{ HOST_IRQ_OK, "gic", { 0, 40 }, HOST_TRIGGER_LEVEL_HIGH, false },
		{ HOST_IRQ_OK, "expander", { 3, 8 }, HOST_TRIGGER_LEVEL_LOW, false },
		{ HOST_IRQ_UNRESOLVED, NULL, { 0, 0 }, 0, false },
	};

	read_facts("/bus@20000000/chip@1,10");
	expect_irqs(expected, n_elems(expected));
}

Test(host_facts, interrupts_extended_wins_and_its_holes_are_filled, .init = load, .fini = drop)
{
	static const struct expected_irq expected[] = {
		{ HOST_IRQ_OK, "crossbar", { 0, 5 }, HOST_TRIGGER_LEVEL_LOW, false },
		{ HOST_IRQ_OK, "gic", { 0, 21 }, HOST_TRIGGER_LEVEL_HIGH, false },
		{ HOST_IRQ_OK, "combiner", { 2, 3 }, HOST_TRIGGER_NONE, false },
		{ HOST_IRQ_PPI, "gic", { 1, 9 }, HOST_TRIGGER_LEVEL_HIGH, false },
		{ HOST_IRQ_OK, "gic", { 0, 24 }, HOST_TRIGGER_LEVEL_HIGH, false },
	};

	read_facts("/both");
	expect_irqs(expected, n_elems(expected));
}

Test(host_facts, what_linux_gives_no_number, .init = load, .fini = drop)
{
	static const struct expected_irq expected[] = {
		{ .kind = HOST_IRQ_UNRESOLVED },
		{ .kind = HOST_IRQ_UNRESOLVED },
		{ .kind = HOST_IRQ_UNRESOLVED },
		{ .kind = HOST_IRQ_UNRESOLVED },
		{ HOST_IRQ_OK, "gic", { 0, 987 }, HOST_TRIGGER_LEVEL_HIGH, false },
		{ .kind = HOST_IRQ_UNRESOLVED },
	};

	read_facts("/bad");
	expect_irqs(expected, n_elems(expected));
	read_facts("/wrong-size");
	cr_expect_eq(facts.n_irqs, 1);
}

Test(host_facts, an_amba_device_behind_a_dma_offset, .init = load, .fini = drop)
{
	static const struct range first[] = { { 0xfe001000, 0x1000 }, END };

	read_facts("/offset/device@7e001000");
	cr_expect(facts.amba);
	expect_regions(first, 1);
	cr_expect_eq(facts.n_irqs, 9, "AMBA_NR_IRQS");
	cr_assert_eq(facts.n_dma, 2);
	cr_expect_eq(facts.dma[0].bus, 0xc0000000);
	cr_expect_eq(facts.dma[0].cpu.start, 0);
	cr_expect_eq(facts.dma[0].cpu.size, 0x40000000);
	cr_expect_eq(facts.dma[1].bus, 0x7c000000);
	cr_expect_eq(facts.dma[1].cpu.start, 0x1fc000000);
	cr_expect_eq(host_dma_offset(&facts), 0ULL - 0xc0000000);
	cr_expect_not(facts.coherent);
}

/* A tree of one device "d" below a bus "b", with properties that a test adds. */
static void *made_blob(size_t size)
{
	void *blob = malloc(size);

	cr_assert_eq(fdt_create_empty_tree(blob, (int)size), 0);
	cr_assert_gt(fdt_add_subnode(blob, fdt_add_subnode(blob, 0, "b"), "d"), 0);
	return blob;
}

static int read_made(void *blob, struct err *err)
{
	struct host_tree *made;
	int ret;

	cr_assert_eq(host_tree_parse(blob, fdt_totalsize(blob), "made", &made, err), 0, "%s",
		     err->why);
	host_facts_destroy(&facts);
	ret = host_facts_read(made, host_tree_find(made, "/b/d"), &facts, err);
	host_facts_destroy(&facts);
	host_tree_destroy(made);
	free(blob);
	return ret;
}

Test(host_facts, absurd_cell_counts_are_errors)
{
	static const char *const counts[] = { "#address-cells", "#size-cells", "#interrupt-cells" };
	static const uint32_t values[] = { 5, 17, 0x40000000, UINT32_MAX };

	for (size_t i = 0; i < n_elems(counts) * n_elems(values); i++) {
		struct err err = { 0 };
		void *blob = made_blob(4096);
		uint32_t value = values[i % n_elems(values)];

		fdt_setprop_u32(blob, fdt_path_offset(blob, "/b"), counts[i / n_elems(values)],
				value);
		fdt_setprop_u64(blob, fdt_path_offset(blob, "/b/d"), "reg", 1);
		fdt_setprop_u64(blob, fdt_path_offset(blob, "/b/d"), "interrupts", 1);
		if (value == 5 && counts[i / n_elems(values)][1] == 'i') {
			cr_expect_eq(read_made(blob, &err), 0, "five cells may be");
			continue;
		}
		cr_expect_eq(read_made(blob, &err), -EINVAL, "case %zu", i);
		cr_expect(strstr(err.what, "/b/d"), "%s", err.what);
		cr_expect(strstr(err.why, "cells"), "%s", err.why);
	}
}

Test(host_facts, parents_in_a_circle_are_an_error)
{
	struct err err = { 0 };
	void *blob = made_blob(4096);

	fdt_setprop_u32(blob, fdt_path_offset(blob, "/b"), "phandle", 1);
	fdt_setprop_u32(blob, fdt_path_offset(blob, "/b"), "interrupt-parent", 2);
	fdt_setprop_u32(blob, fdt_path_offset(blob, "/b/d"), "phandle", 2);
	fdt_setprop_u32(blob, fdt_path_offset(blob, "/b/d"), "interrupt-parent", 1);
	fdt_setprop_u32(blob, fdt_path_offset(blob, "/b/d"), "interrupts", 1);
	cr_expect_eq(read_made(blob, &err), -EINVAL);
	cr_expect(strstr(err.why, "circle"), "%s", err.why);
}

Test(host_facts, maps_in_a_circle_are_an_error)
{
	static const char *const paths[] = { "/b", "/b/d", "/c" };
	struct err err = { 0 };
	void *blob = made_blob(4096);

	fdt_add_subnode(blob, 0, "c");
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t map[] = { cpu_to_fdt32(7), cpu_to_fdt32(i ? 1 : 3), cpu_to_fdt32(7) };

		fdt_setprop_u32(blob, fdt_path_offset(blob, paths[i]), "phandle", i + 1);
		if (i == 1)
			continue;
		fdt_setprop_u32(blob, fdt_path_offset(blob, paths[i]), "#interrupt-cells", 1);
		fdt_setprop_u32(blob, fdt_path_offset(blob, paths[i]), "#address-cells", 0);
		fdt_setprop(blob, fdt_path_offset(blob, paths[i]), "interrupt-map", map,
			    sizeof(map));
	}
	fdt_setprop_u32(blob, fdt_path_offset(blob, "/b/d"), "interrupts", 7);
	cr_expect_eq(read_made(blob, &err), -EINVAL);
	cr_expect(strstr(err.why, "circle"), "%s", err.why);
}

Test(host_facts, ten_megabytes_of_interrupts_or_regions_are_an_error)
{
	static const char *const names[] = { "interrupts", "interrupts-extended", "reg" };

	for (size_t i = 0; i < n_elems(names); i++) {
		struct err err = { 0 };
		size_t size = 10 << 20;
		void *blob = made_blob(size + 4096), *value = calloc(1, size);
		int at = fdt_path_offset(blob, "/b");

		fdt_setprop_u32(blob, at, "#interrupt-cells", 1);
		at = fdt_path_offset(blob, "/b/d");
		cr_assert_eq(fdt_setprop(blob, at, names[i], value, (int)size), 0);
		free(value);
		cr_expect_eq(read_made(blob, &err), -EINVAL);
		cr_expect(strstr(err.why, "so many"), "%s", err.why);
	}
}

static void add_irq_nodes(void *blob, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		fdt_begin_node(blob, "n");
		fdt_property_u32(blob, "phandle", i + 1);
		fdt_property_u32(blob, "reg", i);
		fdt_property_u32(blob, "clocks", 1 + (i * 7919) % n);
		fdt_property_u32(blob, "test,thing", 1 + (i * 104729) % n);
		fdt_end_node(blob);
	}
}

/* 65,536 nodes that point at each other: seconds are for quadratic time only. */
Test(host_facts, a_tree_of_64k_nodes_is_read_in_time)
{
	size_t size = 16 << 20;
	void *blob = malloc(size);
	struct host_tree *large;
	struct err err = { 0 };

	cpu_limit(30);
	fdt_create(blob, (int)size);
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	add_irq_nodes(blob, 1 << 16);
	fdt_end_node(blob);
	cr_assert_eq(fdt_finish(blob), 0);
	cr_assert_eq(host_tree_parse(blob, fdt_totalsize(blob), "large", &large, &err), 0, "%s",
		     err.why);
	for (uint32_t i = 0; i < large->n_nodes; i++) {
		cr_assert_eq(host_facts_read(large, large->nodes[i], &facts, &err), 0);
		host_facts_destroy(&facts);
	}
	host_tree_destroy(large);
	free(blob);
}
