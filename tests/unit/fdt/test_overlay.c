// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/overlay.h"
#include "tests/fixtures/fixture_tree.h"
#include "vmm/base/range.h"

static const struct range regions[] = { { 0x10000000, 0x1000 }, { 0x100000000, 0x20 } };
static const struct graft_irq irqs[] = { { 3, false }, { 4, true } };
static const struct graft_facts facts = {
	.regions = regions,
	.n_regions = 2,
	.irqs = irqs,
	.n_irqs = 2,
};

static struct overlay load(const char *name)
{
	struct overlay overlay = { .path = name };

	overlay.blob = fixture_blob(name, &overlay.size);
	return overlay;
}

static void unload(struct overlay *overlay)
{
	free((void *)overlay->blob);
}

/* A finished guest tree with one device. */
static void *make_base(size_t *size)
{
	struct err err = { 0 };
	void *blob = NULL;
	struct dt dt;

	dt_init(&dt);
	dt_begin_node(&dt, "ahci@10000000");
	dt_prop_str(&dt, "compatible", "acme,ahci");
	dt_prop_u32(&dt, "phandle", 1);
	dt_end_node(&dt);
	cr_assert_eq(dt_finish(&dt, &blob, size, &err), 0);
	dt_destroy(&dt);
	return blob;
}

static uint32_t cell(const void *blob, const char *path, const char *property, unsigned int i)
{
	int size, node = fdt_path_offset(blob, path);
	const char *value = node < 0 ? NULL : fdt_getprop(blob, node, property, &size);

	cr_assert(value && (unsigned int)size >= 4 * (i + 1), "%s %s", path, property);
	return fdt32_ld((const fdt32_t *)(value + 4 * i));
}

Test(overlay, a_label_names_the_nodes_that_the_graft_made)
{
	const struct overlay_device device = { "disk", "/ahci@10000000", facts };
	struct overlay overlay = load("overlay_label");
	struct err err = { 0 };
	size_t size;
	void *blob = make_base(&size);

	cr_expect_str_eq(overlay_label(&overlay), "disk");
	cr_expect_eq(overlay_check(&overlay, "disk", &err), 0);
	cr_expect_not(overlay_brings(&overlay, "disk"));
	cr_assert_eq(overlay_apply(&blob, &size, &overlay, &device, 1, &err), 0, "%s", err.what);
	cr_expect_eq(fdt_check_full(blob, size), 0);
	cr_expect_eq(cell(blob, "/ahci@10000000", "acme,quirk", 0), 7);
	cr_expect_eq(cell(blob, "/ahci@10000000", "clocks", 0),
		     cell(blob, "/ahci@10000000/oscillator", "phandle", 0));
	cr_expect_neq(cell(blob, "/ahci@10000000", "clocks", 0), 1);
	cr_expect_lt(fdt_path_offset(blob, "/__symbols__"), 0);
	free(blob);
	unload(&overlay);
}

Test(overlay, a_node_that_it_brings_gets_reg_and_interrupts)
{
	static const uint32_t reg[] = { 0, 0x10000000, 0, 0x1000, 1, 0, 0, 0x20 };
	static const uint32_t interrupts[] = { 0, 3, 4, 0, 4, 1 };
	const struct overlay_device device = { "engine", NULL, facts };
	struct overlay overlay = load("overlay_node");
	struct err err = { 0 };
	size_t size;
	void *blob = make_base(&size);

	cr_expect_str_eq(overlay_label(&overlay), "engine");
	cr_expect_eq(overlay_check(&overlay, "engine", &err), 0);
	cr_expect(overlay_brings(&overlay, "engine"));
	cr_assert_eq(overlay_apply(&blob, &size, &overlay, &device, 1, &err), 0, "%s", err.what);
	cr_expect_eq(cell(blob, "/engine", "acme,quirk", 0), 9);
	for (unsigned int i = 0; i < n_elems(reg); i++)
		cr_expect_eq(cell(blob, "/engine", "reg", i), reg[i], "reg %u", i);
	for (unsigned int i = 0; i < n_elems(interrupts); i++)
		cr_expect_eq(cell(blob, "/engine", "interrupts", i), interrupts[i], "%u", i);
	free(blob);
	unload(&overlay);
}

