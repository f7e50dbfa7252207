/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_OVERLAY_H
#define FDT_GUEST_OVERLAY_H

/*
 * Device tree overlays (.dtbo: Linux's Documentation/devicetree/overlay-notes.rst) from the user,
 * for what no rule can know of an assigned device. An overlay names the device by a label, in one
 * of two ways:
 *
 *	&disk { dma-coherent; };	changes the node that the graft has made
 *
 *	&{/} { disk: disk { compatible = …; }; };	brings the node itself, as for crosvm's
 *							dt-symbol=disk: dais fills in reg and
 *							interrupts, and the graft's node is not
 *							written: overlay_brings() tells
 *
 * The guest's interrupt controller has the label intc, as with crosvm.
 */
#include <stdbool.h>
#include <stddef.h>

#include "fdt/guest/graft.h"
#include "vmm/base/arena.h"
#include "vmm/base/err.h"

/* A device that overlays may name. */
struct overlay_device {
	const char *label;
	const char *path; /* of its node in the tree, NULL: an overlay brings it */
	struct graft_facts facts;
};

struct overlay {
	const char *path; /* of the file, for messages */
	const void *blob;
	size_t size; /* bytes */
};

/* The only label that it leaves open, or, when there is none, the only one that it has; else NULL.
 */
const char *overlay_label(const struct overlay *overlay);

/*
 * Refuses what is no overlay, has more levels than a host's tree may have, or names @label nowhere.
 * The error names file and label.
 */
int overlay_check(const struct overlay *overlay, const char *label, struct err *err);

/* The path that the overlay has for @label, in its blob; NULL: none. */
const char *overlay_symbol(const struct overlay *overlay, const char *label);
/* The overlay has a node of this label itself. */
bool overlay_brings(const struct overlay *overlay, const char *label);

/*
 * The nodes that it puts below the root, told as the graft's, in @arena; @label's is that of @host.
 * It has been checked.
 */
int overlay_tell(const struct overlay *overlay, const char *label, const struct host_node *host,
		 struct arena *arena, struct graft_node **nodes, struct err *err);

/*
 * Apply an overlay that has been checked to a finished tree: *blob is malloc'ed and is replaced,
 * *size bytes. On error it is as it was. The error names the overlay, and the label that no device
 * has.
 */
int overlay_apply(void **blob, size_t *size, const struct overlay *overlay,
		  const struct overlay_device *devices, size_t n_devices, struct err *err);

#endif
