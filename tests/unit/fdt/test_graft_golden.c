// SPDX-License-Identifier: GPL-2.0-only
/* Whole nodes: what the graft writes, against what is written by hand in the fixture. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fixtures/fixture_graft.h"
#include "tests/fixtures/fixture_tree.h"
#include "vmm/base/range.h"

static struct host_tree *host;

static void load(void)
{
	host = fixture_tree("graft_classes");
}

static void drop(void)
{
	host_tree_destroy(host);
}

TestSuite(graft_golden, .init = load, .fini = drop);

/* The guest's tree of these devices, read again. */
static struct host_tree *guest_tree(const char *const *devices, unsigned int n)
{
	struct graft *graft = fixture_graft(host, devices, n, NULL, NULL);
	struct host_tree *guest = fixture_guest_tree(graft, n);

	graft_destroy(graft);
	return guest;
}

static bool is_number(const struct host_property *p)
{
	return strcmp(p->name, "clocks") == 0 || strcmp(p->name, "phy-handle") == 0;
}

/* Phandles are the same when they point at nodes of the same name. */
static bool same_references(const struct host_tree *guest, const struct host_property *a,
			    const struct host_property *b)
{
	for (size_t i = 0; i < a->size / 4; i++) {
		const struct host_node *x = host_tree_by_phandle(guest, host_property_cell(a, i));
		const struct host_node *y = host_tree_by_phandle(host, host_property_cell(b, i));

		if (!x || !y || strcmp(x->name, y->name))
			return false;
	}
	return true;
}

static size_t count(const struct host_node *node)
{
	return node->n_properties - host_node_has(node, "phandle");
}

static void compare(const struct host_tree *guest, const struct host_node *node,
		    const struct host_node *expected)
{
	for (size_t i = 0; i < expected->n_properties; i++) {
		const struct host_property *e = &expected->properties[i];
		const struct host_property *p = host_node_find(node, e->name);

		cr_expect_not_null(p, "%s: %s is missing", node->name, e->name);
		if (!p || strcmp(e->name, "phandle") == 0)
			continue;
		cr_expect(p->size == e->size &&
				  (is_number(e) ? same_references(guest, p, e)
						: !memcmp(p->value, e->value, p->size)),
			  "%s: %s is different", node->name, e->name);
	}
	cr_expect_eq(count(node), count(expected), "%s has other properties, too", node->name);
}

static const struct host_node *child(const struct host_node *node, const char *name)
{
	node = node->child;
	while (node && strcmp(node->name, name))
		node = node->next;
	return node;
}

static const struct {
	const char *expected, *class;
	const char *devices[2];
} goldens[] = {
	{ "/expected/xgmac", "vfio-calxeda-xgmac", { "/soc/ethernet@fff50000" } },
	{ "/expected/pl330", "vfio-pl330", { "/soc/dma-controller@fd500000" } },
	{ "/expected/xgbe-merged", "vfio-amd-xgbe", { "/smb/xgmac@e0700000" } },
	{ "/expected/xgbe-separate",
	  "vfio-amd-xgbe",
	  { "/smb/xgmac@e0900000", "/smb/phy@e1240c00" } },
};

Test(graft_golden, the_four_classes)
{
	for (size_t i = 0; i < n_elems(goldens); i++) {
		const struct host_node *expected = host_tree_find(host, goldens[i].expected);
		const char *const *devices = goldens[i].devices;
		struct host_tree *guest = guest_tree(devices, devices[1] ? 2 : 1);
		const struct host_node *root = guest->nodes[0];
		size_t n = 0;

		cr_expect(graft_class_takes(goldens[i].class, host_tree_find(host, devices[0])));
		for (const struct host_node *e = expected->child; e; e = e->next) {
			const struct host_node *node = child(root, e->name);

			cr_expect_not_null(node, "%s: %s is missing", expected->name, e->name);
			if (node)
				compare(guest, node, e);
			n++;
		}
		cr_expect_eq(guest->n_nodes, n + 1, "%s: there are more nodes", expected->name);
		host_tree_destroy(guest);
	}
}

Test(graft_golden, a_class_knows_what_its_device_must_have)
{
	static const struct {
		const char *device;
		enum graft_result result;
		const char *reason;
	} cases[] = {
		{ "/soc/ethernet@fff51000", GRAFT_REFUSED, "has 3 interrupts" },
		{ "/smb/xgmac@e0900000", GRAFT_NEEDS_ANSWER,
		  "give --device vfio-platform,host=e1240c00.phy" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct graft *graft = fixture_graft(host, &cases[i].device, 1, NULL, NULL);
		const char *reason = graft_device_reason(graft, 0, 0);

		cr_expect_eq(graft_outcome(graft, 0)->result, cases[i].result, "%s",
			     cases[i].device);
		cr_expect(reason && strstr(reason, cases[i].reason), "%s: %s", cases[i].device,
			  reason ? reason : "");
		graft_destroy(graft);
	}
}

Test(graft_golden, a_type_takes_only_its_devices)
{
	static const struct graft_answers answers = { .class = "vfio-amd-xgbe" };
	const struct host_node *node = host_tree_find(host, "/soc/ethernet@fff50000");
	struct graft_facts facts = { 0 };
	struct err err = { 0 };
	struct graft *graft;

	cr_assert_eq(graft_create(host, NULL, &graft, &err), 0);
	cr_expect_eq(graft_add_device(graft, node, "net", &facts, &answers, &err), -EINVAL);
	cr_expect(strstr(err.what, "net") && strstr(err.what, "vfio-amd-xgbe"), "%s", err.what);
	graft_destroy(graft);
}
