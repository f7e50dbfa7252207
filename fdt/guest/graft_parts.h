/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_GRAFT_PARTS_H
#define FDT_GUEST_GRAFT_PARTS_H

/*
 * What the files of the graft share; nobody else includes it. They stand here from below to above:
 * each calls only what is above it on this page.
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
#include "vmm/base/built.h"

/* Somebody shows reasons: a plan, the cause of an error, a trace. */
#define GRAFT_REASONS      (BUILT(PLAN) || BUILT(REMEDIES) || BUILT(TRACE))
#define GRAFT_REASON(text) (GRAFT_REASONS ? (text) : "")

/* What the graft knows of a node of the host, by its index. */
struct graft_mark {
	bool in_guest;       /* of an assigned device, and copied */
	bool referenced;     /* a value of the guest's points at it */
	const char *dropped; /* why it is not copied, although it is of an assigned device */
	const char *refused; /* why it cannot be assigned, too; NULL: it can, or was not tried */
};

/* A display controller has few outputs. */
#define GRAFT_MAX_PARTNERS 8

struct graft_device {
	const struct host_node *node;
	const char *name;
	struct graft_facts facts;
	struct graft_answers answers;
	struct host_facts host;      /* what the tree says */
	struct graft_outcome out;    /* of the pass */
	struct graft_node *reserved; /* one of them: /reserved-memory; NULL: it has none */
	struct graft_node *aliases;  /* another: its part of /aliases */
	bool written;
	bool clashes; /* with another that is assigned */
	/* Connectors and panels that it brings along; of the pass. */
	const struct host_node *partners[GRAFT_MAX_PARTNERS];
	size_t n_partners;
	const char **reasons;
	size_t n_reasons;
	struct graft_question *questions;
	size_t n_questions;
};

struct graft {
	const struct host_tree *tree;
	struct graft_host host;
	struct graft_mark *marks; /* of each node of the tree */
	const char **refused;     /* what is known by other plans, as in marks; NULL: nothing */
	struct graft_device *devices;
	unsigned int n_devices;
	uint32_t n_made;    /* nodes that have a phandle of no host node */
	bool passed;        /* marks are those of a pass */
	bool again;         /* something was dropped: another pass */
	struct arena arena; /* of the pass */
	struct arena kept;  /* of the graft */
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
	struct graft_item *item; /* what becomes of it */
};

/*
 * graft_node.c: nodes and items of the guest. Without memory graft->arena.failed is set, and what
 * returns a pointer returns NULL.
 */
