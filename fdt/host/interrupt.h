/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_INTERRUPT_H
#define FDT_HOST_INTERRUPT_H

/*
 * Where an interrupt of the host's tree goes: through interrupt parents and nexus maps to the
 * controller that Linux asks for a number, as drivers/of/irq.c does it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "fdt/host/tree.h"

#define HOST_INTERRUPT_MAX_CELLS 16 /* MAX_PHANDLE_ARGS */

/* The interrupt of one device that is being followed. */
struct interrupt {
	const struct host_node *controller;
	uint32_t cells[HOST_INTERRUPT_MAX_CELLS];
	unsigned int n_cells;
};

/* The tree, and how many steps up may still be made: parents can go in a circle. */
struct interrupt_walk {
	const struct host_tree *tree;
	unsigned int n_steps;
};
#define HOST_INTERRUPT_MAX_STEPS (4 * HOST_TREE_MAX_DEPTH)

/* The next node up that has #interrupt-cells. NULL: none, or walk->n_steps came to 0. */
const struct host_node *interrupt_parent(struct interrupt_walk *walk, const struct host_node *node);
/*
 * Follow @interrupt of @device, which holds the first controller and its specifier, to the last.
 * False: it leads nowhere, or walk->n_steps came to 0.
 */
bool interrupt_resolve(struct interrupt_walk *walk, const struct host_node *device,
		       struct interrupt *interrupt);

#endif
