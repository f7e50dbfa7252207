// SPDX-License-Identifier: GPL-2.0-only
#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "fdt/host/interrupt.h"
#include "vmm/base/str.h"

/*
 * What recipes tell people to write into the host's tree, so that no driver of the host takes the
 * device: the overlays of tiiuae/ghaf for Orin's UARTs ("nvidia,dummy", "arm,dummy"), guides to
 * QEMU on ZynqMP ("vfio-platform"), Xilinx' to UIO ("generic-uio").
 */
#define STAND_INS "dummy *,dummy vfio-platform vfio,platform generic-uio"

static bool is_stand_in(const struct host_property *compatible)
{
	const char *name = "";
	unsigned int n = 0;

	while ((name = host_property_string(compatible, n)) && str_matches(name, STAND_INS))
		n++;
	return n && !name;
}

void graft_act_compatible(struct graft_place *place)
{
	const char *answer =
		place->role == GRAFT_ROLE_DEVICE ? place->device->answers.compatible : NULL;

	if (answer) {
		graft_set(place, GRAFT_REPLACE,
			  place->property ? "the user gave another" : "the user gave it");
		graft_value(place->item, answer, strlen(answer) + 1);
	} else if (!place->property) {
		graft_set(place, GRAFT_REFUSE,
			  "it has none: a guest finds its driver by this property alone");
	} else {
		graft_copy(place);
		if (!host_property_is_strings(place->property))
			graft_set(place, GRAFT_REFUSE, "it is no text");
		if (place->role != GRAFT_ROLE_DEVICE || !is_stand_in(place->property))
			return;
		graft_set(place, GRAFT_ASK,
			  "the host's tree has a stand-in here, which keeps the host's driver "
			  "away: no driver of the guest knows it, and dais needs none");
		graft_ask(place, "what the guest's driver knows", "compatible=TEXT");
	}
}

static void act_child_reg(struct graft_place *place)
{
	struct range region;
	unsigned int n = 0;
	fdt64_t *room;

	while (graft_child_region(place->device, place->node, n, &region))
		n++;
	if (!n) {
		graft_set(place, GRAFT_DROP, "it is not in the device's registers");
		return;
	}
	room = graft_room(place->graft, place->item, n * 2 * sizeof(*room));
	for (unsigned int i = 0; room && i < n; i++, room += 2)
		if (graft_child_region(place->device, place->node, i, &region))
			dt_put_ranges(room, &region, 1);
}

void graft_act_reg(struct graft_place *place)
{
	const struct graft_facts *facts = &place->device->facts;

	if (place->role != GRAFT_ROLE_DEVICE) {
		if (graft_is_mmio_bus(place->node->parent)) {
			act_child_reg(place);
		} else {
			graft_set(place, GRAFT_COPY, "an address on its own bus");
			graft_copy(place);
		}
	} else if (facts->n_regions) {
		graft_ranges(place->graft, place->item, facts->regions, facts->n_regions);
	} else {
		graft_set(place, GRAFT_DROP, "VFIO offers no region");
	}
}

void graft_act_cells(struct graft_place *place)
{
	/* Both #address-cells and #size-cells are 2 below the root: builder.h. */
	static const uint32_t two = DT_ADDRESS_CELLS;
	const struct host_node *node = place->node;
	bool unit = strcmp(place->item->property, "#address-cells") == 0 &&
		    host_node_has(node, "#interrupt-cells"); /* of interrupts: dtc wants it */

	if (graft_has_addressed_child(place->graft, node) && graft_is_mmio_bus(node)) {
		graft_set(place, GRAFT_REWRITE, "as the guest's root has them");
		graft_cells(place->graft, place->item, &two, 1);
	} else if (graft_has_addressed_child(place->graft, node) || unit) {
		graft_copy(place);
	} else {
		graft_set(place, GRAFT_DROP, "no child of it has an address");
	}
}

void graft_act_ranges(struct graft_place *place)
{
	if (graft_has_addressed_child(place->graft, place->node))
		graft_value(place->item, "", 0);
	else
		graft_set(place, GRAFT_DROP, "no child of it has an address");
}

