/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_GRAFT_POLICY_H
#define FDT_GUEST_GRAFT_POLICY_H

#include <stdbool.h>

#include "fdt/guest/graft_parts.h"

/* A rule of the policy: what becomes of a property, and why. */
struct graft_rule {
	const char *pattern;                           /* of the property's name, for fnmatch(3) */
	enum reference_kind kind;                      /* of what it points at; GRAFT_ANY_KIND */
	bool (*when)(const struct graft_place *place); /* the rule holds only then; NULL: always */
	enum graft_verdict verdict;
	const char *reason;
	/* What defines the property: a file of dt-schema, or below Linux's bindings directory. */
	const char *binding;
	/* Does it, and may find a verdict and a reason of its own; NULL: as the verdict says. */
	void (*act)(struct graft_place *place, struct graft_item *item);
};

#define GRAFT_ANY_KIND ((enum reference_kind) - 1)

/* The first rule that holds for this property; never NULL. */
const struct graft_rule *graft_rule_find(const struct graft_place *place);

/* Decide: the rule, unless the guest has all that the property points at. */
void graft_policy_apply(struct graft_place *place, struct graft_item *item);

/*
 * graft_needs.c: what the bindings of some devices require, or their drivers insist on, that others
 * do without.
 */
struct graft_need {
	enum reference_kind kind;
	const char *compatible;     /* of the device, for fnmatch(3) */
	enum graft_verdict verdict; /* DROP: required, but drivers do not mind; ASK; REFUSE */
	const char *binding;        /* below Linux's bindings directory */
};
/* NULL: the device does without. */
const struct graft_need *graft_need_find(enum reference_kind kind, const struct host_node *node);

#endif
