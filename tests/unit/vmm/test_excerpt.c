// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fdt/guest/tree.h"
#include "fdt/host/excerpt.h"
#include "fdt/host/facts.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fixtures/fixture_tree.h"
#include "vmm/base/range.h"
#include "vmm/plan/plan.h"

/* The marked nodes of @tree as a tree of their own. */
static struct host_node *copy_node(struct host_tree *copy, const struct host_node *node,
				   struct host_node *parent, struct host_node *previous,
				   const bool *marked)
{
	struct host_node *made = host_tree_add_node(copy, parent, previous, node->name),
			 *last = NULL;

	cr_assert_not_null(made);
	made->properties = node->properties;
	made->n_properties = node->n_properties;
	for (const struct host_node *child = node->child; child; child = child->next)
		if (marked[child->index])
			last = copy_node(copy, child, made, last, marked);
	return made;
}

static bool *mark(const struct host_tree *tree, const struct host_node *device)
{
	bool *marked = calloc(tree->n_nodes, sizeof(*marked));
	struct err err;

	cr_assert_eq(host_excerpt_mark(tree, device, marked, &err), 0, "%s", err.what);
	return marked;
}

/* Verdict and reasons, and whether there is a node for the guest. */
static char *judge(const struct host_tree *tree, const char *device)
{
	struct plan plan;
	struct err err;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *reason;

	if (plan_create_alone(&plan, tree, NULL, device, "a test", &err)) {
		fprintf(out, "%s: %s", err.what, err.why);
	} else {
		fprintf(out, "%d\n", (int)plan.devices[0].node.result);
		for (unsigned int i = 0; (reason = plan_reason(&plan, &plan.devices[0], i)); i++)
			fprintf(out, "%s\n", reason);
		fprintf(out, "%s", plan.devices[0].text ? "a node" : "none");
	}
	plan_destroy(&plan);
	fclose(out);
	return text;
}

static void expect_same(const struct host_tree *tree, const struct host_node *device)
{
	bool *marked = mark(tree, device);
	struct host_tree *copy = calloc(1, sizeof(*copy));
	char path[512], *whole, *excerpt;
	struct err err;

	copy->has_symbols = tree->has_symbols;
	copy_node(copy, tree->nodes[0], NULL, NULL, marked);
	cr_assert_eq(host_tree_finish(copy, "an excerpt", &err), 0, "%s", err.what);
	host_node_path(device, path, sizeof(path));
	whole = judge(tree, path);
	excerpt = judge(copy, path);
	cr_expect_str_eq(excerpt, whole);
	free(whole);
	free(excerpt);
	free(marked);
	host_tree_destroy(copy);
}

/* Who has the excerpt alone plans what who has the board does. */
Test(excerpt, plans_are_the_same)
{
	static const char *const boards[] = { "juno", "midway", "zynqmp", "rk3588", "shared" };
	unsigned int n_devices = 0;

	fake_sys_reset();
	for (size_t b = 0; b < n_elems(boards); b++) {
		struct host_tree *tree = fixture_tree(boards[b]);
		struct range region;

		for (uint32_t i = 1; i < tree->n_nodes; i++) {
			const struct host_node *node = tree->nodes[i];

			if (!host_node_has(node, "compatible") || !host_region(node, 0, &region))
				continue;
			expect_same(tree, node);
			n_devices++;
		}
		host_tree_destroy(tree);
	}
	cr_expect_gt(n_devices, 50u);
}

/* What dtc makes of it is a tree of the same nodes, and nothing private is in it. */
Test(excerpt, dtc_reads_what_is_printed)
{
	const int source = memfd_create("source", 0), out = memfd_create("out", 0);
	char compile[160];
	struct host_tree *tree = fixture_tree("midway"), *read = NULL;
	const struct host_node *device = host_tree_find(tree, "/soc/ethernet@fff50000");
	bool *marked = mark(tree, device);
	uint32_t n_marked = 0;
	char *blob = malloc(1UL << 20);
	struct err err;
	FILE *file;
	size_t size;

	for (uint32_t i = 0; i < tree->n_nodes; i++)
		n_marked += marked[i];
	file = fdopen(source, "w");
	dt_print_excerpt(tree, marked, file);
	fflush(file);
	snprintf(compile, sizeof(compile), "dtc -q -I dts -O dtb -o /proc/%d/fd/%d /proc/%d/fd/%d",
		 (int)getpid(), out, (int)getpid(), source);
	cr_assert_eq(system(compile), 0); /* NOLINT(cert-env33-c) */
	size = (size_t)pread(out, blob, 1UL << 20, 0);
	fclose(file);
	close(out);
	cr_assert_eq(host_tree_parse(blob, size, "the excerpt", &read, &err), 0, "%s", err.what);
	cr_expect_eq(read->n_nodes, n_marked);
	cr_expect_lt(n_marked, tree->n_nodes);
	cr_expect_not_null(host_tree_find(read, "/soc/ethernet@fff50000"));
	host_tree_destroy(read);
	host_tree_destroy(tree);
	free(marked);
	free(blob);
}

Test(excerpt, what_is_private)
{
	static const struct {
		const char *node, *name, *value;
		size_t size;
		bool is_private;
	} properties[] = {
		{ "", "serial-number", "XF-00042", 9, true },
		{ "", "model", "Calxeda", 8, false },
		{ "", "vendor,board-uuid", "0a1b", 5, true },
		{ "chosen", "bootargs", "key=1", 6, true },
		{ "chosen", "kaslr-seed", "\1\2\3\4\5\6\7\10", 8, true },
		{ "chosen", "linux,initrd-start", "\1\2\3\4", 4, true },
		{ "chosen", "stdout-path", "serial0", 8, false },
		{ "ethernet@1", "local-mac-address", "\122\124\0\1\2\3", 6, true },
		{ "ethernet@1", "nvmem-cell-names", "mac-address", 12, false },
		{ "ethernet@1", "dma-coherent", "", 0, false },
	};
	struct host_node root = { .name = "" };

	for (size_t i = 0; i < n_elems(properties); i++) {
		const struct host_property given = { properties[i].name,
						     (const uint8_t *)properties[i].value,
						     properties[i].size };
		struct host_node node = { .name = properties[i].node, .parent = &root };
		struct host_property stand_in;
		const struct host_property *shown = host_excerpt_stand_in(
			*properties[i].node ? &node : &root, &given, &stand_in);

		cr_expect_eq(shown != NULL, properties[i].is_private, "%s", given.name);
		if (!shown)
			continue;
		cr_expect_eq(shown->size, given.size);
		cr_expect_neq(memcmp(shown->value, given.value, given.size), 0, "%s", given.name);
		cr_expect_eq(host_property_is_strings(shown), host_property_is_strings(&given),
			     "%s", given.name);
	}
}
