/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CLI_REGISTRY_H
#define VMM_CLI_REGISTRY_H

/* What this dais was built with. */
#include "vmm/base/option.h"

struct device_class;

/*
 * The subcommands. @argc and @argv are what stands behind the command's name. They return the
 * program's exit status, and print their own errors.
 */
struct command {
	const char *name;
	const char *help; /* one line */
	/* What may stand behind the name, for help. Several ways have a line each; one that begins
	 * with a blank goes on with the line before. */
	const char *usage;
	const char *about;            /* a paragraph for its help; NULL: @help says all */
	const struct option *options; /* what it takes; NULL: only words */
	int (*main)(int argc, char *const *argv);
};

/* Ends with a NULL name. */
extern const struct command commands[];

/* NULL: there is none of this name. */
const struct command *command_find(const char *name);

/* Every kind of device; ends with NULL. */
extern const struct device_class *const device_classes[];

/* The class of this name, or NULL. */
const struct device_class *device_class_find(const char *name);
/* The remedy for a name that there is not. Returns err->code. */
int device_class_suggest(const char *wrong, struct err *err);

extern const struct option list_options[], bind_options[], unbind_options[], check_options[],
	plan_options[], help_options[];

int cmd_list(int argc, char *const *argv);
int cmd_bind(int argc, char *const *argv);
int cmd_unbind(int argc, char *const *argv);
int cmd_check(int argc, char *const *argv);
int cmd_run(int argc, char *const *argv);
int cmd_plan(int argc, char *const *argv);
int cmd_version(int argc, char *const *argv);
int cmd_complete(int argc, char *const *argv);
int cmd_help(int argc, char *const *argv);

#endif
