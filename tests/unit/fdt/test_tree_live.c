// SPDX-License-Identifier: GPL-2.0-only
/* The running host's tree: a directory for each node, a file for each property. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fdt/host/tree.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/range.h"

#define LIVE "/proc/device-tree"

/* More than is read at once, just as much, and one less. */
static const char long_value[257] = { [254] = 'x', 'y', 'z' };

static void make_live(void)
{
	fake_sys_reset();
	for (size_t i = 0; i < 3; i++) {
		static const char *const paths[] = { LIVE "/soc/a", LIVE "/soc/b", LIVE "/soc/c" };

		fake_file_bytes(paths[i], long_value, 255 + i);
	}
	fake_file_bytes(LIVE "/name", "", 1);
	fake_file_bytes(LIVE "/soc/ethernet@fff50000/reg", "\xff\xf5\0\0\0\0\x10\0", 8);
	fake_file_bytes(LIVE "/soc/ethernet@fff50000/compatible", "calxeda,hb-xgmac", 17);
	fake_file(LIVE "/soc/ethernet@fff50000/dma-coherent", "");
	fake_file_bytes(LIVE "/soc/ethernet@fff50000/name", "ethernet", 9);
	fake_file_bytes(LIVE "/soc/ethernet@fff50000/mdio/phandle", "\0\0\0\7", 4);
	fake_file_bytes(LIVE "/soc/clock/name", "other", 6);
	fake_open_error(LIVE "/soc/clock/security-password", EACCES);
	fake_file_bytes(LIVE "/soc/ranges", "", 0);
}

Test(tree_live, the_running_hosts, .init = make_live)
{
	static const char *const expected[] = { "compatible", "dma-coherent", "reg" };
	const struct host_node *node;
	struct host_tree *tree;
	struct err err = { 0 };
	char buf[64];

	cr_assert_eq(host_tree_read_live(LIVE, &tree, &err), 0, "%s", err.what);
	cr_expect(tree->live);
	cr_expect_eq(tree->n_nodes, 5);
	node = host_tree_find(tree, "/soc/ethernet@fff50000");
	cr_assert_not_null(node);
	cr_assert_eq(node->n_properties, n_elems(expected), "Linux's own name is left out");
	for (size_t i = 0; i < n_elems(expected); i++)
		cr_expect_str_eq(node->properties[i].name, expected[i]);
	cr_expect_eq(memcmp(node->properties[2].value, "\xff\xf5\0\0\0\0\x10\0", 9), 0);
	cr_expect_eq(host_tree_by_phandle(tree, 7),
		     host_tree_find(tree, "/soc/ethernet@fff50000/mdio"));
	cr_expect_str_eq(host_node_device_name(node, buf, sizeof(buf)), "fff50000.ethernet");
	cr_expect(host_node_has(host_tree_find(tree, "/soc/clock"), "name"));
	node = host_tree_find(tree, "/soc");
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(node->properties[i].size, 255 + i);
		cr_expect_eq(memcmp(node->properties[i].value, long_value, 255 + i), 0);
	}
	host_tree_destroy(tree);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(tree_live, a_host_without_device_tree)
{
	struct host_tree *tree;
	struct err err = { 0 };

	fake_sys_reset();
	cr_expect_eq(host_tree_read_live(LIVE, &tree, &err), -ENOENT);
	cr_expect(strstr(err.why, "ACPI"), "%s", err.why);
}

Test(tree_live, the_nth_system_call_fails, .init = make_live)
{
	for (unsigned int n = 1;; n++) {
		struct host_tree *tree = NULL;
		struct err err = { 0 };
		int ret;

		fake_fail_at(n, EIO);
		ret = host_tree_read_live(LIVE, &tree, &err);
		if (!fake_failed()) {
			cr_expect_eq(ret, 0);
			cr_expect_gt(n, 5);
			host_tree_destroy(tree);
			break;
		}
		cr_expect_eq(ret, -EIO, "call %u", n);
		cr_expect(strstr(err.what, "Input/output error"), "call %u: %s", n, err.what);
		cr_expect_eq(fake_n_open_fds(), 0, "call %u", n);
	}
}