/* {child address, parent address, size}, all with 2 cells in the guest when the bus is MMIO. */
void graft_act_dma_ranges(struct graft_place *place)
{
	const struct host_property *property = place->property;
	const struct host_node *node = place->node;
	size_t child = host_node_u32(node, "#address-cells", 2);
	size_t parent = node->parent ? host_node_u32(node->parent, "#address-cells", 2) : 2;
	size_t size = host_node_u32(node, "#size-cells", 1);
	size_t entry = child + parent + size, n;
	fdt64_t *room;

	if (!graft_has_addressed_child(place->graft, node)) {
		graft_set(place, GRAFT_DROP, "no child of it has an address");
		return;
	}
	if (!property->size) {
		graft_value(place->item, "", 0);
		return;
	}
	if (child > 2 || parent > 2 || size > 2 || !entry || property->size % (4 * entry) ||
	    !graft_is_mmio_bus(node)) {
		graft_set(place, GRAFT_REFUSE, "its cells do not add up to addresses of 64 bits");
		return;
	}
	n = property->size / (4 * entry);
	room = graft_room(place->graft, place->item, n * 3 * sizeof(*room));
	for (const uint8_t *cells = property->value; room && n--; cells += 4 * entry) {
		*room++ = cpu_to_fdt64(host_cells(cells, (unsigned int)child));
		*room++ = cpu_to_fdt64(host_cells(cells + 4 * child, (unsigned int)parent));
		*room++ =
			cpu_to_fdt64(host_cells(cells + 4 * (child + parent), (unsigned int)size));
	}
}

void graft_act_coherent(struct graft_place *place)
{
	bool coherent = place->device->facts.coherent;
	bool claims = strcmp(place->item->property, "dma-coherent") == 0;

	if (claims && coherent) {
		graft_set(place, GRAFT_REWRITE, "the device sees the CPU caches, as %s says",
			  host_node_has(place->node, "dma-coherent") ? "its node"
								     : "a bus above it");
		graft_value(place->item, "", 0);
	} else if (coherent) {
		graft_set(place, GRAFT_DROP, "its DMA is coherent here");
	} else if (!claims) {
		graft_copy(place);
	}
}

/* drivers/of/of_net.c takes the first of these three that is the address of one interface. */
static bool has_mac(const struct host_node *node)
{
	static const char *const names[] = { "mac-address", "local-mac-address", "address" };

	for (size_t i = 0; i < n_elems(names); i++) {
		const struct host_property *p = host_node_find(node, names[i]);

		if (p && p->size == 6 && !(p->value[0] & 1) && memcmp(p->value, "\0\0\0\0\0\0", 6))
			return true;
	}
	return false;
}

bool graft_find_mac(const struct graft_place *place, uint64_t *mac, const char **why)
{
	const struct graft_host *host = &place->graft->host;

	*why = GRAFT_REASON("the user gave it");
	*mac = place->device->answers.mac;
	if (place->role != GRAFT_ROLE_DEVICE || *mac)
		return place->role == GRAFT_ROLE_DEVICE;
	*why = GRAFT_REASON("what the interface has, or had, on the host");
	return !has_mac(place->node) && host->mac_address &&
	       !host->mac_address(host->opaque, place->node, mac);
}

void graft_act_mac(struct graft_place *place)
{
	const char *why;
	uint64_t mac;
	uint8_t *room;

	if (place->property)
		graft_copy(place);
	if (!graft_find_mac(place, &mac, &why))
		return;
	graft_set(place, GRAFT_REPLACE, "%s", why);
	room = graft_room(place->graft, place->item, 6);
	for (unsigned int i = 0; room && i < 6; i++)
		room[i] = (uint8_t)(mac >> (40 - 8 * i));
}

/* Interrupts that VFIO cannot hand out; NULL: all can be. */
static const char *find_fault(const struct host_facts *host, unsigned int *index)
{
	for (*index = 0; *index < host->n_irqs; (*index)++) {
		if (host->irqs[*index].kind == HOST_IRQ_PPI)
			return GRAFT_REASON("is private to a CPU (PPI): VFIO cannot hand it out");
		if (host->irqs[*index].kind == HOST_IRQ_UNRESOLVED)
			return GRAFT_REASON("has no controller that the host knows: Linux gives "
					    "it no number");
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

static void act_device(struct graft_place *place)
{
	const struct graft_facts *facts = &place->device->facts;
	unsigned int index;
	void *room;
	const char *fault = find_fault(&place->device->host, &index);
	bool extended = strcmp(place->item->property, "interrupts-extended") == 0;

	/* The latter wins where both stand: drivers/of/irq.c. */
	if (fault && (extended || !host_node_has(place->node, "interrupts-extended")))
		graft_set(place, GRAFT_REFUSE, "interrupt %u %s", index, fault);
	else if (extended)
		return;
	else if (!facts->n_irqs)
		graft_set(place, GRAFT_DROP, "VFIO offers no interrupt");
	else if ((room = graft_room(place->graft, place->item,
				    facts->n_irqs * 3 * sizeof(fdt32_t))))
		graft_put_irqs(room, facts->irqs, facts->n_irqs);
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
	if (place->role != GRAFT_ROLE_DEVICE && !graft_keep_references(place))
		graft_set(place, GRAFT_DROP, "the guest does not have the controller");
}
