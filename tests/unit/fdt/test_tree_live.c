// SPDX-License-Identifier: GPL-2.0-only
/* The running host's tree: a directory for each node, a file for each property. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fdt/host/tree.h"
#include "fdt/host/tree_values.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/kept.h"
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

	cr_assert_eq(host_tree_read_live(LIVE, NULL, &tree, &err), 0, "%s", err.what);
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
	cr_expect_eq(host_tree_read_live(LIVE, NULL, &tree, &err), -ENOENT);
	cr_expect(strstr(err.why, "ACPI"), "%s", err.why);
}

Test(tree_live, the_nth_system_call_fails, .init = make_live)
{
	for (unsigned int n = 1;; n++) {
		struct host_tree *tree = NULL;
		struct err err = { 0 };
		int ret;

		fake_fail_at(n, EIO);
		ret = host_tree_read_live(LIVE, NULL, &tree, &err);
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

/* ---- What is kept of it */

#define KEPT   KEPT_DIR "/tree"
#define MOUNTS "/proc/self/mountinfo"

static struct host_tree *tree;
static struct err err;

static void make_kept(void)
{
	make_live();
	fake_file(LIVE "/soc/clock/security-code", "1234");
	fake_file("/proc/sys/kernel/random/boot_id", "b00t\n");
	fake_file(MOUNTS, "26 1 0:24 / /sys rw - sysfs sysfs rw\n");
}

/* How many system calls the reading takes; @property of /soc/ethernet@fff50000 is @expected. */
static unsigned int read_kept(const char *property, const char *expected)
{
	unsigned int n = fake_n_calls();
	const struct host_property *p;

	cr_assert_eq(host_tree_read_live(LIVE, KEPT, &tree, &err), 0, "%s", err.what);
	n = fake_n_calls() - n;
	p = host_node_find(host_tree_find(tree, "/soc/ethernet@fff50000"), property);
	cr_assert(p && p->size == strlen(expected) + 1, "%s", property);
	cr_expect_str_eq((const char *)p->value, expected);
	p = host_node_find(host_tree_find(tree, "/soc/clock"), "security-code");
	cr_expect_str_eq((const char *)p->value, "1234");
	p = host_node_find(host_tree_find(tree, "/soc"), "c");
	cr_expect(p->size == 257 && memcmp(p->value, long_value, 257) == 0);
	host_tree_destroy(tree);
	cr_expect_eq(fake_n_open_fds(), 0);
	return n;
}

TestSuite(tree_kept, .init = make_kept);

/* Files of a dozen properties: of the two secrets each time, of the others once. */
Test(tree_kept, is_read_once)
{
	unsigned int first = read_kept("compatible", "calxeda,hb-xgmac");
	unsigned int second = read_kept("compatible", "calxeda,hb-xgmac");

	cr_expect_lt(second + 3 * 8, first, "%u, then %u", first, second);
	cr_expect_eq(read_kept("compatible", "calxeda,hb-xgmac"), second);
	for (size_t i = 0; i < n_elems(long_value); i++)
		cr_expect(memcmp(fake_file_text(KEPT) + i, "1234", 4), "the secret is kept");
}

/* The kernel makes a new property, as fake_file() does: the old one's length is no other. */
Test(tree_kept, what_changes_is_read_again)
{
	unsigned int n;

	read_kept("compatible", "calxeda,hb-xgmac");
	n = read_kept("compatible", "calxeda,hb-xgmac");
	fake_file_bytes(LIVE "/soc/ethernet@fff50000/compatible", "calxeda,hb-other", 17);
	cr_expect_gt(read_kept("compatible", "calxeda,hb-other"), n);
	cr_expect_eq(read_kept("compatible", "calxeda,hb-other"), n);
	/* One more, in front of most others, and one less. */
	fake_file_bytes(LIVE "/soc/ethernet@fff50000/bus", "x", 2);
	fake_remove(LIVE "/soc/ethernet@fff50000/dma-coherent");
	cr_expect_gt(read_kept("bus", "x"), n);
	cr_expect_eq(read_kept("bus", "x"), n);
	cr_assert_eq(host_tree_read_live(LIVE, KEPT, &tree, &err), 0);
	cr_expect_not(
		host_node_has(host_tree_find(tree, "/soc/ethernet@fff50000"), "dma-coherent"));
	host_tree_destroy(tree);
	fake_file("/proc/sys/kernel/random/boot_id", "b01t\n");
	cr_expect_gt(read_kept("bus", "x"), n);
	cr_expect_eq(read_kept("bus", "x"), n);
}

/* Its directory tells of the property that cannot be seen. */
Test(tree_kept, what_something_is_mounted_over)
{
	static const char mount[] =
		"26 1 0:24 / /sys rw - sysfs sysfs rw\n"
		"41 26 8:2 /x " LIVE "/soc/ethernet@fff50000/bus rw - ext4 x rw\n";
	unsigned int n;

	read_kept("compatible", "calxeda,hb-xgmac");
	n = read_kept("compatible", "calxeda,hb-xgmac");
	fake_file(MOUNTS, mount);
	cr_expect_gt(read_kept("compatible", "calxeda,hb-xgmac"), n);
	fake_remove(KEPT);
	read_kept("compatible", "calxeda,hb-xgmac");
	cr_expect_null(fake_file_text(KEPT));
	fake_remove(MOUNTS);
	read_kept("compatible", "calxeda,hb-xgmac");
	cr_expect_null(fake_file_text(KEPT));
}

/* Whatever a file ends with that was cut off, or written by another program. */
Test(tree_kept, what_makes_no_sense_is_not_taken)
{
	static char bytes[8192];
	size_t size = 5 + 16; /* the boot's name, and the first head */
	unsigned int n;

	read_kept("compatible", "calxeda,hb-xgmac");
	n = read_kept("compatible", "calxeda,hb-xgmac");
	memcpy(bytes, fake_file_text(KEPT), size);
	for (size_t i = 0; i < 64; i++) {
		fake_file_bytes(KEPT, bytes, size + i);
		memset(bytes + size, 0xff, i + 1);
		read_kept("compatible", "calxeda,hb-xgmac");
		cr_expect_eq(read_kept("compatible", "calxeda,hb-xgmac"), n);
	}
}

/* An inode is one of a file system. */
Test(tree_kept, of_another_file_system)
{
	struct tree_values values;

	read_kept("compatible", "calxeda,hb-xgmac");
	for (dev_t dev = 1; dev <= 2; dev++) {
		tree_values_open(&values, KEPT, dev);
		cr_expect_null(tree_values_find(&values, 7));
		tree_values_add(&values, 7, "x", 1);
		tree_values_close(&values);
		tree_values_open(&values, KEPT, dev);
		cr_expect_not_null(tree_values_find(&values, 7));
		tree_values_close(&values);
	}
}
