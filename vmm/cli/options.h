/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CLI_OPTIONS_H
#define VMM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "vmm/base/err.h"

struct vm_config;

/* Who gave a value: for complaints and for relative paths. */
struct option_source {
	const char *where; /* "disk.conf:12"; NULL: the command line */
	const char *dir;   /* relative paths are relative to it; NULL: the current directory */
};

/*
 * One thing that can be said of a VM: "--key value" or "--key=value" on the command line, "key =
 * value" in the [vm] section of a file, a paragraph of the help. All from the one table in
 * options.c, which docs/dais.1 is checked against.
 */
struct vm_option {
	const char *key;
	char letter;      /* short form on the command line, or 0 */
	const char *arg;  /* what stands for the value in help; NULL: it takes none */
	const char *help; /* one paragraph; wrapped where it is shown */
	/*
	 * NULL: --config and --help, which options_parse() sees to itself. An error need not name
	 * source, key and value.
	 */
	int (*set)(struct vm_config *config, const struct vm_option *option, const char *value,
		   const struct option_source *source, struct err *err);
	size_t field; /* what @set sets: offset in struct vm_config */
	/* Values it takes, NULL-terminated; the index is what is stored. */
	const char *const *choices;
	unsigned int min, max; /* numbers it takes */
	bool command_line_only;
	bool joins; /* several in a file are one value, with spaces between */
};

/* The table; ends with a NULL key. */
extern const struct vm_option vm_options[];

/* The option of this key, or NULL. @in_file: of those that a file may hold. */
const struct vm_option *option_find(const char *key, bool in_file);
/* The option of an argument of the command line ("--key", "--key=value", "-k"), or NULL. */
const struct vm_option *option_of_argument(const char *arg);
/* The key that may have been meant by one that there is not, or NULL. */
const char *option_nearest(const char *wrong, bool in_file);
/* Set one; an error says source, key and value. */
int option_set(struct vm_config *config, const struct vm_option *option, const char *value,
	       const struct option_source *source, struct err *err);

/* What the command line asks for. */
enum options_wish {
	OPTIONS_RUN,
	OPTIONS_HELP,        /* --help, -h */
	OPTIONS_DEVICE_HELP, /* --device help */
	OPTIONS_SANDBOX_SHOW,
};

/*
 * Read the arguments of "dais run" (those behind "run"), the file that -c names, and what the
 * command line overrides in it, whatever their order; then config_finish(). @config is initialised;
 * it is complete only with *wish OPTIONS_RUN. Errors are usage errors (EXIT_STATUS_USAGE).
 */
int options_parse(struct vm_config *config, int argc, char *const *argv, enum options_wish *wish,
		  struct err *err);

/* The help, 80 columns wide, made from the tables. */
void options_print_help(FILE *out);
void options_print_device_help(FILE *out);

#endif
