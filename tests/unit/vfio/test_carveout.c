// SPDX-License-Identifier: GPL-2.0-only
/* Carve-outs, from the host's tree to the guest's; camera@1aa00 and codec@1ab00 of graft.dts. */
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "tests/fixtures/fixture_graft.h"
#include "tests/fixtures/fixture_tree.h"
#include "tests/unit/err_says.h"
#include "vfio/iommu/iommu.h"
#include "vfio/nodes/nodes.h"
#include "vmm/base/own.h"
#include "vmm/core/ram/ram.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static struct host_tree *tree;
static const struct host_node *camera, *codec;
static struct vfio_carveouts carveouts;
static struct ram ram;
static struct memmap map;
static struct err err;

static void setup(void)
{
	tree = fixture_tree("graft");
	camera = host_tree_find(tree, "/camera@1aa00");
	codec = host_tree_find(tree, "/codec@1ab00");
	memmap_init(&map, 40);
	ram_init(&ram);
	memset(&err, 0, sizeof(err));
}

static void teardown(void)
{
	vfio_carveouts_destroy(&carveouts);
	ram_destroy(&ram);
	host_tree_destroy(tree);
}

TestSuite(carveout, .init = setup, .fini = teardown);

/* What the tree says of a region, by each of its names. */
static const struct {
	const char *name;
	struct host_carveout wanted;
} region_cases[] = {
	{ "firmware", { .size = MIB, .align = MIB, .low = true, .no_map = true } },
	{ "firmware@80100000", { .size = MIB, .align = MIB, .low = true, .no_map = true } },
	{ "pool", { .size = MIB, .align = MIB, .low = true } },
	{ "frames", { .size = 4 * MIB, .align = 2 * MIB, .low = true } },
	{ "cma", { .size = 4 * MIB, .align = 2 * MIB, .low = true } }, /* its label */
};

Test(carveout, a_region_is_found_by_its_name)
{
	for (size_t i = 0; i < n_elems(region_cases); i++) {
		const struct host_carveout *wanted = &region_cases[i].wanted;
		const char *name = region_cases[i].name;
		struct host_carveout c;

		cr_assert_eq(host_carveout_find(tree, camera, "camera", name, &c, &err), 0, "%s",
			     err.what);
		cr_expect_eq(c.size, wanted->size, "%s", name);
		cr_expect_eq(c.align, wanted->align, "%s: 0x%llx", name,
			     (unsigned long long)c.align);
		cr_expect_eq(c.low, wanted->low, "%s", name);
		cr_expect_eq(c.no_map, wanted->no_map, "%s", name);
	}
}

Test(carveout, what_cannot_be_had_is_an_error)
{
	const struct host_node *spares = host_tree_find(tree, "/spares@1ac00");
	const struct host_node *plain = host_tree_find(tree, "/clocks@12000");
	struct host_carveout c;

	cr_expect_eq(host_carveout_find(tree, codec, "codec", "pool", &c, &err), -EINVAL);
	cr_expect(err_says(&err, "carveout.pool"), "%s: %s", err.what, err.why);
	cr_expect_str_eq(err.why, "it has these: firmware");
	cr_expect_eq(host_carveout_find(tree, spares, "spares", "spare", &c, &err), -EINVAL);
	cr_expect_str_eq(err.why, "it has these: spare@80300000, spare@80400000, small");
	cr_expect_eq(host_carveout_find(tree, spares, "spares", "unused", &c, &err), -EINVAL);
	cr_expect(err_says(&err, "disabled"), "%s: %s", err.what, err.why);
	cr_expect_eq(host_carveout_find(tree, spares, "spares", "split", &c, &err), -EINVAL);
	cr_expect_eq(host_carveout_find(tree, plain, "clocks", "pool", &c, &err), -EINVAL);
	cr_expect_str_eq(err.why, "it has none");
}

static void plan_ram(uint64_t size, struct range hole)
{
	cr_assert_eq(ram_plan(&ram, &map, size, &hole, 1, &err), 0, "%s", err.what);
}

