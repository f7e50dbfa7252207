/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_PLAN_LIST_H
#define VMM_PLAN_LIST_H

/*
 * A row of "dais list": one of the host's platform and AMBA devices, as sysfs shows it, and the
 * plan of a guest that gets it alone. Files of sysfs and /lib/modules are read, and nothing else:
 * no device is opened, for that would reset it.
 */
#include <jansson.h>
#include <stdio.h>

#include "vfio/host/device.h"
#include "vmm/base/arena.h"
#include "vmm/plan/plan.h"

enum list_state {
	LIST_READY,      /* bound to VFIO, and a plan passes */
	LIST_ASSIGNABLE, /* the same once it is bound */
	LIST_ASKS,       /* the same once the user gives what the plan asks for */
	LIST_NO_IOMMU,   /* a plan passes, but nothing keeps its DMA in the guest's RAM */
	LIST_NO,         /* it cannot be passed */
	LIST_HELD,       /* another process has it, or a device of its group */
	LIST_LEFT_BOUND, /* a dais that is gone could not give it back */
};
const char *list_state_name(enum list_state state);

/* Another device of its IOMMU group. */
struct list_member {
	char name[128];
	char driver[64]; /* empty: none */
};

struct list_row {
	struct vfio_host_device host;
	struct plan plan;
	const struct plan_device *device; /* the plan's; all zero when it has none */
	struct list_member *members;
	unsigned int n_members;
	enum list_state state;
	const char **reasons; /* why it is no better state */
	unsigned int n_reasons;
	struct arena arena; /* the reasons', and what is printed */
};

/* "SPI 33", "PPI 7", or the cells of the specifier and the controller; into @buf. Returns @buf. */
const char *list_irq_name(const struct host_irq_fact *irq, char *buf, size_t size);

/* @head: that of the table comes before it. */
void list_print_row(struct list_row *row, bool head, FILE *out);
/* A new JSON object; NULL: it cannot be made. */
json_t *list_row_json(const struct list_row *row);

#endif
