/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GRAFT_DEVICE_H
#define FDT_GRAFT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/range.h"

struct dt;
struct host_node;

struct graft_irq {
	uint32_t spi;
	bool edge; /* else level; the trigger is normalised to active-high or rising */
};

/* What is known of a device besides its node: from VFIO when it runs, from the tree in a plan. */
struct graft_facts {
	const struct range *regions; /* guest addresses, in index order */
	unsigned int n_regions;
	const struct graft_irq *irqs;
	unsigned int n_irqs;
	bool amba;     /* an AMBA (PrimeCell) device: its bus wants an apb_pclk */
	bool coherent; /* the host says dma-coherent, on the node or a bus above it */
	/* What the user wants the guest to see in place of the host's compatible, or NULL. */
	const char *compatible;
};

/* What became of a property, and why. */
enum graft_verdict {
	GRAFT_COPY,    /* as it is on the host */
	GRAFT_REWRITE, /* the same thing, as it is in the guest */
	GRAFT_REPLACE, /* something of ours stands in for it */
	GRAFT_DROP,    /* the guest does not get it */
};

/*
 * @reason is a constant. Called once for each property of the host's node, in its order, then for
 * each that the host's has not.
 */
typedef void (*graft_report_fn)(void *opaque, const char *property, enum graft_verdict verdict,
				const char *reason);

/*
 * Write the guest's node of a host device into @dt, where the next child of the root is to be: the
 * host's compatible and plain properties are copied, reg and interrupts rewritten from @facts,
 * references to what the guest does not have dropped, each as the policy table in graft_policy.c
 * says. Children of the host's node are not passed. @report (may be NULL) is told of each property.
 * Fails, before anything is written, for a node without a valid compatible.
 */
int graft_device(struct dt *dt, const struct host_node *node, const struct graft_facts *facts,
		 graft_report_fn report, void *opaque, struct err *err);

#endif
