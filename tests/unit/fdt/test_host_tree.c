// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/host/carveout.h"
#include "fdt/host/tree.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fixtures/fixture_tree.h"
#include "vmm/base/range.h"

static struct host_tree *names;

static void load_names(void)
{
	names = fixture_tree("names");
}

static void drop_names(void)
{
	host_tree_destroy(names);
	host_tree_destroy(NULL);
}

Test(host_tree, paths_aliases_and_labels, .init = load_names, .fini = drop_names)
{
	static const char *const paths[] = { "/soc/serial@1000", "serial0", "//soc/serial@1000/" };
	const struct host_node *uart = host_tree_by_label(names, "uart");
	char path[64];

	cr_assert_not_null(uart);
	for (size_t i = 0; i < n_elems(paths); i++)
		cr_expect_eq(host_tree_find(names, paths[i]), uart, "%s", paths[i]);
	cr_expect_eq(host_tree_find(names, "/"), names->nodes[0]);
	cr_expect_null(host_tree_find(names, ""));
	cr_expect_null(host_tree_find(names, "serial1"));
	cr_expect_null(host_tree_find(names, "/soc/serial"));
	cr_expect_null(host_tree_by_label(names, "no"));
	cr_expect_str_eq(host_node_path(uart, path, sizeof(path)), "/soc/serial@1000");
	cr_expect_str_eq(host_node_path(uart, path, 8), "/soc/se");
	cr_expect_str_eq(host_node_path(names->nodes[0], path, sizeof(path)), "/");
}

Test(host_tree, nodes_are_numbered_in_tree_order, .init = load_names, .fini = drop_names)
{
	uint32_t n = names->n_nodes;

	for (uint32_t i = 0; i < n; i++) {
		const struct host_node *node = names->nodes[i];

		cr_expect_eq(node->index, i);
		cr_expect(i == 0 || node->parent->index < i);
		if (node->phandle)
			cr_expect_eq(host_tree_by_phandle(names, node->phandle), node);
	}
	cr_expect_null(names->nodes[n]);
	cr_expect_null(host_tree_by_phandle(names, 0));
	cr_expect_null(host_tree_by_phandle(names, 12345));
	cr_expect_not(names->live);
}

Test(host_tree, devices_are_named_as_linux_does, .init = load_names, .fini = drop_names)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
		{ "/soc/serial@1000", "ff001000.serial" },
		{ "/soc/high@80000100", "f00000100.high" },
		{ "/soc/masked@3000", "ff003000.4.masked" },
		{ "/soc/nowhere@20000", "soc:nowhere@20000" },
		{ "/soc", "soc" },
		{ "/soc/ethernet@2000/phy", "ff002000.ethernet:phy" },
		{ "/soc/clock-controller/gate", "soc:clock-controller:gate" },
		{ "/i2c/ethernet@2000", "i2c:ethernet@2000" },
	};
	char buf[64];

	for (size_t i = 0; i < n_elems(cases); i++) {
		const struct host_node *node = host_tree_find(names, cases[i].path), *found;
		struct err err = { 0 };

		cr_assert_not_null(node, "%s", cases[i].path);
		cr_expect_str_eq(host_node_device_name(node, buf, sizeof(buf)), cases[i].name);
		cr_expect_eq(host_tree_find_device(names, cases[i].name, &found, &err), 0);
		cr_expect_eq(found, node, "%s", cases[i].name);
		cr_expect_eq(host_tree_find_device(names, cases[i].path, &found, &err), 0);
		cr_expect_eq(found, node, "%s", cases[i].path);
	}
	host_node_device_name(host_tree_find(names, "/soc/clock-controller/gate"), buf, 10);
	cr_expect_str_eq(buf, "soc:clock");
}

Test(host_tree, a_device_that_is_not_there_or_not_alone, .init = load_names, .fini = drop_names)
{
	const struct host_node *node;
	struct err err = { 0 };

	cr_expect_eq(host_tree_find_device(names, "serial@1000", &node, &err), 0);
	cr_expect_eq(host_tree_find_device(names, "ff001000.seriol", &node, &err), -EINVAL);
	cr_expect(strstr(err.why, "ff001000.serial"), "%s", err.why);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	cr_expect_eq(host_tree_find_device(names, "ethernet@2000", &node, &err), -EINVAL);
	cr_expect_str_eq(err.why, "/soc/ethernet@2000, /i2c/ethernet@2000");
}

