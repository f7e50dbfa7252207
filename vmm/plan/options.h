/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_PLAN_OPTIONS_H
#define VMM_PLAN_OPTIONS_H

#include <stdbool.h>

#include "vmm/base/err.h"
#include "vmm/cli/options.h"
#include "vmm/config/config.h"

/* What the command line of "dais plan" says. */
struct plan_options {
	struct vm_config config; /* the devices; first: the setters of vm_options serve it */
	bool all;
	const char *host_dtb; /* NULL: the running host */
	bool json;
	bool dot;
	bool live; /* open the devices and ask VFIO */
};

/*
 * Read the arguments of "dais plan" (those behind "plan"); the configuration, which is initialised,
 * is complete afterwards but for --all. Errors are usage errors.
 */
int plan_options_read(struct plan_options *options, int argc, char *const *argv,
		      enum options_wish *wish, struct err *err);

#endif
