/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_GRAFT_PARTS_H
#define FDT_GUEST_GRAFT_PARTS_H

/*
 * What the files of the graft share; nobody else includes it.
 *
 * graft_plan() decides by passes. A pass begins with the belief that the guest gets every device's
 * whole subtree, and drops the devices on a bus (an I2C slave, say) that cannot be passed; that may
 * take away what others point at, so it begins again until nothing more is dropped.
 */
#include "fdt/guest/graft.h"
#include "fdt/host/facts.h"
#include "fdt/host/reference.h"
#include "fdt/host/tree.h"
#include "vmm/base/arena.h"

/* What the graft knows of a node of the host, by its index. */
struct graft_mark {
	bool in_guest;   /* of an assigned device, and copied */
	bool referenced; /* a value of the guest's points at it */
	char *dropped;   /* why it is not copied, although it is of an assigned device; malloc'ed */
};

/* A display controller has few outputs. */
#define GRAFT_MAX_PARTNERS 8

struct graft_device {
	const struct host_node *node;
	const char *name;
	struct graft_facts facts; /* owns its arrays */
	struct graft_answers answers;
	struct host_facts host;      /* what the tree says */
	struct graft_node *nodes;    /* its own first; of the pass */
	struct graft_node *bus;      /* that its own is below; NULL: the root. Of the pass */
	const char *path;            /* of its own; of the pass */
	struct graft_node *reserved; /* one of them: /reserved-memory; NULL: it has none */
	/* Connectors and panels that it brings along; of the pass. */
	const struct host_node *partners[GRAFT_MAX_PARTNERS];
	size_t n_partners;
	enum graft_result result;
	const char **reasons; /* of the pass */
	size_t n_reasons;
};

struct graft {
	const struct host_tree *tree;
	struct graft_host host;
	struct graft_mark *marks; /* of each node of the tree */
	struct graft_device *devices;
	unsigned int n_devices;
	uint32_t n_made; /* nodes that have a phandle of no host node */
	bool again;      /* something was dropped: another pass */
	struct arena arena;
};

/* What a node is, to its device. */
enum graft_role {
	GRAFT_ROLE_DEVICE,
	GRAFT_ROLE_PART,  /* a child that the device's driver reads */
	GRAFT_ROLE_SLAVE, /* a device on the bus that the device drives: it can be left out */
	GRAFT_ROLE_ETHERNET_PHY, /* a slave that works without all that its node refers to */
	GRAFT_ROLE_DATA,         /* stand-alone data that a property points at */
	GRAFT_ROLE_CARVEOUT,     /* a region of /reserved-memory */
};

/* A property being decided. */
struct graft_place {
	struct graft *graft;
	struct graft_device *device;
	const struct host_node *node;
	struct graft_node *out;
	enum graft_role role;
	const struct host_property *property;
	enum reference_kind kind;
	struct reference_list refs;
};

/* graft_walk.c: a node with all below it. NULL: out of memory. */
struct graft_node *graft_plan_node(struct graft *graft, struct graft_device *device,
				   const struct host_node *node, enum graft_role role,
				   const char *name);
/* "mdio/phy@1/": the node as seen from its device, "" for the device itself. */
void graft_node_prefix(const struct graft_device *device, const struct host_node *node, char *buf,
		       size_t size);
