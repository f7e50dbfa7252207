/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_HOST_SHARED_H
#define FDT_HOST_SHARED_H

/*
 * Who of the host has the same interrupt lines and registers: an index of the whole tree. Nodes
 * that are not available are left out, and of registers those that are no device (no compatible).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fdt/host/facts.h"
#include "fdt/host/tree.h"
#include "vmm/base/built.h"
#include "vmm/base/range.h"

/* What a node is to the host, whoever its driver is. */
enum host_role {
	HOST_ROLE_DEVICE,
	HOST_ROLE_PROVIDER, /* of clocks, resets or power */
	HOST_ROLE_INTERRUPTS,
	HOST_ROLE_IOMMU,
};

/* A line that two have the kernel refuses by itself: they are here for those who tell of it. */
#define HOST_LINES (BUILT(PLAN) || BUILT(REMEDIES) || BUILT(TRACE))

struct host_line {
	const struct host_node *node, *controller;
	uint32_t cells[4];  /* of the specifier, without the trigger */
	unsigned int index; /* of the node's interrupts */
	enum host_role role;
};

struct host_window {
	const struct host_node *node;
	struct range range;
	uint64_t reach; /* the last byte of it and of all before it in the index */
	enum host_role role;
};

/* -ENOMEM. Before the first question; more than once does nothing. */
int host_shared_create(const struct host_tree *tree);
/* The @n uses of the line of @irq, the device's own among them, in tree order. */
const struct host_line *host_lines_find(const struct host_tree *tree,
					const struct host_irq_fact *irq, size_t *n);
/* The next window that overlaps @range; *at is SIZE_MAX for the first. NULL: no more. */
const struct host_window *host_windows_next(const struct host_tree *tree, struct range range,
					    size_t *at);

/*
 * A timer that the kernel takes before there are drivers (TIMER_OF_DECLARE()): the file of Linux
 * that does it, or NULL.
 */
const char *host_kernel_timer(const struct host_tree *tree, const struct host_node *node);
/* It would, or takes another one in its place: it is a timer of this kind. */
bool host_is_early_timer(const struct host_node *node);

/* For host_tree_finish() and host_tree_destroy(). */
struct host_shared;
int host_shared_init(struct host_tree *tree);
void host_shared_destroy(struct host_shared *shared);

#endif
