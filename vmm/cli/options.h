/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CLI_OPTIONS_H
#define VMM_CLI_OPTIONS_H

/* The command line, by the tables of vmm/base/option.h. */
#include <stdio.h>

#include "vmm/base/option.h"

struct command;
struct vm_config;

/*
 * What can be said of a VM: "--key value" or "--key=value" on the command line of "dais run", "key
 * = value" in the [vm] section of a file. Their target is struct vm_config.
 */
extern const struct option vm_options[];
/* Setters of it that others use or have; their target begins with a struct vm_config. */
option_setter option_set_config, option_set_device, option_set_may_miss, option_set_user;

/* The row of each table of a command. */
#define OPTIONS_HELP_ROW                                                 \
	{                                                                \
		.key = "help", .letter = 'h', .command_line_only = true, \
		.help = HELP("This help.")                               \
	}

/* The option of @options that an argument of the command line names ("--key", "--key=value", "-k"),
 * or NULL. */
const struct option *options_find(const struct option *options, const char *arg);
/* It takes yes and no, so that "--KEY" and "--no-KEY" stand for them. */
bool option_is_switch(const struct option *option);

/* What the command line asks for. */
enum options_wish {
	OPTIONS_RUN,
	OPTIONS_HELP,        /* --help, -h */
	OPTIONS_DEVICE_HELP, /* --device help */
	OPTIONS_SANDBOX_SHOW,
};

/*
 * Read the arguments of the command @name, whose table is @options, into @target; what is kept of
 * them is kept in @arena, or not copied if that is NULL. *n_read (may be NULL): how many arguments
 * that were, less than @argc behind an option that ends them. Calls for help are seen before
 * anything is set; then nothing is. Errors are usage errors (EXIT_STATUS_USAGE).
 */
int options_read(const char *name, const struct option *options, void *target, struct arena *arena,
		 int argc, char *const *argv, int *n_read, enum options_wish *wish,
		 struct err *err);
/*
 * Read the arguments of "dais run" (those behind "run"), the file that -c names, and what the
 * command line overrides in it, whatever their order; then config_finish(). @config is initialised;
 * it is complete only with *wish OPTIONS_RUN.
 */
int options_parse(struct vm_config *config, int argc, char *const *argv, enum options_wish *wish,
		  struct err *err);

/* The help of a command, 80 columns wide, made from the tables. */
void options_print_help(const struct command *command, FILE *out);
void options_print_device_help(FILE *out);
/* For the command @name: print what is wished. False: nothing is, the command is to do its work. */
bool options_help(const char *name, enum options_wish wish);

#endif