Test(carveout, places_are_high_and_aligned_and_apart)
{
	struct range a, b, c;

	plan_ram(64 * MIB, (struct range){ MEMMAP_RAM + 32 * MIB, 16 * MIB });
	cr_assert_eq(ram_carve(&ram, 3 * MIB, MIB, true, &a, &err), 0);
	cr_expect_eq(a.start, MEMMAP_RAM + 77 * MIB);
	cr_assert_eq(ram_carve(&ram, 4096, 4096, true, &b, &err), 0);
	cr_expect_eq(b.start, a.start - MEMMAP_SLOT_SIZE);
	cr_expect_eq(ram_boot_run(&ram, 0).size, 32 * MIB);
	/* What the last bank has no room for; then the kernel has less. */
	cr_assert_eq(ram_carve(&ram, 30 * MIB, MIB, true, &c, &err), 0);
	cr_expect_eq(c.start, MEMMAP_RAM + 2 * MIB);
	cr_expect_eq(ram_boot_run(&ram, 0).size, 2 * MIB);
	cr_expect_eq(ram_carve(&ram, 30 * MIB, MIB, true, &c, &err), -EINVAL);
	cr_expect(err_says(&err, "30 MiB"), "%s: %s", err.what, err.why);
	cr_expect(strstr(err.fix, "more memory"), "%s", err.fix);
}

Test(carveout, low_ones_are_below_4_gib)
{
	struct range low, high;

	plan_ram(4 * GIB, (struct range){ 0, 0 });
	cr_assert_eq(ram_carve(&ram, MIB, MIB, true, &low, &err), 0);
	cr_expect_eq(range_last(low), 4 * GIB - 1);
	cr_assert_eq(ram_carve(&ram, MIB, MIB, false, &high, &err), 0);
	cr_expect_eq(range_last(high), MEMMAP_RAM + 4 * GIB - 1);
}

/* Ask for @device's regions of these names. */
static void add(const struct host_node *device, const char *first, const char *second)
{
	static struct vfio_answers answers[2];
	struct vfio_answers *a = &answers[device == codec];

	*a = (struct vfio_answers){ .carveouts = { { .name = first }, { .name = second } },
				    .n_carveouts = second ? 2 : 1 };

	cr_assert_eq(vfio_carveouts_add(&carveouts, tree, device, device->name, a, &err), 0, "%s",
		     err.what);
}

Test(carveout, devices_that_share_a_region_share_the_guests)
{
	struct graft_facts one, other;

	add(camera, "firmware", "frames");
	add(codec, "firmware", NULL);
	plan_ram(64 * MIB, (struct range){ 0, 0 });
	cr_assert_eq(vfio_carveouts_place(&carveouts, &map, &ram, &err), 0, "%s", err.what);
	vfio_carveouts_of(&carveouts, camera, &one);
	vfio_carveouts_of(&carveouts, codec, &other);
	cr_assert_eq(one.n_carveouts, 2);
	cr_assert_eq(other.n_carveouts, 1);
	cr_expect_eq(one.carveouts[0].guest.start, other.carveouts[0].guest.start);
	cr_expect(!range_overlaps(one.carveouts[0].guest, one.carveouts[1].guest));
	cr_expect_eq(ram.n_carveouts, 2);
	vfio_carveouts_of(&carveouts, tree->nodes[0], &other);
	cr_expect_eq(other.n_carveouts, 0);
}

Test(carveout, no_room_is_an_error_that_names_the_region)
{
	add(camera, "frames", NULL);
	plan_ram(16 * MIB, (struct range){ 0, 0 });
	while (!ram_carve(&ram, 2 * MIB, MIB, true, &(struct range){ 0 }, &err))
		;
	cr_expect_eq(vfio_carveouts_place(&carveouts, &map, &ram, &err), -EINVAL);
	cr_expect(err_says(&err, "frames"), "%s: %s", err.what, err.why);
}

/* The host's own memory: what a guest cannot have, and why. */
static const struct {
	const char *device, *name, *why;
} own_cases[] = {
	{ "/camera@1aa00", "firmware", "no-map" },
	{ "/camera@1aa00", "frames", "does not say where" },
	{ "/camera@1aa00/sensor", "shared", "reusable" },
	{ "/spares@1ac00", "small", "whole pages" },
};

static int add_own(const char *device, const char *name)
{
	static struct vfio_answers own;
	const struct host_node *node = host_tree_find(tree, device);

	own = (struct vfio_answers){ .carveouts = { { .name = name, .own = true } },
				     .n_carveouts = 1 };
	return vfio_carveouts_add(&carveouts, tree, node, node->name, &own, &err);
}

