/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_IRQS_H
#define FDT_HOST_IRQS_H

/* The interrupts of a device, a part of facts.h. */
#include <stdbool.h>
#include <stdint.h>

#include "fdt/host/tree.h"
#include "vmm/base/err.h"

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
		HOST_IRQ_OK,          /* Linux gives it a number, so VFIO can hand it out */
		HOST_IRQ_PPI,         /* private to a CPU: VFIO cannot */
		HOST_IRQ_UNRESOLVED,  /* no controller, or a specifier that does not fit it */
		HOST_IRQ_PLACEHOLDER, /* one before it has the same specifier: VFIO cannot take
					 that twice */
	} kind;
	const struct host_node *controller; /* after nexus maps; NULL: unresolved */
	bool is_gic;                        /* @controller is the GIC itself */
	uint32_t specifier[4];              /* for @controller; first @n_cells */
	unsigned int n_cells;
	enum host_trigger trigger;
	bool edge; /* in the guest: edge-rising; else level-high */
};

const char *host_trigger_name(enum host_trigger trigger);

/* All of them, in order; the caller frees *irqs, also after an error. As host_facts_read(). */
int host_irqs_read(const struct host_tree *tree, const struct host_node *node,
		   struct host_irq_fact **irqs, unsigned int *n_irqs, struct err *err);

#endif