/* The next free item of a node that has room for it. */
struct graft_item *graft_item_add(struct graft_node *node, const char *property);
void graft_item_set(struct graft_item *item, enum graft_verdict verdict, const char *binding,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Add to the reason. */
void graft_item_append(struct graft_item *item, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Add ", OPTION" to what the user is asked. */
void graft_item_ask(struct graft_item *item, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void graft_item_copy(struct graft_item *item, const struct host_property *property);
void graft_item_cells(struct graft *graft, struct graft_item *item, const uint32_t *cells,
		      size_t n);
/* For a reason: the nodes that the property points at: "/soc/gpio@1000 and 2 more". */
const char *graft_target_names(const struct graft_place *place, char *buf, size_t size);

/* graft_actions.c: the properties that dais writes itself, for the policy table. */
void graft_act_compatible(struct graft_place *place, struct graft_item *item);
void graft_act_reg(struct graft_place *place, struct graft_item *item);
void graft_act_cells(struct graft_place *place, struct graft_item *item);
void graft_act_ranges(struct graft_place *place, struct graft_item *item);
void graft_act_dma_ranges(struct graft_place *place, struct graft_item *item);
void graft_act_coherent(struct graft_place *place, struct graft_item *item);
/* Those that the host's node has not, but the guest's must have. */
void graft_add_own(struct graft_place *place);

/* graft_interrupt.c */
void graft_act_interrupts(struct graft_place *place, struct graft_item *item);
void graft_act_interrupt_parent(struct graft_place *place, struct graft_item *item);

/* graft_clock.c */
void graft_act_clocks(struct graft_place *place, struct graft_item *item);
void graft_add_apb_pclk(struct graft_place *place);
/* clock-names of an AMBA device whose clocks were replaced by that one. False: they were not. */
bool graft_name_apb_pclk(const struct graft_place *place, struct graft_item *item);

/* graft_carveout.c */
/* Of a region of /reserved-memory: where it is in the guest. */
void graft_act_carveout(struct graft_place *place, struct graft_item *item);
void graft_act_memory(struct graft_place *place, struct graft_item *item);
void graft_mark_carveouts(struct graft *graft, const struct graft_device *device);
void graft_plan_carveouts(struct graft *graft, struct graft_device *device);

/* graft_supply.c */
void graft_act_supply(struct graft_place *place, struct graft_item *item);

/* graft_reference.c: what points at other nodes. */
void graft_act_names(struct graft_place *place, struct graft_item *item);
void graft_act_graph(struct graft_place *place, struct graft_item *item);
void graft_act_nvmem(struct graft_place *place, struct graft_item *item);
void graft_act_needed(struct graft_place *place, struct graft_item *item);
/* Keep the references when the guest has all that they point at. False: it has not. */
bool graft_keep_references(struct graft_place *place, struct graft_item *item);

/* graft_closure.c: further nodes that a device brings along. */
/* Phandle that the guest knows the host's node by; 0: the guest does not have it. */
uint32_t graft_guest_phandle(struct graft *graft, const struct graft_device *device,
			     const struct host_node *node);
/* It has the host's node, or may have a copy of it: it is data that stands alone. */
bool graft_can_have(const struct graft_place *place, const struct host_node *node);
/* As graft_guest_phandle(), but data that stands alone is copied first. */
uint32_t graft_copy_data(struct graft_place *place, const struct host_node *node);
/* A node of dais's own with room for @n items; NULL: out of memory. */
struct graft_node *graft_make_node(struct graft_place *place, const char *name, size_t n);
void graft_make_cell(struct graft *graft, struct graft_node *node, const char *property,
		     uint32_t value);
void graft_make_string(struct graft *graft, struct graft_node *node, const char *property,
		       const char *value);
/* Put a node behind the device's own. */
void graft_join(struct graft_device *device, struct graft_node *node);
struct graft_node *graft_find_made(const struct graft_device *device, const char *prefix);

/* graft_children.c */
enum graft_role graft_child_role(const struct host_node *child);
/* Children's addresses are the device's parent's: it has "ranges". */
bool graft_is_mmio_bus(const struct host_node *node);
/* Mark what of a device the guest gets. */
void graft_mark_device(struct graft *graft, struct graft_device *device);
/* The same for the stand-alone nodes that its graph leads to, when all devices are marked. */
void graft_mark_partners(struct graft *graft, struct graft_device *device);
void graft_plan_children(struct graft *graft, struct graft_device *device,
			 const struct host_node *node, struct graft_node *out);
/* The n-th region of a child in the guest. False: it has none that lies in a region of the device.
 */
bool graft_child_region(const struct graft_device *device, const struct host_node *child,
			unsigned int n, struct range *range);
bool graft_has_addressed_child(const struct graft *graft, const struct host_node *node);

/* graft_bus.c: the bus with the host's dma-ranges, if the device needs them, and its path. */
void graft_plan_bus(struct graft *graft, struct graft_device *device);

/* graft_verdict.c: the device as a whole. */
void graft_judge_device(struct graft *graft, struct graft_device *device);
/* The worst of a node and all below it; *item is the first such. */
enum graft_verdict graft_worst(const struct graft_node *node, const struct graft_item **item);

#endif
