/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_NODES_SHADOW_H
#define VFIO_NODES_SHADOW_H

/*
 * Memory that stands in for a syscon of the host's (syscon.NAME=shadow), for drivers that insist on
 * one. It begins with what the host's registers hold, as far as the host tells; what the guest
 * writes stays there. For all devices of a guest together: one that several of them name is one.
 *
 *	vfio_shadows_add()	for each device
 *	vfio_shadows_place()	each device, behind its own regions
 *	vfio_shadows_attach()	… in a run
 *	vfio_shadows_of()	the device's, for the graft
 */
#include <pthread.h>

#include "devices/platform_bus.h"
#include "fdt/guest/graft.h"
#include "vfio/settings.h"
#include "vmm/base/arena.h"
#include "vmm/base/err.h"

struct vm;

struct vfio_shadow {
	const struct host_node *device;
	char name[96];    /* for messages */
	uint64_t size;    /* bytes */
	uint8_t *initial; /* what it begins with, and behind that what it holds, @size each; NULL:
			     not attached, or by another device */
	pthread_mutex_t lock; /* @memory's, when vCPUs run */
};

/* All zero: none. */
struct vfio_shadows {
	struct vfio_shadow *wanted;
	struct graft_shadow *guest; /* one for each of them */
	unsigned int n;
	struct arena initial; /* of all */
};

/* The node of which @name names something: "NAME" of the device's own, "CHILD/NAME" of one below
 * it, "/PATH/NAME" of any; NULL: there is none. *last: NAME. */
const struct host_node *vfio_node_named(const struct host_tree *tree,
					const struct host_node *device, const char *name,
					const char **last);

/* @device's node and @what it is called in messages; @tree outlives the list. @live: the tree is
 * the running host's, which may tell what registers hold. */
int vfio_shadows_add(struct vfio_shadows *shadows, const struct host_tree *tree, bool live,
		     const struct host_node *device, const char *what,
		     const struct vfio_answers *answers, struct err *err);
int vfio_shadows_place(struct vfio_shadows *shadows, const struct host_node *device,
		       struct platform_bus *bus, struct err *err);
/* Read what they begin with, and answer the guest's accesses. */
int vfio_shadows_attach(struct vfio_shadows *shadows, const struct host_node *device, struct vm *vm,
			struct err *err);
/* As at the start of the guest; no vCPU runs. */
void vfio_shadows_reset(struct vfio_shadows *shadows, const struct host_node *device);
/* Set the facts' shadows; they point into @shadows. */
void vfio_shadows_of(const struct vfio_shadows *shadows, const struct host_node *device,
		     struct graft_facts *facts);
void vfio_shadows_destroy(struct vfio_shadows *shadows);

#endif
