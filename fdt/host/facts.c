// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/facts.h"

#include <stdlib.h>

/* More than any device has: a bound for the memory that a malformed tree takes. */
#define MAX_REG_ENTRIES 4096

/* IORESOURCE_MEM: with three address cells, Linux takes the first for the flags of a resource
 * (of_bus_default_flags_get_flags() in drivers/of/address.c). */
#define FLAG_MEMORY 0x200

struct reg {
	const struct host_node *node;
	const struct host_property *property; /* NULL: none */
	struct host_bus bus;
	size_t entry_size; /* in bytes */
	size_t n_entries;
};

static void reg_init(struct reg *reg, const struct host_node *node)
{
	*reg = (struct reg){ .node = node, .property = host_node_find(node, "reg") };
	if (!node->parent || !reg->property)
		return;
	host_bus_read(node->parent, &reg->bus);
	if (reg->bus.pci || !reg->bus.n_address_cells ||
	    reg->bus.n_address_cells > HOST_ADDRESS_MAX_CELLS ||
	    reg->bus.n_size_cells > HOST_ADDRESS_MAX_CELLS)
		return;
	reg->entry_size = 4 * (size_t)(reg->bus.n_address_cells + reg->bus.n_size_cells);
	reg->n_entries = reg->property->size / reg->entry_size;
}

static bool is_memory(const struct host_bus *bus, const uint8_t *cells)
{
	uint64_t flags = host_cells(cells, 1);

	if (bus->isa)
		return !(flags & 1);
	return !bus->n_flag_cells || (flags & FLAG_MEMORY);
}

/* of_address_to_resource(). Without size cells nothing is translated. */
static bool read_region(const struct reg *reg, size_t n, struct range *range)
{
	const uint8_t *cells;

	if (n >= reg->n_entries)
		return false;
	cells = reg->property->value + n * reg->entry_size;
	range->size = host_cells(cells + 4 * reg->bus.n_address_cells, reg->bus.n_size_cells);
	return is_memory(&reg->bus, cells) &&
	       host_translate(reg->node, cells, "ranges", &range->start) &&
	       (!range->size || range_valid(*range));
}

bool host_region(const struct host_node *node, unsigned int n, struct range *range)
{
	struct reg reg;

	reg_init(&reg, node);
	return read_region(&reg, n, range);
}

/* An amba_device has room for one region (include/linux/amba/bus.h). */
static int read_regions(const struct host_node *node, struct host_facts *facts, struct err *err)
{
	const char *why = NULL;
	struct reg reg;
	char path[256];
	size_t max;

	reg_init(&reg, node);
	if (reg.bus.n_address_cells > HOST_ADDRESS_MAX_CELLS ||
	    reg.bus.n_size_cells > HOST_ADDRESS_MAX_CELLS)
		why = "#address-cells or #size-cells above it is more than four";
	else if (reg.n_entries > MAX_REG_ENTRIES)
		why = "no device has so many regions";
	if (why) {
		err_set(err, EINVAL, "read reg of %s", host_node_path(node, path, sizeof(path)));
		return err_why(err, "%s", why);
	}
	max = facts->amba && reg.n_entries > 1 ? 1 : reg.n_entries;
	facts->n_reg_entries = (unsigned int)max;
	facts->regions = calloc(max + 1, sizeof(*facts->regions));
	if (!facts->regions)
		return err_set(err, ENOMEM, "read reg of %s", node->name);
	while (facts->n_regions < max &&
	       read_region(&reg, facts->n_regions, &facts->regions[facts->n_regions]))
		facts->n_regions++;
	return 0;
}

/* of_dma_is_coherent() */
static bool is_coherent(const struct host_node *node)
{
	for (; node; node = node->parent) {
		if (host_node_has(node, "dma-coherent"))
			return true;
		if (host_node_has(node, "dma-noncoherent"))
			return false;
	}
	return false;
}

int host_facts_read(const struct host_tree *tree, const struct host_node *node,
		    struct host_facts *facts, struct err *err)
{
	int ret;

	*facts = (struct host_facts){
		.node = node,
		.amba = host_node_is_amba(node),
		.coherent = is_coherent(node),
	};
	facts->n_dma = host_dma_ranges(node->parent, facts->dma, n_elems(facts->dma));
	ret = read_regions(node, facts, err);
	return ret ? ret : host_irqs_read(tree, node, &facts->irqs, &facts->n_irqs, err);
}

uint64_t host_dma_offset(const struct host_facts *facts)
{
	return facts->n_dma ? facts->dma[0].cpu.start - facts->dma[0].bus : 0;
}

unsigned int host_facts_n_usable_irqs(const struct host_facts *facts)
{
	unsigned int n = 0;

	while (n < facts->n_irqs && facts->irqs[n].kind != HOST_IRQ_UNRESOLVED)
		n++;
	return n;
}

unsigned int host_facts_first_irq(const struct host_facts *facts, unsigned int index)
{
	return index < facts->n_irqs ? facts->irqs[index].first : index;
}

void host_facts_destroy(struct host_facts *facts)
{
	free(facts->regions);
	free(facts->irqs);
	*facts = (struct host_facts){ 0 };
}
