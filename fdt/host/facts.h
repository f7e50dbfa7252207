/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_FACTS_H
#define FDT_HOST_FACTS_H

/*
 * What the tree tells of one device, counted and translated as Linux does it (drivers/of/address.c,
 * drivers/of/irq.c, drivers/of/platform.c), so that it agrees with what VFIO will offer.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fdt/host/address.h"
#include "fdt/host/tree.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"

enum host_trigger {
	HOST_TRIGGER_NONE, /* the specifier does not tell: Linux takes the controller's default */
	HOST_TRIGGER_EDGE_RISING,
	HOST_TRIGGER_EDGE_FALLING,
	HOST_TRIGGER_EDGE_BOTH,
	HOST_TRIGGER_LEVEL_HIGH,
	HOST_TRIGGER_LEVEL_LOW,
};

/* One interrupt of "interrupts" or "interrupts-extended", in index order. */
struct host_irq_fact {
	enum {
		HOST_IRQ_OK,         /* Linux gives it a number, so VFIO can hand it out */
		HOST_IRQ_PPI,        /* private to a CPU: VFIO cannot */
		HOST_IRQ_UNRESOLVED, /* no controller, or a specifier that does not fit it */
		HOST_IRQ_REPEATED,   /* the line of one before it, @first: Linux has one number
					for both, which VFIO asks for alone */
	} kind;
	unsigned int first;                 /* index of the first with its line: its own, mostly */
	const struct host_node *controller; /* after nexus maps; NULL: unresolved */
	bool is_gic;                        /* @controller is the GIC itself */
	uint32_t specifier[4];              /* for @controller; first @n_cells */
	unsigned int n_cells;
	unsigned int n_line_cells; /* that tell the line: without the trigger */
	enum host_trigger trigger;
	bool edge; /* in the guest: edge-rising; else level-high */
};

#define HOST_MAX_DMA_RANGES 16 /* real buses have up to eight */

struct host_facts {
	const struct host_node *node;
	bool amba;
	bool coherent; /* dma-coherent here or on a bus above (of_dma_is_coherent()) */
	/* where memory is for it (host_dma_ranges()); none: where it is for the CPUs */
	struct host_dma_range dma[HOST_MAX_DMA_RANGES];
	unsigned int n_dma;
	struct range *regions; /* up to the first that cannot be translated, as Linux counts */
	unsigned int n_regions;
	unsigned int n_reg_entries; /* in "reg"; the rest cannot be translated */
	/*
	 * All that the two properties name. VFIO's count ends before the first that is unresolved
	 * (platform_get_irq() fails there). Of an AMBA device both ends are Linux's: one region,
	 * nine interrupts (include/linux/amba/bus.h).
	 */
	struct host_irq_fact *irqs;
	unsigned int n_irqs;
};

/*
 * All of it; -ENOMEM, or -EINVAL for a node whose reg or interrupts make no sense at all (absurd
 * cell counts, cyclic parents), with what and where. host_facts_destroy() also after an error.
 */
int host_facts_read(const struct host_tree *tree, const struct host_node *node,
		    struct host_facts *facts, struct err *err);
void host_facts_destroy(struct host_facts *facts);
/* As many as VFIO counts: it ends before the first that has no Linux number
 * (vfio_platform_irq_init()). */
unsigned int host_facts_n_usable_irqs(const struct host_facts *facts);

/* The first interrupt with the line of interrupt @index; @index, where the tree does not tell. */
unsigned int host_facts_first_irq(const struct host_facts *facts, unsigned int index);

const char *host_trigger_name(enum host_trigger trigger);
/* irqs.c: all of them, in order; the caller frees *irqs, also after an error. */
int host_irqs_read(const struct host_tree *tree, const struct host_node *node,
		   struct host_irq_fact **irqs, unsigned int *n_irqs, struct err *err);

/* CPU address - bus address of its first dma-range; 0: they are the same. */
uint64_t host_dma_offset(const struct host_facts *facts);

/* Parts of it, for those who need no more: the n-th region, in *range. False: there is none. */
bool host_region(const struct host_node *node, unsigned int n, struct range *range);

#endif
