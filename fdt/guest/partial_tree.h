/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_PARTIAL_TREE_H
#define FDT_GUEST_PARTIAL_TREE_H

/*
 * Partial device trees, as Xen's users write them of a device to assign (its
 * docs/misc/arm/passthrough.txt; what Xen reads of them: handle_prop_pfdt() in
 * xen/common/device-tree/dom0less-build.c of 4.20), as an overlay that brings the device's node
 * (overlay.h):
 *
 *	/ { passthrough { ethernet@10000000 {
 *		xen,path = "/soc/ethernet@fff51000";	the device of the host
 *		xen,reg = <host address, size, address in the guest>;
 *		interrupts = …;				the host's: Xen gives the guest the same
 *	}; clock { … }; }; };				what it needs
 */
#include <stdbool.h>
#include <stddef.h>

#include "fdt/guest/graft.h"
#include "fdt/host/facts.h"
#include "vmm/base/arena.h"
#include "vmm/base/err.h"

/* Bytes that a user has given as an overlay are such a tree; they need not be sound. */
bool partial_tree_is(const void *blob, size_t size);

/* What is translated, and of which device. */
struct partial_tree {
	const char *file; /* its name, for messages */
	const void *blob;
	size_t size;
	const char *label;              /* dt-symbol=, or NULL */
	const char *name;               /* the device's, unique in the guest: the node's label */
	const struct host_facts *facts; /* the host's */
};

/*
 * *overlay (*size bytes, malloc'ed) has @p->name as the label of the device's node. *nodes, in
 * @arena, tells what became of each property. An error when no node or several can be the
 * device's, or when its registers and interrupts are others than the host's.
 */
int partial_tree_translate(const struct partial_tree *p, struct arena *arena,
			   struct graft_node **nodes, void **overlay, size_t *size,
			   struct err *err);

#endif
