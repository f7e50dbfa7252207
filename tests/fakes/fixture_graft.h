/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FIXTURE_GRAFT_H
#define TESTS_FAKES_FIXTURE_GRAFT_H

#include "fdt/guest/graft.h"

/*
 * A plan for devices of a tree by their paths, with the facts that the tree tells: regions from
 * 0x10000000 upward, in order, their offset in the page kept; SPIs from 0. @host and @answers, for
 * all of them, may be NULL. The caller destroys it.
 */
struct graft *fixture_graft(const struct host_tree *tree, const char *const *paths, unsigned int n,
			    const struct graft_host *host, const struct graft_answers *answers);

/* The guest's tree of the first @n devices, which pass. It is sound, and the caller's. */
struct host_tree *fixture_guest_tree(struct graft *graft, unsigned int n);

/* What became of a property of the node at @path ("mdio/phy@1", "") below @node; NULL: no such. */
const struct graft_item *fixture_item(const struct graft_node *node, const char *path,
				      const char *property);

#endif
