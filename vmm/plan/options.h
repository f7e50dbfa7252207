/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_PLAN_OPTIONS_H
#define VMM_PLAN_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "vmm/base/err.h"

struct vm_config;

/* What the command line of "dais plan" says beside the devices. */
struct plan_options {
	bool all;
	const char *host_dtb; /* NULL: the running host */
	bool json;
	bool dot;
	bool live; /* open the devices and ask VFIO */
	bool help;
};

/*
 * Read the arguments of "dais plan" (those behind "plan"): devices go into @config, which is
 * complete afterwards but for --all. Errors are usage errors.
 */
int plan_options_parse(struct plan_options *options, struct vm_config *config, int argc,
		       char *const *argv, struct err *err);

void plan_options_print_help(FILE *out);

#endif
