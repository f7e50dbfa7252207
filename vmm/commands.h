/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_COMMANDS_H
#define VMM_COMMANDS_H

/*
 * The subcommands. @argc and @argv are what stands behind the command's name. They return the
 * program's exit status, and print their own errors.
 */
struct command {
	const char *name;
	const char *help; /* one line */
	int (*main)(int argc, char *const *argv);
};

/* What this dais was built with, in registry.c; ends with a NULL name. */
extern const struct command commands[];

int cmd_list(int argc, char *const *argv);
int cmd_bind(int argc, char *const *argv);
int cmd_unbind(int argc, char *const *argv);
int cmd_check(int argc, char *const *argv);
int cmd_run(int argc, char *const *argv);
int cmd_plan(int argc, char *const *argv);
int cmd_version(int argc, char *const *argv);
int cmd_help(int argc, char *const *argv);

#endif