Test(host_tree, questions_to_a_node, .init = load_names, .fini = drop_names)
{
	const struct host_node *uart = host_tree_by_label(names, "uart");
	const struct host_property *compatible = host_node_find(uart, "compatible");
	const struct host_property *clocks = host_node_find(uart, "clocks");
	const struct host_property *bad = host_node_find(
		host_tree_find(names, "/soc/clock-controller/bad-names"), "clock-names");

	cr_expect(host_node_has(uart, "reg"));
	cr_expect_not(host_node_has(uart, "re"));
	cr_expect_eq(host_node_u32(uart, "reg", 5), 0x1000);
	cr_expect_eq(host_node_u32(uart, "none", 5), 5);
	cr_expect(host_node_is_amba(uart));
	cr_expect(host_node_is_compatible(uart, "arm,pl011"));
	cr_expect_not(host_node_is_compatible(uart, "arm,pl01"));
	cr_expect_eq(host_property_string_index(compatible, "arm,primecell"), 1);
	cr_expect_str_eq(host_property_string(compatible, 1), "arm,primecell");
	cr_expect_null(host_property_string(compatible, 2));
	cr_expect_null(host_property_string(bad, 0), "an escape sequence of a terminal");
	cr_expect_str_eq(host_property_string(bad, 1), "b");
	cr_expect_null(host_property_string(bad, 2), "no UTF-8");
	cr_expect_eq(host_property_cell(clocks, 1), 1);
	cr_expect_eq(host_property_cell(clocks, 3), 2);
	cr_expect_eq(clocks->value[clocks->size], 0, "a NUL stands behind the value");

	cr_expect(host_node_is_available(uart));
	cr_expect(host_node_is_available(names->nodes[0]));
	cr_expect_not(host_node_is_available(host_tree_find(names, "/soc/ethernet@2000/phy")));
}

Test(host_tree, lists_of_strings)
{
	static const struct {
		const char *value;
		size_t size;
		bool is_strings;
	} cases[] = {
		{ "a\0b", 4, true }, { "a", 2, true },    { "", 0, false },    { "", 1, false },
		{ "a", 1, false },   { "a\0", 3, false }, { "\0a", 3, false }, { "\x01", 2, false },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct host_property p = { "p", (const uint8_t *)cases[i].value, cases[i].size };

		cr_expect_eq(host_property_is_strings(&p), cases[i].is_strings, "case %zu", i);
	}
}

#define LONG_16   "abcdefghijklmnop"
#define LONG_64   LONG_16 LONG_16 LONG_16 LONG_16
#define LONG_NAME LONG_64 LONG_64 LONG_64 LONG_64

/* What is wrong with a tree of one node below the root. */
struct flaw {
	const char *node, *property, *why;
	uint32_t phandles[2];
};

static void *flawed_blob(const struct flaw *flaw, size_t *size)
{
	void *blob = malloc(4096);

	*size = 4096;
	fdt_create_empty_tree(blob, (int)*size);
	for (unsigned int i = 0; i < 2; i++) {
		int at = fdt_add_subnode(blob, 0, i ? "other" : flaw->node);

		if (flaw->phandles[i])
			fdt_setprop_u32(blob, at, "phandle", flaw->phandles[i]);
		fdt_setprop_u32(blob, at, flaw->property, 1);
	}
	return blob;
}

Test(host_tree, malformed_trees_are_refused)
{
	static const struct flaw flaws[] = {
		{ "a", "p", NULL, { 1, 2 } },
		{ "a", "p", "its phandle is another node's too", { 1, 1 } },
		{ "a", "p", "its phandle is 0 or -1", { UINT32_MAX, 1 } },
		{ "a\x1b", "p", "name", { 0, 0 } },
		{ LONG_NAME, "p", "too long", { 0, 0 } },
		{ "a", "p q", "name", { 0, 0 } },
	};

	for (size_t i = 0; i < n_elems(flaws); i++) {
		struct host_tree *tree = NULL;
		struct err err = { 0 };
		size_t size;
		void *blob = flawed_blob(&flaws[i], &size);
		int ret = host_tree_parse(blob, size, "x.dtb", &tree, &err);

		cr_expect_eq(ret, flaws[i].why ? -EINVAL : 0, "case %zu", i);
		if (flaws[i].why) {
			cr_expect(strstr(err.why, flaws[i].why), "case %zu: %s", i, err.why);
			cr_expect(strstr(err.what, "x.dtb"), "%s", err.what);
		}
		host_tree_destroy(tree);
		free(blob);
	}
}

Test(host_tree, every_truncation_is_refused)
{
	struct host_tree *tree;
	size_t size;
	char *blob = fixture_blob("names", &size);

	for (size_t n = 0; n < size; n++) {
		char *cut = malloc(n ? n : 1); /* so that the sanitizer sees a read behind it */
		struct err err = { 0 };

		memcpy(cut, blob, n);
		cr_expect_eq(host_tree_parse(cut, n, "cut", &tree, &err), -EINVAL, "%zu", n);
		free(cut);
	}
	free(blob);
}

