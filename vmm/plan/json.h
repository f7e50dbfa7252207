/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_PLAN_JSON_H
#define VMM_PLAN_JSON_H

/*
 * Plans as JSON. Functions that make a json_t return a new one; NULL: it could not be made. Where
 * that goes into another one, it is NULL, too, so that only the whole is looked at.
 */
#include <jansson.h>
#include <stdio.h>

#include "vmm/plan/plan.h"

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

#endif
