/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_STATS_H
#define VMM_STATS_H

#include "vmm/base/err.h"

struct machine;

/*
 * Write what @machine did so far to @path ("-": the standard output) as one JSON object; its
 * members are told in dais(1). Before machine_destroy(), vCPUs parked.
 */
int stats_write(const struct machine *machine, const char *path, struct err *err);

#endif