/*
 * Whatever word is spoilt: an error or a tree, soon, and nothing that a sanitizer sees. A property
 * of -12 bytes is its own successor, a tree of version 3 has other names.
 */
Test(host_tree, every_word_spoilt)
{
	static const uint32_t values[] = { 0, 1, 3, 0x7fffffff, 0x80000000, -12U, UINT32_MAX };
	size_t size;
	char *blob = fixture_blob("names", &size);

	for (size_t i = 0; i < size / 4 * n_elems(values); i++) {
		char *at = blob + i / n_elems(values) * 4, old[4];
		struct host_tree *tree = NULL;
		struct err err = { 0 };

		memcpy(old, at, sizeof(old));
		fdt32_st(at, values[i % n_elems(values)]);
		if (host_tree_parse(blob, size, "spoilt", &tree, &err) == 0)
			host_tree_destroy(tree);
		else
			cr_expect(err.why[0]);
		memcpy(at, old, sizeof(old));
	}
	free(blob);
}

static void *deep_blob(unsigned int n_levels, size_t *size)
{
	void *blob = malloc(65536);
	int at = 0;

	*size = 65536;
	fdt_create_empty_tree(blob, (int)*size);
	for (unsigned int i = 0; i < n_levels; i++)
		at = fdt_add_subnode(blob, at, "n");
	return blob;
}

Test(host_tree, nesting_has_an_end)
{
	for (unsigned int n = HOST_TREE_MAX_DEPTH; n <= HOST_TREE_MAX_DEPTH + 1; n++) {
		struct host_tree *tree = NULL;
		struct err err = { 0 };
		size_t size;
		void *blob = deep_blob(n, &size);

		cr_expect_eq(host_tree_parse(blob, size, "deep", &tree, &err),
			     n > HOST_TREE_MAX_DEPTH ? -EINVAL : 0);
		host_tree_destroy(tree);
		free(blob);
	}
}

Test(host_tree, a_file)
{
	struct host_tree *tree;
	struct err err = { 0 };
	size_t size;
	void *blob = fixture_blob("names", &size);

	fake_sys_reset();
	fake_file_bytes("/x.dtb", blob, size);
	fake_file("/x.txt", "text");
	free(blob);
	cr_assert_eq(host_tree_load("/x.dtb", &tree, &err), 0);
	cr_expect_not_null(host_tree_by_label(tree, "uart"));
	host_tree_destroy(tree);
	cr_expect_eq(host_tree_load("/x.txt", &tree, &err), -EINVAL);
	cr_expect_str_eq(err.what, "/x.txt is no valid device tree");
	cr_expect_eq(host_tree_load("/none.dtb", &tree, &err), -ENOENT);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(host_tree, reserved_memory_of_absurd_sizes, .init = load_names, .fini = drop_names)
{
	struct host_carveout carveout;

	cr_expect(host_carveout_read(host_tree_find(names, "/reserved-memory/all@0"), &carveout));
	cr_expect_eq(carveout.size, 0xfffffffffffff000);
	cr_expect_eq(carveout.align, 1ULL << 63);
	cr_expect_not(carveout.low);
	cr_expect(host_carveout_read(host_tree_find(names, "/reserved-memory/endless"), &carveout));
	cr_expect_eq(carveout.size, UINT64_MAX);
}

/* A tree of one node below the root with so many properties. */
static int load_properties(unsigned int n, struct err *err)
{
	struct host_tree *tree = NULL;
	size_t size = 0;
	void *blob = NULL;
	struct dt dt;
	int ret;

	dt_init(&dt);
	dt_begin_node(&dt, "many");
	for (unsigned int i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%u", i);
		dt_prop_empty(&dt, name);
	}
	dt_end_node(&dt);
	cr_assert_eq(dt_finish(&dt, &blob, &size, err), 0);
	ret = host_tree_parse(blob, size, "many.dtb", &tree, err);
	host_tree_destroy(tree);
	free(blob);
	dt_destroy(&dt);
	return ret;
}

Test(host_tree, the_number_of_properties_has_an_end)
{
	struct err err = { 0 };

	cr_expect_eq(load_properties(4096, &err), 0, "%s", err.why);
	cr_expect_eq(load_properties(4097, &err), -EINVAL);
	cr_expect(strstr(err.what, "many.dtb: node /many"), "%s", err.what);
	cr_expect(strstr(err.why, "4097 properties"), "%s", err.why);
}