Test(carveout, what_of_the_hosts_own_memory_a_guest_cannot_have)
{
	for (size_t i = 0; i < n_elems(own_cases); i++) {
		cr_expect_eq(add_own(own_cases[i].device, own_cases[i].name), -EINVAL);
		cr_expect(err_says(&err, own_cases[i].why), "%s: %s", err.what, err.why);
		cr_expect(strstr(err.fix, "=guest"), "%s", err.fix);
	}
	add(camera, "pool", NULL);
	cr_expect_eq(add_own("/plain@10000", "pool"), -EINVAL);
	cr_expect(err_says(&err, "another device"), "%s: %s", err.what, err.why);
}

Test(carveout, the_hosts_own_memory_keeps_its_address_and_ram_goes_around_it)
{
	const struct range msi = { 0x8000000, MIB }, pool = { 0x80000000, MIB };
	struct iova_list list = { 0 };
	struct range carved;

	cr_assert_eq(iova_list_add(&list, msi), 0);
	cr_assert_eq(add_own("/plain@10000", "pool"), 0, "%s", err.why);
	cr_assert_eq(add_own("/camera@1aa00/sensor", "pool"), 0, "%s", err.why);
	cr_assert_eq(vfio_carveouts_avoid(&carveouts, &list, &err), 0, "%s", err.what);
	cr_assert_eq(list.n_ranges, 2);
	cr_expect_eq(list.ranges[1].start, pool.start);
	cr_assert_eq(ram_plan(&ram, &map, 2 * GIB, list.ranges, list.n_ranges, &err), 0);
	cr_assert_eq(vfio_carveouts_place(&carveouts, &map, &ram, &err), 0, "%s", err.what);
	cr_assert_eq(ram.n_banks, 3);
	cr_expect_eq(ram.banks[1].gpa.start, pool.start);
	cr_expect_eq(ram.banks[1].gpa.size, pool.size);
	cr_expect_eq(ram.banks[1].offset, pool.start);
	cr_expect_eq(carveouts.guest[1].guest.start, pool.start);
	cr_expect(carveouts.guest[0].own);
	/* Nothing else is put there. */
	cr_expect_eq(ram_boot_run(&ram, 1).size, 0);
	cr_assert_eq(ram_carve(&ram, GIB, GIB, true, &carved, &err), 0);
	cr_expect_eq(carved.start, MEMMAP_RAM);

	cr_expect_eq(vfio_carveouts_avoid(&carveouts, &list, &err), -EINVAL);
	cr_expect(err_says(&err, "0x80000000 to 0x800fffff"), "%s: %s", err.what, err.why);
	free(list.ranges);
}

Test(carveout, the_hosts_own_memory_lies_where_a_guest_has_ram)
{
	map.ram.start = 0x90000000;
	cr_assert_eq(add_own("/plain@10000", "pool"), 0, "%s", err.why);
	cr_expect_eq(vfio_carveouts_place(&carveouts, &map, &ram, &err), -EINVAL);
	cr_expect(err_says(&err, "between 0x90000000"), "%s: %s", err.what, err.why);
}

/* The tree of a guest that gets both devices, with carve-outs of the first one's regions. */
static void *write_tree(struct graft **graft)
{
	const struct host_node *nodes[] = { camera, codec };
	size_t size;
	struct dt dt;
	void *blob;

	plan_ram(64 * MIB, (struct range){ 0, 0 });
	cr_assert_eq(vfio_carveouts_place(&carveouts, &map, &ram, &err), 0, "%s", err.what);
	cr_assert_eq(graft_create(tree, NULL, graft, &err), 0);
	for (unsigned int i = 0; i < 2; i++) {
		struct range region = { 0x10000000 + i * 0x1000, 0x100 };
		struct graft_facts facts = { .regions = &region, .n_regions = 1 };

		vfio_carveouts_of(&carveouts, nodes[i], &facts);
		cr_assert_eq(graft_add_device(*graft, nodes[i], nodes[i]->name, &facts, NULL, &err),
			     (int)i, "%s", err.what);
	}
	cr_assert_eq(graft_plan(*graft, &err), 0);
	dt_init(&dt);
	for (unsigned int i = 0; i < 2; i++)
		cr_assert_eq(graft_write(*graft, i, &dt, &err), 0, "%s", err.why);
	graft_write_shared(*graft, &dt);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0);
	dt_destroy(&dt);
	return blob;
}

