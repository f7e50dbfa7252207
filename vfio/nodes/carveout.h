/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_CARVEOUT_H
#define VFIO_CARVEOUT_H

/*
 * Carve-outs: memory that the host's tree reserves for assigned devices, and what the guest gets in
 * its place (carveout.NAME=): a piece of its RAM, or that memory itself at the same address. For
 * all devices of a guest together; a region that several of them share is one in the guest, too.
 *
 *	vfio_carveouts_add()	for each device
 *	vfio_carveouts_open()	not for a plan
 *	vfio_carveouts_avoid()	before guest RAM is planned
 *	vfio_carveouts_place()	when guest RAM is planned
 *	vfio_carveouts_of()	the device's, for the graft
 */
#include "fdt/guest/graft.h"
#include "fdt/host/carveout.h"
#include "vfio/settings.h"
#include "vmm/base/err.h"

struct iova_list;
struct memmap;
struct ram;

struct vfio_carveout {
	const struct host_node *device;
	struct host_carveout host;
	const struct vfio_carveout_answer *answer;
	int fd; /* of the host's own memory; -1: not open */
};

/* All zero: none. */
struct vfio_carveouts {
	struct vfio_carveout *wanted;
	struct graft_carveout *guest; /* one for each of them */
	unsigned int n;
};

/*
 * @device's node and @what it is called in messages; @tree and @answers outlive the list. Refuses
 * the host's own memory where a guest could not use it as memory.
 */
int vfio_carveouts_add(struct vfio_carveouts *carveouts, const struct host_tree *tree,
		       const struct host_node *device, const char *what,
		       const struct vfio_answers *answers, struct err *err);
/* Open where the host's own memory comes from. */
int vfio_carveouts_open(struct vfio_carveouts *carveouts, struct err *err);
/* Add to @list where the host's own memory will be; it must not overlap what is there. */
int vfio_carveouts_avoid(const struct vfio_carveouts *carveouts, struct iova_list *list,
			 struct err *err);
/* Guest RAM is carved, the host's own memory becomes a bank of @ram. */
int vfio_carveouts_place(struct vfio_carveouts *carveouts, const struct memmap *map,
			 struct ram *ram, struct err *err);
/* Set the facts' carve-outs; they point into @carveouts. */
void vfio_carveouts_of(const struct vfio_carveouts *carveouts, const struct host_node *device,
		       struct graft_facts *facts);
void vfio_carveouts_destroy(struct vfio_carveouts *carveouts);

#endif
