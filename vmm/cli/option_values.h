/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CLI_OPTION_VALUES_H
#define VMM_CLI_OPTION_VALUES_H

#include "vmm/cli/options.h"

/* The setters of the table in options.c (struct vm_option's set): what a value may be, and what
 * becomes of it. */
typedef int option_setter(struct vm_config *config, const struct vm_option *option,
			  const char *value, const struct option_source *source, struct err *err);

/* Into the field: an index of the option's choices (unsigned int), a bool, yes or no (enum
 * arch_switch, ARCH_AUTO if it is not given), a number from min to max (unsigned int), a kept text,
 * a kept path. */
option_setter option_set_choice, option_set_bool, option_set_switch, option_set_number,
	option_set_text, option_set_path;
/* Into the member of their name. */
option_setter option_set_memory, option_set_memory_base, option_set_memory_file, option_set_stats,
	option_set_append, option_set_console, option_set_affinity, option_set_trace,
	option_set_device, option_set_may_miss, option_set_user;

#endif
