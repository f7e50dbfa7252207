// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fdt/host_node.h"
#include "tests/fakes/fake_sys.h"

#define OF_NODE "/sys/bus/platform/devices/fff50000.ethernet/of_node"
#define NODE    "/sys/firmware/devicetree/base/soc/ethernet@fff50000"

static void make_host(void)
{
	fake_sys_reset();
	fake_link(OF_NODE, "../../../../firmware/devicetree/base/soc/ethernet@fff50000");
	fake_file_bytes(NODE "/reg", "\xff\xf5\0\0\0\0\x10\0", 8);
	fake_file_bytes(NODE "/compatible", "calxeda,hb-xgmac", 17);
	fake_file(NODE "/dma-coherent", "");
	fake_file_bytes(NODE "/name", "ethernet", 9);
	fake_file_bytes(NODE "/mdio/compatible", "child", 6);
}

Test(host_node, reads_properties_sorted_and_no_children, .init = make_host)
{
	static const char *const names[] = { "compatible", "dma-coherent", "name", "reg" };
	struct host_node *node;
	const struct host_property *p;
	struct err err = { 0 };

	cr_assert_eq(host_node_read(OF_NODE, &node, &err), 0, "%s", err.what);
	cr_expect_str_eq(node->name, "ethernet@fff50000");
	cr_assert_eq(node->n_properties, 4);
	for (size_t i = 0; i < 4; i++)
		cr_expect_str_eq(node->properties[i].name, names[i]);
	p = host_node_find(node, "reg");
	cr_assert_not_null(p);
	cr_expect_eq(p->size, 8);
	cr_expect_eq(memcmp(p->value, "\xff\xf5\0\0\0\0\x10\0", 9), 0,
		     "a NUL stands behind the value");
	cr_expect_eq(host_node_find(node, "dma-coherent")->size, 0);
	cr_expect_null(host_node_find(node, "mdio"));
	host_node_destroy(node);
	host_node_destroy(NULL);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(host_node, a_directory_that_is_no_link_names_the_node_itself, .init = make_host)
{
	struct host_node *node;
	struct err err = { 0 };

	cr_assert_eq(host_node_read(NODE, &node, &err), 0, "%s", err.what);
	cr_expect_str_eq(node->name, "ethernet@fff50000");
	host_node_destroy(node);
}

Test(host_node, a_device_without_node_is_an_error_with_its_cause, .init = make_host)
{
	struct host_node *node;
	struct err err = { 0 };

	cr_expect_eq(host_node_read("/sys/bus/platform/devices/acpi/of_node", &node, &err),
		     -ENOENT);
	cr_expect(strstr(err.what, "/sys/bus/platform/devices/acpi/of_node"), "%s", err.what);
	cr_expect(strstr(err.why, "device tree"), "%s", err.why);
}

Test(host_node, the_nth_system_call_fails, .init = make_host)
{
	for (unsigned int n = 1;; n++) {
		struct host_node *node = NULL;
		struct err err = { 0 };
		int ret;

		fake_fail_at(n, EIO);
		ret = host_node_read(OF_NODE, &node, &err);
		if (!fake_failed()) {
			cr_expect_eq(ret, 0);
			cr_expect_gt(n, 5);
			host_node_destroy(node);
			break;
		}
		cr_expect_eq(ret, -EIO, "call %u", n);
		cr_expect(strstr(err.what, "Input/output error"), "call %u: %s", n, err.what);
		cr_expect_eq(fake_n_open_fds(), 0, "call %u", n);
	}
}

Test(host_node, lists_of_strings)
{
	static const struct {
		const char *value;
		size_t size;
		bool is_strings;
	} cases[] = {
		{ "a\0b", 4, true }, { "a", 2, true },  { "", 0, false },
		{ "", 1, false },    { "a", 1, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host_property p = { NULL, (char *)cases[i].value, cases[i].size };

		cr_expect_eq(host_property_is_strings(&p), cases[i].is_strings, "case %zu", i);
	}
}
