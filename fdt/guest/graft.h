/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_GRAFT_H
#define FDT_GUEST_GRAFT_H

/*
 * The guest's nodes of assigned devices, made from the host's: the node, its children and what they
 * point at, each property by the policy table in graft_policy.c. First everything is decided and
 * kept as data (graft_plan), which "dais plan" prints; then it is written (graft_write), by "dais
 * run" and by "dais plan" alike. It sees facts only, so that both give the same nodes.
 *
 *	graft_create()		for all devices of a VM together: references between them survive
 *	graft_add_device()	each, in the order of the configuration
 *	graft_plan()		decides
 *	graft_write()		the device's nodes into a tree open at the root
 *	graft_write_shared()	once, behind all of them
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fdt/host/tree.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"

struct arena;
struct dt;
struct graft;

struct graft_irq {
	uint32_t spi;
	bool edge; /* else level; the trigger is normalised to active-high or rising */
};

/* "interrupts" of @n of them, three cells each, at @cells. */
void graft_put_irqs(void *cells, const struct graft_irq *irqs, size_t n);

/* A region of the host's /reserved-memory, and where it is in the guest. */
struct graft_carveout {
	const struct host_node *node;
	struct range guest;
	bool own; /* the host's own memory; else guest RAM stands in for it */
};

/* A syscon of the host's, and where memory stands in for it in the guest. */
struct graft_shadow {
	const struct host_node *node;
	struct range guest;
	bool known; /* what its registers hold, which the memory begins with; else zeros */
};

/* A virtual SCMI platform serves what its own node refers to: the numbers of its first clock, reset
 * line and power domain there; the others follow in the order of the properties, and supplies in
 * that of the answers. */
struct graft_scmi {
	uint32_t clocks, resets, domains, supplies;
	/* NULL: the guest switches and sets them. Else it only reads, and reset lines are not
	 * served; there is room for the rate of each clock here, which the graft fills in: 0: not
	 * served. */
	uint64_t *rates;
};

/* What is known of a device besides its node: from VFIO when it runs, from the tree in a plan. */
struct graft_facts {
	const struct range *regions; /* guest addresses, in index order */
	unsigned int n_regions;
	const struct graft_irq *irqs;
	unsigned int n_irqs;
	bool amba;     /* an AMBA (PrimeCell) device: its bus wants an apb_pclk */
	bool coherent; /* the host says dma-coherent, on the node or a bus above it */
	/* no IOMMU translates its addresses, so that the dma-ranges of buses above it hold in the
	 * guest, too: it is put below a bus that has them */
	bool direct_dma;
	bool keeps_power; /* who hands it out has on all that its own node names, several domains,
			     too */
	const struct graft_scmi *scmi;          /* NULL: none does; outlives the graft */
	const struct graft_carveout *carveouts; /* that the user asked for with this device */
	unsigned int n_carveouts;
	const struct graft_shadow *shadows; /* the same */
	unsigned int n_shadows;
};

/* A value that the user gives for something of the device. */
struct graft_answer {
	const char *name; /* "apb_pclk", "1", "mdio/ethernet-phy@1/ref": see graft_option */
	uint64_t value;
};

/* A supply's, in place of its voltage: the guest switches and sets it, by SCMI. */
#define GRAFT_SUPPLY_BY_SCMI 0

/*
 * What the user said of a device. Nothing is copied: it must live as long as the graft.
 * @clocks: clock.NAME=HZ; NAME is of clock-names, or the index as a number where there are none.
 * @supplies: supply.NAME=MICROVOLT; NAME as in NAME-supply; or GRAFT_SUPPLY_BY_SCMI.
 * @drop: drop=PROPERTY: the guest's driver can do without it, although dais would ask or refuse.
 * @class: the type that the user wrote, a name of graft_class.c; NULL: any.
 * @keep: keep=PROPERTY: dais guessed a reference, but these are plain numbers.
 */
struct graft_answers {
	const char *class;
	const char *compatible; /* to show in place of the host's, or NULL */
	bool force;             /* although the host depends on it */
	uint64_t mac;           /* 48 bits; 0: as the host's interface has it */
	const struct graft_answer *clocks;
	unsigned int n_clocks;
	const struct graft_answer *supplies;
	unsigned int n_supplies;
	const char *const *drop;
	unsigned int n_drop;
	const char *const *keep;
	unsigned int n_keep;
};

/*
 * What only the running host knows. NULL members, or a NULL struct: nothing is known. They return
 * 0, or -ENOENT when the host does not tell.
 */
struct graft_host {
	void *opaque;
	int (*clock_rate)(void *opaque, const struct host_node *consumer, unsigned int index,
			  uint64_t *hz);
	int (*supply_voltage)(void *opaque, const struct host_node *regulator, uint32_t *microvolt);
	/* of the network interface of a device; 48 bits */
	int (*mac_address)(void *opaque, const struct host_node *device, uint64_t *mac);
	const char *console; /* not of the host: path of dais' own in the guest; NULL: none */
	/* The name of the driver that is bound to the device of @node. */
	int (*driver)(void *opaque, const struct host_node *node, char *name, size_t size);
};

