/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GRAFT_DEVICE_POLICY_H
#define FDT_GRAFT_DEVICE_POLICY_H

#include <stdbool.h>

#include "fdt/graft_device.h"

/* A rule of the policy: what becomes of the properties of this name, and why. */
struct graft_rule {
	const char *pattern; /* of the property's name, for fnmatch(3) */
	enum graft_verdict verdict;
	const char *reason;
	/* What defines the property: a file of dt-schema, or below Linux's bindings directory. */
	const char *binding;
	bool (*when)(const struct graft_facts *facts); /* the rule holds only then; NULL: always */
};

/* The first rule that holds for this property; never NULL. */
const struct graft_rule *graft_device_rule_find(const char *property,
						const struct graft_facts *facts);

#endif
