/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CLI_OPTION_VALUES_H
#define VMM_CLI_OPTION_VALUES_H

#include "vmm/base/option.h"

/* Setters of the table in options.c besides the general ones; the target is a struct vm_config. */

/* enum arch_switch, of yes or no: ARCH_AUTO if it is not given. */
option_setter option_set_switch;
/* Bits, of choices with commas between. */
option_setter option_set_bits;
/* The member of their name, and what goes with it. */
option_setter option_set_config, option_set_memory, option_set_memory_base, option_set_memory_file,
	option_set_stats, option_set_append, option_set_console, option_set_affinity,
	option_set_device, option_set_may_miss, option_set_user;

#endif
