/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_PLAN_PRINT_H
#define VMM_PLAN_PRINT_H

/*
 * Plans and lists as text, JSON and a graph. Functions that make a json_t return a new one; NULL:
 * it could not be made. Where that goes into another one, it is NULL, too, so that only the whole
 * is looked at.
 */
#include <jansson.h>
#include <stdio.h>

#include "vfio/host/device.h"
#include "vmm/base/arena.h"
#include "vmm/plan/plan.h"

/* All devices of the plan. */
void plan_print_text(const struct plan *plan, FILE *out);
void plan_print_dot(const struct plan *plan, FILE *out);

/* docs/plan.schema.json describes what is printed, and says what raises it. */
#define PLAN_JSON_VERSION 1

/* Of the host's files; "" is null, and what is no UTF-8 is escaped. */
json_t *plan_json_text(const char *text);
json_t *plan_device_json(const struct plan *plan, const struct plan_device *device);
/*
 * Append @device to @devices. In place of NULL: what the device is called, and the error, or, with
 * NULL for it, that JSON cannot be made of it.
 */
void plan_json_add(json_t *devices, const char *name, json_t *device, const struct err *err);
/* Print @root, which is gone then; NULL is an error. What cannot be written, main() tells. */
int plan_json_print(json_t *root, FILE *out, struct err *err);

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

/*
 * A row of "dais list": one of the host's platform and AMBA devices, as sysfs shows it, and the
 * plan of a guest that gets it alone. Files of sysfs and /lib/modules are read, and nothing else:
 * no device is opened, for that would reset it.
 */
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
json_t *list_row_json(const struct list_row *row);

#endif
