/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_NODES_NODES_H
#define VFIO_NODES_NODES_H

/*
 * From the host's device tree to the guest's nodes of all its assigned devices, for "dais run",
 * "plan", "list" and "check" alike. What differs is where the facts of a device come from: VFIO,
 * which has opened it, or the host's tree. Order of calls:
 *
 *	vfio_node_read()	each device: what the user said of it
 *	vfio_node_look_up()	its node in the host's tree, and the facts in it
 *	vfio_node_make_room()	as many regions and interrupts as VFIO offers, or as it would by
 *				the tree; then their sizes and triggers are the caller's to fill in
 *	vfio_nodes_reserve()	all of them: memory that the host reserves for them
 *	vfio_node_place()	each: guest addresses and SPIs
 *	vfio_nodes_graft()	all: what becomes of the host's nodes
 *	vfio_node_write()	each, into the guest's tree
 *	vfio_nodes_overlay()	the finished tree; then dt_check()
 *
 * A device that cannot be passed is a result, which does not touch the others: node->err,
 * node->result. An error is what stops all of them.
 */
#include <stdbool.h>
#include <stddef.h>

#include "devices/platform_bus.h"
#include "fdt/guest/graft.h"
#include "fdt/guest/overlay.h"
#include "fdt/host/carveout.h"
#include "fdt/host/facts.h"
#include "fdt/host/tree.h"
#include "vfio/host/live.h"
#include "vfio/nodes/shadow.h"
#include "vfio/settings.h"
#include "vfio/vfio.h"
#include "vmm/base/err.h"

struct iova_list;
struct memmap;
struct ram;

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

/* ---- All of a device */

/* overlay= and dt-symbol=. */
struct vfio_overlay {
	struct overlay file; /* without a path: the device has no overlay */
	char *data;          /* what is in the file */
	const char *label; /* of the device's node, here or in another device's overlay, or NULL */
	bool brings;       /* the overlay has the node itself: the graft's is not written */
	bool partial;      /* a tree for Xen, to be translated when the device's node is known */
	struct graft_node *nodes; /* that the overlay brings to the root; in @arena */
	struct arena arena;
};

/* A register window or an interrupt that is to have a place in the guest. */
struct vfio_node_part {
	char name[160];  /* "10000000.ahci region 0" */
	uint64_t wanted; /* address or SPI; PLATFORM_BUS_ANY: the bus chooses */
};

/* clocks, resets and power-domains, in this order, and supplies that the user names */
#define VFIO_N_SERVED 4

/* One device. */
struct vfio_node {
	struct vfio_node *next; /* struct vfio_nodes' list */
	const struct device_config *config;
	char name[128];                        /* Linux's: "10000000.ahci" */
	const struct host_node *host;          /* NULL: not looked up yet */
	const struct vfio_host_device *device; /* the caller has found it, and keeps it; or NULL */
	struct host_facts facts;
	struct vfio_answers answers;
	struct vfio_overlay overlay;
	/* In the guest. Before it is placed a region begins at the host's address of it, or at the
	 * offset of that in its page. */
	struct range *regions;
	struct graft_irq *irqs;
	struct vfio_node_part *parts; /* the regions, then the interrupts */
	unsigned int n_regions;
	unsigned int n_irqs;
	bool amba;
	bool direct_dma;  /* no IOMMU translates its addresses */
	bool keeps_power; /* dais' own driver hands it out */
	/* SCMI serves its clocks, reset lines and power domains: so many, from these numbers on */
	bool is_served;
	unsigned int n_served[VFIO_N_SERVED];
	struct graft_scmi scmi;
	int number; /* in the graft; negative: @err says why it did not come so far */
	enum graft_result result;
	struct err err;
};

