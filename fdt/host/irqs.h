/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_IRQS_H
#define FDT_HOST_IRQS_H

/* The interrupts of a device, for fdt/host/facts.c. */
#include "fdt/host/facts.h"

/* Fills facts->irqs of facts->node; the same errors. */
int host_irqs_read(const struct host_tree *tree, struct host_facts *facts, struct err *err);

#endif
