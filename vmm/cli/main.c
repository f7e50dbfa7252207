// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/err.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/cli/registry.h"

static int unknown(const char *name, struct err *err)
{
	struct nearest nearest = nearest_to(name);

	for (const struct command *c = commands; c->name; c++)
		nearest_try(&nearest, c->name);
	err_usage(err, "unknown command '%s'", name);
	err_why(err, "this dais has none of this name");
	return err_suggest(err, &nearest, "dais ", "dais help lists all");
}

/* For completion: cmd_help() looks itself. */
const struct option help_options[] = { { .key = "", .arg = "COMMAND" }, { .key = NULL } };

int cmd_help(int argc, char *const *argv, struct err *err)
{
	if (argc > 0 && argv[0][0] != '-') {
		const struct command *c = command_find(argv[0]);
		char *const help[] = { (char *)"--help", NULL };

		return c ? c->main(1, help, err) : unknown(argv[0], err);
	}
	puts("dais gives a KVM guest real platform devices.\n\nusage: dais COMMAND [ARGUMENT…]\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-10s%s\n", c->name, c->help);
	puts("\ndais help COMMAND tells more.");
	return EXIT_STATUS_OK;
}

int cmd_version(int argc, char *const *argv, struct err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	puts("dais " DAIS_VERSION);
	return EXIT_STATUS_OK;
}

/* In place of a standard stream that is closed: what is opened next would take its number, and get
 * what is printed. */
static void open_missing_streams(void)
{
	int fd;

	do
		fd = sys_open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close_fd(&fd);
}

static int run_command(int argc, char **argv, struct err *err)
{
	const struct command *c = argc < 2 ? NULL : command_find(argv[1]);

	if (argc < 2) {
		cmd_help(0, NULL, err);
		return EXIT_STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(0, NULL, err);
	if (strcmp(argv[1], "--version") == 0)
		return cmd_version(0, NULL, err);
	return c ? c->main(argc - 2, argv + 2, err) : unknown(argv[1], err);
}

static int print_err(const struct err *err)
{
	err_print(err);
	return err_exit_status(err);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int status;

	open_missing_streams();
	status = run_command(argc, argv, &err);
	if (status < 0)
		status = print_err(&err);
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	err_set(&err, errno, "write to the standard output");
	err_why(&err, "what was printed is not complete");
	err_fix(&err, "make room where it goes, or send it elsewhere, and try again");
	return print_err(&err);
}