static uint32_t cell(const void *blob, const char *path, const char *property, int n)
{
	int size;
	const fdt32_t *cells = fdt_getprop(blob, fdt_path_offset(blob, path), property, &size);

	cr_assert(cells && size >= 4 * (n + 1), "%s %s", path, property);
	return fdt32_to_cpu(cells[n]);
}

static void check_tree(const void *blob)
{
	static const char firmware[] = "/reserved-memory/firmware@43f00000";
	static const char frames[] = "/reserved-memory/frames@43a00000";
	int at = fdt_path_offset(blob, "/reserved-memory");

	cr_expect_eq(fdt_address_cells(blob, at), 2);
	cr_expect_eq(fdt_size_cells(blob, at), 2);
	cr_expect_not_null(fdt_getprop(blob, at, "ranges", NULL));
	cr_expect_eq(cell(blob, firmware, "reg", 1), 0x43f00000);
	cr_expect_eq(cell(blob, firmware, "reg", 3), MIB);
	at = fdt_path_offset(blob, firmware);
	cr_expect_not_null(fdt_getprop(blob, at, "no-map", NULL));
	cr_expect_eq(cell(blob, frames, "reg", 1), 0x43a00000);
	cr_expect_eq(cell(blob, frames, "reg", 3), 4 * MIB);
	at = fdt_path_offset(blob, frames);
	cr_expect_eq(fdt_node_check_compatible(blob, at, "shared-dma-pool"), 0);
	cr_expect_not_null(fdt_getprop(blob, at, "reusable", NULL));
	cr_expect_not_null(fdt_getprop(blob, at, "linux,cma-default", NULL));
	cr_expect_null(fdt_getprop(blob, at, "size", NULL));
	cr_expect_null(fdt_getprop(blob, at, "alloc-ranges", NULL));

	cr_expect_eq(cell(blob, "/camera@10000000", "memory-region", 0),
		     cell(blob, firmware, "phandle", 0));
	cr_expect_eq(cell(blob, "/camera@10000000", "memory-region", 1),
		     cell(blob, frames, "phandle", 0));
	cr_expect_eq(cell(blob, "/codec@10001000", "memory-region", 0),
		     cell(blob, firmware, "phandle", 0));
	at = fdt_path_offset(blob, "/camera@10000000");
	cr_expect_eq(fdt_stringlist_count(blob, at, "memory-region-names"), 2);
}

Test(carveout, the_guest_gets_them_in_its_tree)
{
	/* The second device needs not ask for what the first one has. */
	for (int both = 0; both <= 1; both++) {
		struct graft *graft;
		owned_ptr void *blob = NULL;

		add(camera, "firmware", "frames");
		if (both)
			add(codec, "firmware", NULL);
		blob = write_tree(&graft);
		check_tree(blob);
		graft_destroy(graft);
		teardown();
		setup();
	}
}

Test(carveout, drivers_find_regions_by_number_so_that_one_of_two_is_not_enough)
{
	struct graft_carveout carveout = { .guest = { MEMMAP_RAM, MIB } };
	struct graft_facts facts = { .carveouts = &carveout, .n_carveouts = 1 };
	const struct graft_item *item;
	struct host_carveout host;
	struct graft *graft;

	cr_assert_eq(host_carveout_find(tree, camera, "camera", "frames", &host, &err), 0);
	carveout.node = host.node;
	cr_assert_eq(graft_create(tree, NULL, &graft, &err), 0);
	cr_assert_eq(graft_add_device(graft, camera, "camera", &facts, NULL, &err), 0);
	cr_assert_eq(graft_plan(graft, &err), 0);
	item = fixture_item(graft_outcome(graft, 0)->nodes, "", "memory-region");
	cr_expect_eq(item->verdict, GRAFT_ASK);
	cr_assert_eq(item->n_options, 1);
	cr_expect_str_eq(item->options[0].setting, "carveout.firmware=guest");
	graft_destroy(graft);
}
