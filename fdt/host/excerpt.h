/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_EXCERPT_H
#define FDT_HOST_EXCERPT_H

/*
 * As much of a host's tree as tells what a guest would get of some of its devices, without what
 * tells whose host it is: what a board's owner sends to somebody who has no such board.
 */
#include <stdbool.h>
#include <stdio.h>

#include "fdt/host/tree.h"

/*
 * Mark, by index, what says something of @device: its node and those below, who points at them, who
 * has the same interrupt lines or registers, what all hosts have (CPUs, memory, aliases ...), and
 * what all these need. -ENOMEM, or what host_facts_read() says.
 */
int host_excerpt_mark(const struct host_tree *tree, const struct host_node *device, bool *marked,
		      struct err *err);

/*
 * The value that stands for that of a property which tells whose host it is, or lets its random
 * numbers be foretold: serial numbers, MAC addresses, UUIDs, seeds, the command line. @property is
 * of @node. NULL: the property tells nothing of that kind. @stand_in is filled, and its value of
 * the same size good until the next call.
 */
const struct host_property *host_excerpt_stand_in(const struct host_node *node,
						  const struct host_property *property,
						  struct host_property *stand_in);

#endif
