// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as the host's device tree: parse it, read all facts and references, plan devices and
 * check what would be written. What is malformed must be an error, soon, and leak nothing.
 */
#include <assert.h>
#include <stdlib.h>

#include "fdt/builder.h"
#include "fdt/guest/graft.h"
#include "fdt/guest/tree.h"
#include "fdt/host/facts.h"
#include "fdt/host/reference.h"
#include "fdt/host/tree.h"
#include "vmm/base/range.h"

/* Bounds of what one input may take: plans are made of the first devices only. */
#define MAX_PLANNED 4
#define MAX_FACTS   32

static void read_references(const struct host_tree *tree, const struct host_node *node)
{
	struct reference_user *users;
	size_t n_users;

	for (size_t i = 0; i < node->n_properties; i++) {
		const struct host_property *property = &node->properties[i];
		struct reference_list list;

		if (reference_find(tree, node, property, &list, NULL) == 0) {
			for (size_t k = 0; k < list.n_refs; k++)
				assert(list.refs[k].offset + 4 <= property->size);
		}
		reference_list_destroy(&list);
	}
	if (reference_users(tree, node, &users, &n_users) == 0)
		free(users);
}

static void read_names(const struct host_tree *tree, const struct host_node *node)
{
	char path[128], name[128];
	const struct host_node *found;
	struct err err;

	host_node_device_name(node, name, sizeof(name));
	host_tree_find_device(tree, name, &found, &err);
	host_tree_find(tree, host_node_path(node, path, sizeof(path)));
}

/* The guest's tree of one device, if it passes. */
static void write_device(struct graft *graft, unsigned int device)
{
	struct err err;
	struct dt dt;
	void *blob;
	size_t size;
	char *text;

	dt_init(&dt);
	if (graft_write(graft, device, &dt, &err) == 0 && dt_finish(&dt, &blob, &size, &err) == 0) {
		if (dt_check(blob, size, &err)) {
			err_print(&err);
			abort(); /* nothing that passed may be wrong in the end */
		}
		if (dt_print(blob, size, NULL, 0, &text, &err) == 0)
			free(text);
		free(blob);
	}
	dt_destroy(&dt);
}

static void plan_device(const struct host_tree *tree, const struct host_facts *host)
{
	struct range regions[MAX_FACTS];
	struct graft_irq irqs[MAX_FACTS];
	struct graft_facts facts = { .regions = regions, .irqs = irqs };
	const struct graft_answers answers = { 0 };
	struct graft *graft;
	struct err err;

	for (; facts.n_regions < host->n_regions && facts.n_regions < MAX_FACTS; facts.n_regions++)
		regions[facts.n_regions] =
			(struct range){ 0x10000000 + 0x100000ULL * facts.n_regions, 0x1000 };
	for (; facts.n_irqs < host->n_irqs && facts.n_irqs < MAX_FACTS; facts.n_irqs++)
		irqs[facts.n_irqs] =
			(struct graft_irq){ facts.n_irqs, host->irqs[facts.n_irqs].edge };
	facts.amba = host->amba;
	facts.coherent = host->coherent;
	facts.direct_dma = true;
	if (graft_create(tree, NULL, &graft, &err))
		return;
	if (graft_add_device(graft, host->node, "device", &facts, &answers, &err) == 0 &&
	    graft_plan(graft, &err) == 0)
		write_device(graft, 0);
	graft_destroy(graft);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_tree *tree;
	unsigned int n_planned = 0;
	struct err err;

	dt_check(data, size, &err);
	if (host_tree_parse(data, size, "input", &tree, &err))
		return 0;
	for (uint32_t i = 0; i < tree->n_nodes; i++) {
		const struct host_node *node = tree->nodes[i];
		struct host_facts facts;

		read_references(tree, node);
		if (i < 64)
			read_names(tree, node);
		if (host_facts_read(tree, node, &facts, &err) == 0 &&
		    host_node_has(node, "compatible") && n_planned++ < MAX_PLANNED)
			plan_device(tree, &facts);
		host_facts_destroy(&facts);
	}
	host_tree_destroy(tree);
	return 0;
}
