// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "fdt/host/interrupt.h"

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

void graft_put_irqs(void *cells, const struct graft_irq *irqs, size_t n)
{
	for (fdt32_t *at = cells; n--; irqs++, at += 3) {
		fdt32_st(at, DT_GIC_SPI);
		fdt32_st(at + 1, irqs->spi);
		fdt32_st(at + 2, irqs->edge ? DT_IRQ_EDGE_RISING : DT_IRQ_LEVEL_HIGH);
	}
}

static void set_own(struct graft_place *place)
{
	const struct graft_facts *facts = &place->device->facts;
	size_t size = facts->n_irqs * 3 * sizeof(fdt32_t);
	void *cells = arena_alloc(&place->graft->arena, size);

	if (cells)
		graft_put_irqs(cells, facts->irqs, facts->n_irqs);
	graft_value(place->item, cells, size);
}

static void act_device(struct graft_place *place)
{
	unsigned int index;
	const char *fault = find_fault(&place->device->host, &index);
	bool extended = strcmp(place->item->property, "interrupts-extended") == 0;

	/* The latter wins where both stand: drivers/of/irq.c. */
	if (fault && (extended || !host_node_has(place->node, "interrupts-extended")))
		graft_set(place, GRAFT_REFUSE, "interrupt %u %s", index, fault);
	else if (extended)
		return;
	else if (place->device->facts.n_irqs)
		set_own(place);
	else
		graft_set(place, GRAFT_DROP, "VFIO offers no interrupt");
}

/* A child's interrupt reaches the guest only through the device itself, or another one it has. */
void graft_act_interrupts(struct graft_place *place)
{
	struct interrupt_walk walk = { place->graft->tree, HOST_INTERRUPT_MAX_STEPS };
	const struct host_node *controller;

	if (place->role == GRAFT_ROLE_DEVICE) {
		act_device(place);
		return;
	}
	if (place->kind == REFERENCE_INTERRUPT && place->refs.n_refs) {
		if (graft_keep_references(place))
			return;
		controller = place->refs.refs[0].target;
	} else {
		controller = interrupt_parent(&walk, place->node);
		if (controller && place->graft->marks[controller->index].in_guest) {
			graft_set(place, GRAFT_COPY, "the guest has its controller, too");
			graft_copy(place);
			return;
		}
	}
	graft_set(place, GRAFT_REFUSE,
		  "VFIO offers the interrupts of the device's own node only; this one is of %s",
		  controller ? graft_path(place->graft, controller) : "nothing");
}

void graft_act_interrupt_parent(struct graft_place *place)
{
	if (place->role != GRAFT_ROLE_DEVICE && graft_keep_references(place))
		return;
	if (place->role != GRAFT_ROLE_DEVICE)
		graft_set(place, GRAFT_DROP, "the guest does not have the controller");
}