/* crosvm's create_gic_node() gives it in __symbols__. */
Test(overlay, the_interrupt_controller_has_the_label_that_crosvm_promises)
{
	const struct overlay_device device = { "net", NULL, facts };
	struct overlay overlay = load("overlay_crosvm");
	struct graft_node *nodes = NULL;
	struct arena arena = { 0 };
	struct err err = { 0 };
	size_t size;
	void *blob = make_base(&size);

	/* "intc" is none of the device's. */
	cr_expect_null(overlay_label(&overlay));
	cr_expect_eq(overlay_check(&overlay, "net", &err), 0, "%s", err.what);
	cr_assert_eq(overlay_apply(&blob, &size, &overlay, &device, 1, &err), 0, "%s", err.what);
	cr_expect_eq(cell(blob, "/ethernet@1000", "interrupt-parent", 0), DT_PHANDLE_GIC);
	cr_expect_eq(overlay_tell(&overlay, "net", NULL, &arena, &nodes, &err), 0);
	cr_assert(nodes && nodes->next && !nodes->next->next);
	cr_expect_str_eq(nodes->name, "ethernet@1000");
	cr_expect_str_eq(nodes->next->name, "my-clock");
	arena_free(&arena);
	free(blob);
	unload(&overlay);
}

Test(overlay, a_missing_label_is_named)
{
	const struct overlay_device device = { "net", "/ahci@10000000", facts };
	struct overlay overlay = load("overlay_label");
	struct err err = { 0 };
	size_t size, old;
	void *blob = make_base(&size), *before = blob;

	cr_expect_eq(overlay_check(&overlay, "net", &err), -EINVAL);
	cr_expect(strstr(err.what, "overlay_label") && strstr(err.what, "net"), "%s", err.what);
	old = size;
	cr_expect_eq(overlay_apply(&blob, &size, &overlay, &device, 1, &err), -EINVAL);
	cr_expect(strstr(err.what, "overlay_label") && strstr(err.what, "disk"), "%s", err.what);
	cr_expect(blob == before && size == old);
	free(blob);
	unload(&overlay);
}

Test(overlay, what_is_no_overlay_is_refused)
{
	static const char junk[64] = "no device tree";
	struct overlay overlay = { "junk.dtbo", junk, sizeof(junk) };
	struct err err = { 0 };

	cr_expect_null(overlay_label(&overlay));
	cr_expect_eq(overlay_check(&overlay, "disk", &err), -EINVAL);
	cr_expect(strstr(err.what, "junk.dtbo"), "%s", err.what);

	overlay = load("overlay_label");
	overlay.size /= 2;
	cr_expect_eq(overlay_check(&overlay, "disk", &err), -EINVAL);
	unload(&overlay);
}

/* An overlay with a node of @n_levels below its root, which brings "disk" by @label. */
static struct overlay make_overlay(unsigned int n_levels, const char *label)
{
	size_t size = 1 << 20;
	void *blob = malloc(size);
	struct overlay overlay = { "made.dtbo", blob, size };
	int at = 0;

	cr_assert_eq(fdt_create_empty_tree(blob, (int)size), 0);
	for (unsigned int i = 0; i < n_levels; i++)
		at = fdt_add_subnode(blob, at, "n");
	at = fdt_add_subnode(blob, 0, "__symbols__");
	cr_assert_eq(fdt_setprop_string(blob, at, label, "/n"), 0);
	return overlay;
}

Test(overlay, its_depth_and_its_names_are_checked_first)
{
	static const struct {
		unsigned int n_levels;
		const char *label;
		int ret;
	} cases[] = {
		{ 1, "disk", 0 },
		{ 64, "disk", 0 },
		{ 65, "disk", -EINVAL },
		{ 20000, "disk", -EINVAL },
		{ 1, "di\033[2Jsk", -EINVAL },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct overlay overlay = make_overlay(cases[i].n_levels, cases[i].label);
		struct err err = { 0 };

		cr_expect_eq(overlay_check(&overlay, overlay_label(&overlay), &err), cases[i].ret,
			     "%zu: %s", i, err.what);
		cr_expect_null(strchr(err.what, '\033'));
		cr_expect_null(strchr(err.why, '\033'));
		if (cases[i].ret) {
			cr_expect(strstr(err.what, "made.dtbo"), "%s", err.what);
			cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
		}
		unload(&overlay);
	}
}

/* Every byte turned over, one at a time: an error or a sound tree, under the sanitizers. */
Test(overlay, a_damaged_overlay_does_no_harm)
{
	const struct overlay_device device = { "disk", "/ahci@10000000", facts };
	struct overlay overlay = load("overlay_label");
	uint8_t *bytes = (uint8_t *)overlay.blob;

	for (size_t i = 0; i < overlay.size; i++) {
		struct err err = { 0 };
		size_t size;
		void *blob = make_base(&size);

		bytes[i] ^= 0xff;
		if (!overlay_check(&overlay, "disk", &err) &&
		    !overlay_apply(&blob, &size, &overlay, &device, 1, &err))
			cr_expect_eq(fdt_check_full(blob, size), 0, "byte %zu", i);
		bytes[i] ^= 0xff;
		free(blob);
	}
	unload(&overlay);
}
