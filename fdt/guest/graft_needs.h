/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_GRAFT_NEEDS_H
#define FDT_GUEST_GRAFT_NEEDS_H

/* What the bindings of some devices require, or their drivers insist on, that others do without. */
#include "fdt/guest/graft.h"
#include "fdt/host/reference_table.h"

struct graft_need {
	unsigned char kind;    /* enum reference_kind: of what is pointed at */
	unsigned char verdict; /* GRAFT_DROP: required, but drivers do not mind; ASK; REFUSE */
	char binding[38];      /* below Linux's bindings directory */
	char patterns[30];     /* of the device's compatible: str_matches() */
};
/* NULL: the device does without. */
const struct graft_need *graft_need_find(enum reference_kind kind, const struct host_node *node);

#endif
