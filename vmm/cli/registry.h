/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CLI_REGISTRY_H
#define VMM_CLI_REGISTRY_H

/* What this dais was built with. */
#include "vmm/base/option.h"

struct device_class;

/*
 * The subcommands. @argc and @argv are what stands behind the command's name. They return the
 * program's exit status, or a negative errno and @err, which main() prints.
 */
typedef int command_main(int argc, char *const *argv, struct err *err);
struct command {
	const char *name;
	const char *help;  /* one line */
	const char *usage; /* what may stand behind the name, for help; further lines as they are */
	const char *about; /* a paragraph for its help; NULL: @help says all */
	const struct option *options; /* what it takes; NULL: only words */
	command_main *main;
};

/* Ends with a NULL name. */
extern const struct command commands[];

/* NULL: there is none of this name. */
const struct command *command_find(const char *name);

/* Every kind of device; ends with NULL. */
extern const struct device_class *const device_classes[];

/* The class of this name, or NULL. */
const struct device_class *device_class_find(const char *name);

extern const struct option list_options[], bind_options[], unbind_options[], check_options[],
	plan_options[], help_options[], report_options[];

command_main cmd_list, cmd_bind, cmd_unbind, cmd_check, cmd_run, cmd_plan, cmd_version,
	cmd_complete, cmd_help, cmd_report;

#endif