/* A class of this name, a type of device, takes the node. */
bool graft_class_takes(const char *name, const struct host_node *node);

/* What became of a property, and why. */
enum graft_verdict {
	GRAFT_COPY,    /* as it is on the host */
	GRAFT_REWRITE, /* the same thing, as it is in the guest */
	GRAFT_REPLACE, /* something of ours stands in for it */
	GRAFT_DROP,    /* the guest does not get it */
	GRAFT_ASK,     /* the user must say: one of graft_item.options */
	GRAFT_REFUSE,  /* the device cannot be passed because of it */
};
const char *graft_verdict_name(enum graft_verdict verdict);

/*
 * One way to answer what is asked; one of several is enough. @setting can be pasted as it stands
 * behind "--device vfio-platform,host=…," but for values in capitals: "clock.core=HZ,clock.bus=HZ",
 * "drop=st,,syscon" (a comma in a name is doubled there, and may be in a file). That another
 * device is to be assigned, too, begins with "--device".
 */
struct graft_option {
	const char *setting;
	const char *why;                /* when it is right */
	const struct host_node *device; /* to be assigned, too; NULL: a setting */
};
#define GRAFT_MAX_OPTIONS 3

/* "give A", or "give A (why), or B (why)"; "" for none. */
const char *graft_options_text(struct arena *arena, const struct graft_option *options, size_t n);

/* One property of one node that was considered, or one child node that was not. */
struct graft_item {
	const char *property; /* of a child node: "opp-table/" */
	enum graft_verdict verdict;
	bool guessed;        /* that it holds a reference is a guess */
	bool required;       /* it was dropped although its binding requires it */
	bool lifted;         /* the user drops what dais would refuse */
	const char *reason;  /* why; names the node pointed at where there is one; never NULL */
	const char *binding; /* file of dt-schema or of Linux's bindings, NULL: none */
	const struct graft_option *options; /* with GRAFT_ASK */
	size_t n_options;
	const void *value; /* what the guest gets; NULL: nothing. Phandles are filled in */
	size_t size;
	/* Nodes that its phandles point at, in order; with GRAFT_DROP and GRAFT_REPLACE: on the
	 * host. NULL: a hole. */
	const struct host_node **targets;
	size_t n_targets;
};

/* One node that the guest gets, or would get. */
struct graft_node {
	const struct host_node
		*host; /* NULL: made by dais (a fixed-clock), or of the user's file */
	bool of_file;
	const char *name; /* in the guest */
	uint32_t phandle; /* in the guest; written when something points at it */
	bool referenced;
	struct graft_item *items;
	size_t n_items;
	struct graft_node *child, *next;
};

enum graft_result {
	GRAFT_PASSES,
	GRAFT_NEEDS_ANSWER, /* an option that the user must give: items with GRAFT_ASK */
	GRAFT_REFUSED,      /* graft_device_reason() says why */
};
const char *graft_result_name(enum graft_result result);

int graft_create(const struct host_tree *tree, const struct graft_host *host, struct graft **graft,
		 struct err *err);
/*
 * @facts are copied, @answers and what they point at are not; @name is for messages. Returns the
 * device's number, from 0 in the order of the calls; a negative errno when the node is there
 * already, makes no sense (host_facts_read()), or is not of the class that the user named.
 */
int graft_add_device(struct graft *graft, const struct host_node *node, const char *name,
		     const struct graft_facts *facts, const struct graft_answers *answers,
		     struct err *err);
/* Decide all. Errors are of memory only: what cannot be passed is a result. */
int graft_plan(struct graft *graft, struct err *err);

/* What became of one device. */
struct graft_outcome {
	enum graft_result result;
	/* Its own first, then the further ones it brings (fixed clocks, regulators, its part of
	 * /reserved-memory). */
	struct graft_node *nodes;
	struct graft_node *bus; /* with the host's dma-ranges, above its own; NULL: the root */
	const char *path;       /* of its own node in the guest */
	/* "interrupt 0: /serial@20000 has the same line", of what does not stand against it; or
	 * NULL. */
	const char *shares;
};
const struct graft_outcome *graft_outcome(const struct graft *graft, int device);
/* Reasons for the result, and what else is to be known of the device: one a line of text, the
 * worst first, NULL after the last. */
const char *graft_device_reason(const struct graft *graft, int device, unsigned int n);

/* What is asked of a device, NULL after the last. */
struct graft_question {
	const char *about; /* a property, with the path below the device; "": the device itself */
	const char *reason;
	const struct graft_option *options; /* one of them answers it */
	size_t n_options;
};
const struct graft_question *graft_device_question(const struct graft *graft, int device,
						   unsigned int n);

/* That the device is refused is an error. */
int graft_check_refused(const struct graft *graft, int device, struct err *err);
/* Write one device's nodes as children of the root, the bus with them. A device that does not pass
 * is an error that says why and what to give. */
int graft_write(struct graft *graft, int device, struct dt *dt, struct err *err);

/* Write a node with all below it. */
void graft_write_node(struct dt *dt, const struct graft_node *node);

/* Write what the devices that were written share: /aliases, /reserved-memory. */
void graft_write_shared(const struct graft *graft, struct dt *dt);

void graft_destroy(struct graft *graft);

#endif