/* All devices of a guest. */
struct vfio_nodes {
	const struct host_tree *tree;
	struct host_live *live; /* NULL: the tree is a file's */
	enum vfio_backend backend;
	bool for_dais;       /* the tree is a file's: as if dais' own driver had the devices */
	const char *console; /* path of dais' own in the guest; NULL: it has none */
	struct vfio_node *first;
	struct vfio_carveouts carveouts;
	struct vfio_shadows shadows;
	struct graft *graft;
};

/*
 * The running host's tree, unless *tree is that already, and what goes with it (@live may be NULL);
 * both NULL when the host has no device tree.
 */
int vfio_nodes_read_host(struct host_tree **tree, struct host_live **live, struct err *err);

/* @config outlives @node, which need not be initialised. vfio_node_destroy() also after an error.
 */
int vfio_node_read(struct vfio_node *node, const struct device_config *config, struct err *err);
void vfio_node_destroy(struct vfio_node *node);

/* A second call does nothing. Facts that make no sense are in node->err. */
int vfio_node_look_up(const struct vfio_nodes *nodes, struct vfio_node *node, struct err *err);

/* What the user names of the device (clocks, supplies, properties) is there. */
int vfio_node_check_names(const struct vfio_nodes *nodes, const struct vfio_node *node,
			  struct err *err);
/*
 * For a run, before a device is bound or opened: all that its settings, overlay and node tell, and
 * that it can be passed at all. *tree, the caller's: the host's, NULL until it is read.
 */
int vfio_nodes_check_settings(const struct device_config *configs, unsigned int n,
			      struct host_tree **tree, struct err *err);
/* As if VFIO had said what the host's tree does: the room, sizes and triggers. */
int vfio_node_use_tree(struct vfio_node *node, struct err *err);

/* What the user pinned of them is read, too. */
int vfio_node_make_room(struct vfio_node *node, unsigned int n_regions, unsigned int n_irqs,
			struct err *err);

/*
 * Look up those devices that want memory of the host's or in its place, and add to @list where the
 * host's own will be: guest RAM must not be there. Then vfio_carveouts_place(&nodes->carveouts, …).
 */
int vfio_nodes_reserve(struct vfio_nodes *nodes, struct iova_list *list, struct err *err);

/* What the user pinned of the device first, so that nothing else of it takes its place. */
int vfio_node_place(struct vfio_nodes *nodes, struct vfio_node *node, struct platform_bus *bus,
		    struct err *err);

/* served.c: whether dais' own driver would hold anything of the node; what SCMI serves of all nodes
 * is numbered, in their order and that of the properties. */
extern const char *const vfio_served_names[VFIO_N_SERVED]; /* "clock" */
bool vfio_node_has_held(const struct vfio_node *node);
int vfio_nodes_number_served(const struct vfio_nodes *nodes, struct err *err);

int vfio_nodes_graft(struct vfio_nodes *nodes, struct err *err);
/* All that the graft asks is about a node that the guest does not get: an overlay brings another.
 */
bool vfio_node_is_answered(const struct vfio_nodes *nodes, const struct vfio_node *node);
/* What the graft made of it; NULL: it did not come so far. */
const struct graft_node *vfio_node_graft(const struct vfio_nodes *nodes,
					 const struct vfio_node *node);
/* What the guest gets: that, or what an overlay brings in its place. */
const struct graft_node *vfio_node_outcome(const struct vfio_nodes *nodes,
					   const struct vfio_node *node);

/*
 * The nodes of one device, below the root. An error when it does not pass, with why and what to
 * give. graft_write_shared() comes behind all of them.
 */
int vfio_node_write(const struct vfio_nodes *nodes, const struct vfio_node *node, struct dt *dt,
		    struct err *err);

/* Put the overlays of the devices that pass over the finished tree *blob, which is replaced. */
int vfio_nodes_overlay(const struct vfio_nodes *nodes, void **blob, size_t *size, struct err *err);

/* The graft and the carve-outs; the devices are the caller's. */
void vfio_nodes_destroy(struct vfio_nodes *nodes);

#endif
