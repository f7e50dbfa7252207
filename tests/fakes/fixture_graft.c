// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fixture_graft.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/check.h"
#include "fdt/host/facts.h"

#define FIRST_ADDRESS 0x10000000
#define PAGE          0x1000

/* Where the next region and interrupt go. */
struct bus {
	uint64_t address;
	uint32_t spi;
};

static void add(struct graft *graft, const struct host_tree *tree, const char *path,
		struct bus *bus, const struct graft_answers *answers)
{
	const struct host_node *node = host_tree_find(tree, path);
	struct host_facts host;
	struct err err = { 0 };
	struct graft_facts facts;
	struct graft_irq *irqs;

	cr_assert_not_null(node, "%s", path);
	cr_assert_eq(host_facts_read(tree, node, &host, &err), 0, "%s: %s", path, err.what);
	irqs = calloc(host.n_irqs + 1, sizeof(*irqs));
	for (unsigned int i = 0; i < host.n_irqs; i++)
		irqs[i] = (struct graft_irq){ bus->spi++, host.irqs[i].edge };
	for (unsigned int i = 0; i < host.n_regions; i++) {
		struct range *region = &host.regions[i];

		region->start = bus->address + region->start % PAGE;
		bus->address = round_up_to(region->start + region->size, PAGE);
	}
	facts = (struct graft_facts){
		.regions = host.regions,
		.n_regions = host.n_regions,
		.irqs = irqs,
		.n_irqs = host.n_irqs,
		.amba = host.amba,
		.coherent = host.coherent,
		.direct_dma = !host_node_has(node, "iommus"),
	};
	cr_assert_geq(graft_add_device(graft, node, node->name, &facts, answers, &err), 0, "%s",
		      err.what);
	free(irqs);
	host_facts_destroy(&host);
}

struct graft *fixture_graft(const struct host_tree *tree, const char *const *paths, unsigned int n,
			    const struct graft_host *host, const struct graft_answers *answers)
{
	struct bus bus = { FIRST_ADDRESS, 0 };
	struct graft *graft = NULL;
	struct err err = { 0 };

	cr_assert_eq(graft_create(tree, host, &graft, &err), 0);
	for (unsigned int i = 0; i < n; i++)
		add(graft, tree, paths[i], &bus, answers);
	cr_assert_eq(graft_plan(graft, &err), 0);
	return graft;
}

struct host_tree *fixture_guest_tree(struct graft *graft, unsigned int n)
{
	struct host_tree *guest = NULL;
	struct err err = { 0 };
	void *blob = NULL;
	size_t size;
	struct dt dt;

	dt_init(&dt);
	for (unsigned int i = 0; i < n; i++)
		cr_assert_eq(graft_write(graft, i, &dt, &err), 0, "%s: %s", err.what, err.why);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0, "%s", err.what);
	dt_destroy(&dt);
	cr_expect_eq(dt_check(blob, size, &err), 0, "%s: %s", err.what, err.why);
	cr_assert_eq(host_tree_parse(blob, size, "guest", &guest, &err), 0, "%s", err.what);
	free(blob);
	return guest;
}

const struct graft_item *fixture_item(const struct graft_node *node, const char *path,
				      const char *property)
{
	size_t n = strcspn(path, "/");

	if (n) {
		node = node->child;
		while (node && (strncmp(node->name, path, n) || node->name[n]))
			node = node->next;
		return node ? fixture_item(node, path + n + (path[n] == '/'), property) : NULL;
	}
	for (size_t i = 0; i < node->n_items; i++) {
		if (strcmp(node->items[i].property, property) == 0)
			return &node->items[i];
	}
	return NULL;
}
