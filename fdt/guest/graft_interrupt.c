// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"

/* Interrupts that VFIO cannot hand out; NULL: all can be. */
static const char *find_fault(const struct host_facts *host, unsigned int *index)
{
	for (*index = 0; *index < host->n_irqs; (*index)++) {
		if (host->irqs[*index].kind == HOST_IRQ_PPI)
			return "is private to a CPU (PPI): VFIO cannot hand it out";
		if (host->irqs[*index].kind == HOST_IRQ_UNRESOLVED)
			return "has no controller that the host knows: Linux gives it no number";
	}
	return NULL;
}

static void set_own(struct graft_place *place, struct graft_item *item)
{
	const struct graft_facts *facts = &place->device->facts;
	uint32_t *cells =
		arena_alloc(&place->graft->arena, (facts->n_irqs + 1) * 3 * sizeof(*cells));

	for (unsigned int i = 0; cells && i < facts->n_irqs; i++) {
		cells[3 * i] = DT_GIC_SPI;
		cells[3 * i + 1] = facts->irqs[i].spi;
		cells[3 * i + 2] = facts->irqs[i].edge ? DT_IRQ_EDGE_RISING : DT_IRQ_LEVEL_HIGH;
	}
	if (cells)
		graft_item_cells(place->graft, item, cells, 3 * facts->n_irqs);
}

static void act_device(struct graft_place *place, struct graft_item *item)
{
	unsigned int index;
	const char *fault = find_fault(&place->device->host, &index);
	bool extended = strcmp(item->property, "interrupts-extended") == 0;

	/* The latter wins where both stand: drivers/of/irq.c. */
	if (fault && (extended || !host_node_has(place->node, "interrupts-extended")))
		graft_item_set(item, GRAFT_REFUSE, item->binding, "interrupt %u %s", index, fault);
	else if (extended)
		return;
	else if (place->device->facts.n_irqs)
		set_own(place, item);
	else
		graft_item_set(item, GRAFT_DROP, item->binding, "VFIO offers no interrupt");
}

/* As of_irq_find_parent() in drivers/of/irq.c does it. */
static const struct host_node *find_controller(const struct host_tree *tree,
					       const struct host_node *node)
{
	for (unsigned int i = 0; node && i < HOST_TREE_MAX_DEPTH; i++) {
		const struct host_property *parent = host_node_find(node, "interrupt-parent");

		node = parent && parent->size >= sizeof(fdt32_t)
			       ? host_tree_by_phandle(tree, host_property_cell(parent, 0))
			       : node->parent;
		if (node && host_node_has(node, "#interrupt-cells"))
			return node;
	}
	return NULL;
}

/* A child's interrupt reaches the guest only through the device itself, or another one it has. */
void graft_act_interrupts(struct graft_place *place, struct graft_item *item)
{
	const struct host_node *controller;
	char path[96] = "nothing";

	if (place->role == GRAFT_ROLE_DEVICE) {
		act_device(place, item);
		return;
	}
	if (place->kind == REFERENCE_INTERRUPT && place->refs.n_refs) {
		if (graft_keep_references(place, item))
			return;
		controller = place->refs.refs[0].target;
	} else {
		controller = find_controller(place->graft->tree, place->node);
		if (controller && place->graft->marks[controller->index].in_guest) {
			graft_item_set(item, GRAFT_COPY, item->binding,
				       "the guest has its controller, too");
			graft_item_copy(item, place->property);
			return;
		}
	}
	if (controller)
		host_node_path(controller, path, sizeof(path));
	graft_item_set(
		item, GRAFT_REFUSE, item->binding,
		"VFIO offers the interrupts of the device's own node only; this one is of %s",
		path);
}

void graft_act_interrupt_parent(struct graft_place *place, struct graft_item *item)
{
	if (place->role != GRAFT_ROLE_DEVICE && graft_keep_references(place, item))
		return;
	if (place->role != GRAFT_ROLE_DEVICE)
		graft_item_set(item, GRAFT_DROP, item->binding,
			       "the guest does not have the controller");
}
