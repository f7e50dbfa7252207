/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_ADDRESS_H
#define FDT_HOST_ADDRESS_H

/*
 * Addresses of the host's tree in the CPU's terms, through "ranges" at each level: what
 * drivers/of/address.c of Linux does, its quirks for other machines than Arm's left out.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fdt/host/tree.h"
#include "vmm/base/range.h"

#define HOST_ADDRESS_MAX_CELLS 4 /* OF_MAX_ADDR_CELLS */

/* How "reg" of @node's children, or "ranges" of @node itself, is laid out. */
struct host_bus {
	uint32_t n_address_cells, n_size_cells;
	unsigned int n_flag_cells; /* of the address, in front of the number */
	bool isa;                  /* its flags say whether it is an I/O address */
	bool pci;                  /* its children are not what VFIO calls platform devices */
};
void host_bus_read(const struct host_node *node, struct host_bus *bus);
/* What is on it is a PCI function */
bool host_bus_is_pci(const struct host_node *node);
/* #address-cells, #size-cells: of the node, or of the next above that has it. */
uint32_t host_address_cells(const struct host_node *node);
uint32_t host_size_cells(const struct host_node *node);

/* The first @n cells at @cells as a number; of more than two the last two count. */
uint64_t host_cells(const uint8_t *cells, unsigned int n);

/*
 * The CPU's address of @cells, an address as @node's "reg" would have it, through @ranges: "ranges"
 * or "dma-ranges". False: it has none.
 */
bool host_translate(const struct host_node *node, const uint8_t *cells, const char *ranges,
		    uint64_t *address);

/* What a device calls @bus is @cpu to the CPUs. */
struct host_dma_range {
	uint64_t bus;
	struct range cpu;
};

/*
 * As of_dma_get_range(): the first "dma-ranges" with entries from @bus upwards, the node that a
 * device sits on; those that cannot be translated are left out. Returns how many were filled in, at
 * most @n_max; 0: the device uses the CPUs' addresses.
 */
unsigned int host_dma_ranges(const struct host_node *bus, struct host_dma_range *ranges,
			     unsigned int n_max);

#endif
