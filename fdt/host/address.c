// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/address.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/base/str.h"

/* Linux's for all but SPARC (drivers/of/of_private.h). */
#define ROOT_ADDRESS_CELLS 1
#define ROOT_SIZE_CELLS    1

uint32_t host_address_cells(const struct host_node *node)
{
	return host_node_inherited_u32(node, "#address-cells", ROOT_ADDRESS_CELLS);
}

uint32_t host_size_cells(const struct host_node *node)
{
	return host_node_inherited_u32(node, "#size-cells", ROOT_SIZE_CELLS);
}

static bool is_named(const struct host_node *node, const char *name)
{
	size_t n = strlen(name);

	return strncmp(node->name, name, n) == 0 && (!node->name[n] || node->name[n] == '@');
}

/* of_bus_pci_match() */
bool host_bus_is_pci(const struct host_node *node)
{
	const struct host_property *type = host_node_find(node, "device_type");

	return is_named(node, "pcie") || (type && (!strcmp((const char *)type->value, "pci") ||
						   !strcmp((const char *)type->value, "pciex")));
}

void host_bus_read(const struct host_node *node, struct host_bus *bus)
{
	*bus = (struct host_bus){ .pci = host_bus_is_pci(node), .isa = is_named(node, "isa") };
	if (bus->pci || bus->isa) {
		bus->n_address_cells = bus->pci ? 3 : 2;
		bus->n_size_cells = bus->pci ? 2 : 1;
	} else {
		bus->n_address_cells = host_address_cells(node);
		bus->n_size_cells = host_size_cells(node);
	}
	bus->n_flag_cells = bus->pci || bus->isa || bus->n_address_cells == 3;
}

/* OF_CHECK_COUNTS() */
static bool is_translatable(const struct host_bus *bus)
{
	return bus->n_address_cells > 0 && bus->n_address_cells <= HOST_ADDRESS_MAX_CELLS &&
	       bus->n_size_cells > 0;
}

uint64_t host_cells(const uint8_t *cells, unsigned int n)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < 4 * n; i++)
		v = v << 8 | cells[i];
	return v;
}

/* An address on its way up: flags apart from the number. */
struct address {
	uint32_t flags; /* of the bus below the CPU's; 0 where a bus has none */
	uint64_t number;
};

static struct address read_address(const struct host_bus *bus, const uint8_t *cells)
{
	unsigned int f = bus->n_flag_cells;

	return (struct address){ f ? (uint32_t)host_cells(cells, 1) : 0,
				 host_cells(cells + 4 * f, bus->n_address_cells - f) };
}

/* May an address with flags @a lie in a range with flags @r? PCI: the same kind of space. */
static bool flags_match(const struct host_bus *bus, uint32_t a, uint32_t r)
{
	if (bus->pci)
		return (a >> 24 & 3) == (r >> 24 & 3) ||
		       ((a >> 24 & 3) >= 2 && (r >> 24 & 3) >= 2); /* memory, 32 or 64 bits */
	if (bus->isa)
		return (a & 1) == (r & 1);
	return a == r;
}

/* of_translate_one(): @at from @bus, the bus that @node is, to @above, the one that it sits on. */
static bool translate_one(const struct host_node *node, const struct host_bus *bus,
			  const struct host_bus *above, const char *name, struct address *at)
{
	const struct host_property *ranges = host_node_find(node, name);
	size_t na = bus->n_address_cells, pna = above->n_address_cells;
	size_t one = 4 * (na + pna + bus->n_size_cells);

	if (!ranges && strcmp(name, "dma-ranges") != 0)
		return false;
	if (!ranges || ranges->size == 0) {
		if (!above->n_flag_cells)
			at->flags = 0;
		return true;
	}
	for (size_t i = 0; i + one <= ranges->size; i += one) {
		const uint8_t *cells = ranges->value + i;
		struct address from = read_address(bus, cells);
		uint64_t size = host_cells(cells + 4 * (na + pna), bus->n_size_cells);

		if (!flags_match(bus, at->flags, from.flags) || at->number < from.number ||
		    at->number >= from.number + size)
			continue;
		from.number = at->number - from.number;
		*at = read_address(above, cells + 4 * na);
		at->number += from.number;
		return true;
	}
	return false;
}

bool host_translate(const struct host_node *node, const uint8_t *cells, const char *ranges,
		    uint64_t *address)
{
	struct host_bus bus, above;
	struct address at;

	node = node->parent;
	if (!node)
		return false;
	host_bus_read(node, &bus);
	if (!is_translatable(&bus))
		return false;
	for (at = read_address(&bus, cells); node->parent; node = node->parent, bus = above) {
		host_bus_read(node->parent, &above);
		if (!is_translatable(&above) || !translate_one(node, &bus, &above, ranges, &at))
			return false;
	}
	*address = at.number;
	return at.number != UINT64_MAX; /* OF_BAD_ADDR */
}

/*
 * Linux follows "interconnects" named "dma-mem" in place of the parent; only Allwinner's and
 * Tegra's trees have them, without offsets, so parents are enough here.
 */
static const struct host_node *find_dma_bus(const struct host_node *bus)
{
	bool found = false;

	for (; bus && bus->parent; bus = bus->parent) {
		const struct host_property *p = host_node_find(bus, "dma-ranges");

		if (p && p->size)
			return bus;
		if (!p && found)
			return NULL;
		found = true;
	}
	return NULL;
}

unsigned int host_dma_ranges(const struct host_node *bus, struct host_dma_range *ranges,
			     unsigned int n_max)
{
	const struct host_property *p;
	struct host_bus below, above;
	unsigned int n = 0;
	size_t one;

	bus = find_dma_bus(bus);
	if (!bus)
		return 0;
	p = host_node_find(bus, "dma-ranges");
	host_bus_read(bus, &below);
	host_bus_read(bus->parent, &above);
	if (!is_translatable(&below) || !is_translatable(&above))
		return 0;
	one = 4 * (size_t)(below.n_address_cells + above.n_address_cells + below.n_size_cells);
	for (size_t at = 0; at + one <= p->size && n < n_max; at += one) {
		const uint8_t *cpu = p->value + at + 4 * below.n_address_cells;
		struct host_dma_range *range = &ranges[n];

		range->bus = read_address(&below, p->value + at).number;
		range->cpu.size = host_cells(cpu + 4 * above.n_address_cells, below.n_size_cells);
		if (host_translate(bus, cpu, "dma-ranges", &range->cpu.start) &&
		    range_valid(range->cpu))
			n++;
	}
	return n;
}

/* of_device_make_bus_id() of Linux */
static void add_device_name(const struct host_node *node, struct text *name)
{
	const struct host_property *mask = host_node_find(node, "mask");
	const struct host_property *reg = host_node_find(node, "reg");
	uint64_t address;

	if (!node->parent)
		return;
	if (reg && reg->size >= 4 * (size_t)host_address_cells(node->parent) &&
	    host_translate(node, reg->value, "ranges", &address)) {
		text_add(name, "%" PRIx64, address);
		if (mask && mask->size >= 4)
			text_add(name, ".%x",
				 (unsigned int)__builtin_ffs((int)host_property_cell(mask, 0)) - 1);
		text_add(name, ".%.*s", (int)strcspn(node->name, "@"), node->name);
		return;
	}
	add_device_name(node->parent, name);
	text_add(name, "%s%s", name->used ? ":" : "", node->name);
}

const char *host_node_device_name(const struct host_node *node, char *buf, size_t size)
{
	struct text name = text_start(buf, size);

	add_device_name(node, &name);
	return buf;
}