/* The next free item of a node that has room for it. */
struct graft_item *graft_item_add(struct graft_node *node, const char *property);
/* The verdict and the reason. */
void graft_set(struct graft_place *place, enum graft_verdict verdict, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define graft_set(place, verdict_, ...)                                \
	(GRAFT_REASONS ? (graft_set)((place), (verdict_), __VA_ARGS__) \
		       : (void)((place)->item->verdict = (verdict_)))
/* Add to the reason. */
void graft_append(struct graft_place *place, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
#define graft_append(...) (GRAFT_REASONS ? (graft_append)(__VA_ARGS__) : (void)0)
/* GRAFT_ASK, and a setting, "drop=phys", as one more way to answer, or (graft_ask_also()) what the
 * last way needs beside what it has. Commas in it are doubled. */
void graft_ask(struct graft_place *place, const char *why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void graft_ask_also(struct graft_place *place, const char *why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same: to assign another device, too. */
void graft_ask_device(struct graft_place *place, const struct host_node *device);
/* Nobody is shown how to answer: only that something is asked. */
void graft_ask_nothing(struct graft_place *place);
#define graft_ask(...) (GRAFT_REASONS ? (graft_ask)(__VA_ARGS__) : graft_ask_nothing(place))
#define graft_ask_also(...) \
	(GRAFT_REASONS ? (graft_ask_also)(__VA_ARGS__) : graft_ask_nothing(place))
#define graft_ask_device(place, device) \
	(GRAFT_REASONS ? (graft_ask_device)(place, device) : graft_ask_nothing(place))
/* What the guest gets. */
void graft_value(struct graft_item *item, const void *value, size_t size);
/* @size bytes of it for the caller to fill in. */
void *graft_room(struct graft *graft, struct graft_item *item, size_t size);
void graft_copy(struct graft_place *place);
void graft_cells(struct graft *graft, struct graft_item *item, const uint32_t *cells, size_t n);
/* Each an address and a size, of two cells. */
void graft_ranges(struct graft *graft, struct graft_item *item, const struct range *ranges,
		  size_t n);
/* The worst of a node and all below it; *item is the first such. */
enum graft_verdict graft_worst(const struct graft_node *node, const struct graft_item **item);

/* A node of this name with room for @n items, and for those that a copy of @host needs, or NULL. */
struct graft_node *graft_node_new(struct graft *graft, const char *name,
				  const struct host_node *host, size_t n);
/* Put a node behind the device's own. */
void graft_join(struct graft_device *device, struct graft_node *node);
/*
 * A node behind the device's own that has a phandle of its own, since two devices may have the
 * same; its name becomes unique. @host as for graft_node_new().
 */
struct graft_node *graft_make_node(struct graft_place *place, const char *name,
				   const struct host_node *host, size_t n);
/*
 * The phandle of a node of dais's own, named so or NAME-N, which the device may have already: it
 * provides what its two @cells say. @label: a property for its name, NULL: it has none.
 */
struct graft_cell {
	const char *property; /* NULL: none */
	uint32_t value;
};
uint32_t graft_make_provider(struct graft_place *place, const char *name, const char *compatible,
			     const char *label, const struct graft_cell cells[2]);
/* Properties of dais's own. */
void graft_make_cell(struct graft *graft, struct graft_node *node, const char *property,
		     uint32_t value);
void graft_make_string(struct graft *graft, struct graft_node *node, const char *property,
		       const char *value);
struct graft_item *graft_make_item(struct graft_node *node, const char *property,
				   const char *binding);

/* "mdio/phy@1/": the node as seen from its device, "" for the device itself. */
const char *graft_prefix(struct graft *graft, const struct graft_device *device,
			 const struct host_node *node);
const char *graft_path(struct graft *graft, const struct host_node *node);
/* Whether the user's property has the same as @ref of the place's, with the same arguments. */
bool graft_user_has(const struct graft_place *place, const struct reference_user *user,
		    const struct reference *ref);
/* @text is what the user says for NAME of the place's node: the prefix and NAME. */
bool graft_is_named(const struct graft_place *place, const char *text, const char *name);
/* What the user answered for NAME of the place's node; NULL: nothing. */
const struct graft_answer *graft_answer(const struct graft_place *place,
					const struct graft_answer *answers, unsigned int n,
					const char *name);

/*
 * graft_closure.c: what of a device's subtree the guest gets, and as what; what it has of what a
 * property points at, and what it may have.
 */
/* The device that is this node; NULL: none. */
const struct graft_device *graft_find_device(const struct graft *graft,
					     const struct host_node *node);
enum graft_role graft_child_role(const struct host_node *child);
/* Children's addresses are the device's parent's: it has "ranges". */
bool graft_is_mmio_bus(const struct host_node *node);
/* Why a child is not for the guest; GRAFT_COPY: it is. */
enum graft_verdict graft_judge_child(const struct graft *graft, const struct graft_device *device,
				     const struct host_node *child, const char **why);
/* Mark what of a device the guest gets. */
void graft_mark_device(struct graft *graft, struct graft_device *device);
/* The same for the stand-alone nodes that its graph leads to, when all devices are marked. */
void graft_mark_partners(struct graft *graft, struct graft_device *device);
/* The n-th region of a child in the guest. False: it has none that lies in a region of the device.
 */
bool graft_child_region(const struct graft_device *device, const struct host_node *child,
			unsigned int n, struct range *range);
bool graft_has_addressed_child(const struct graft *graft, const struct host_node *node);

/* For a reason: the nodes that the property points at: "/soc/gpio@1000 and 2 more". */
const char *graft_target_names(const struct graft_place *place);
/* Phandle that the guest knows the host's node by; 0: the guest does not have it. */
uint32_t graft_guest_phandle(struct graft *graft, const struct graft_device *device,
			     const struct host_node *node);
/* The same, but data that stands alone is brought along: its node is decided later. */
uint32_t graft_copy_data(struct graft_place *place, const struct host_node *node);
/* Keep the references when the guest has, or may have, all that they point at. False: it has not.
 */
bool graft_keep_references(struct graft_place *place);

/* graft_actions.c: the properties that dais writes itself, for the policy table. */
void graft_act_compatible(struct graft_place *place);
void graft_act_reg(struct graft_place *place);
void graft_act_cells(struct graft_place *place);
void graft_act_ranges(struct graft_place *place);
void graft_act_dma_ranges(struct graft_place *place);
void graft_act_coherent(struct graft_place *place);
/* The address of the network interface in place of what the host's node has; what the guest is to
 * have instead, and why. False: nobody knows another. */
void graft_act_mac(struct graft_place *place);
bool graft_find_mac(const struct graft_place *place, uint64_t *mac, const char **why);
void graft_act_interrupts(struct graft_place *place);
void graft_act_interrupt_parent(struct graft_place *place);

/* graft_provider.c: fixed clocks and regulators in place of the host's */
void graft_act_clocks(struct graft_place *place);
/* The bus would not find the clock of this AMBA device: it gets one that can be named. */
bool graft_wants_apb_pclk(const struct graft_place *place);
void graft_set_apb_pclk(struct graft_place *place);
void graft_name_apb_pclk(struct graft_place *place);
void graft_act_supply(struct graft_place *place);

/* graft_scmi.c: what a virtual SCMI platform serves. False: not this clock. */
bool graft_scmi_clock(const struct graft_place *place, unsigned int index, uint32_t cells[2]);
/* For a reason: what the guest may do with it */
void graft_tell_scmi_clock(struct graft_place *place, unsigned int index, const char *name);
void graft_act_reset(struct graft_place *place);
void graft_act_power_domain(struct graft_place *place);
/* False: the user does not want that of the supply NAME. */
bool graft_scmi_supply(struct graft_place *place, const char *name);
void graft_act_assigned(struct graft_place *place);

/* graft_carveout.c: the device's part of /reserved-memory */
void graft_plan_carveouts(struct graft *graft, struct graft_device *device);
void graft_act_carveout(struct graft_place *place);
void graft_act_memory(struct graft_place *place);

/* graft_shadow.c: memory in place of syscons */
bool graft_is_shadow(const struct graft_device *device, const struct host_node *node);
void graft_plan_shadows(struct graft *graft, struct graft_device *device);
void graft_act_syscon(struct graft_place *place);

/* graft_reference.c: what points at other nodes. */
void graft_act_names(struct graft_place *place);
void graft_act_graph(struct graft_place *place);
void graft_act_nvmem(struct graft_place *place);
void graft_act_needed(struct graft_place *place);
/* Ask for the device that provides it, if the host has no other use for that. */
void graft_ask_provider(struct graft_place *place, const char *why);

/* graft_needs.c: what drivers of the guest do without, or not. True: the driver insists on it. */
bool graft_judge_need(struct graft_place *place);

/* graft_policy.c: decide by the rules. */
void graft_policy_apply(struct graft_place *place);

/* graft_walk.c: all nodes of a device, its bus and its path. */
void graft_plan_device(struct graft *graft, struct graft_device *device);

/* graft_class.c: what the device's class misses; NULL: nothing. */
const char *graft_class_fault(struct graft *graft, const struct graft_device *device);

/* graft_alias.c: /aliases for the devices that pass. */
void graft_plan_aliases(struct graft *graft);

/* graft_shared.c: what the host has, too: what stands against it, and, last, what else to know. */
void graft_judge_shared(struct graft *graft, struct graft_device *device);
void graft_note_shared(struct graft *graft, struct graft_device *device);

/* graft_verdict.c: the device as a whole. */
void graft_judge_device(struct graft *graft, struct graft_device *device);
/* graft.c: decide all. What is asked to be assigned, too, graft_plan() (graft_partner.c) tries. */
void graft_decide(struct graft *graft);
/* One of its reasons. Where nobody shows them, that there is one. */
void graft_add_reason(struct graft *graft, struct graft_device *device, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define graft_add_reason(graft, device, ...)                                \
	(GRAFT_REASONS ? (graft_add_reason)((graft), (device), __VA_ARGS__) \
		       : (void)(device)->n_reasons++)

#endif
