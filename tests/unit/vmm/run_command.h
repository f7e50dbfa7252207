/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_VMM_RUN_COMMAND_H
#define TESTS_UNIT_VMM_RUN_COMMAND_H

/* For tests of subcommands that print: cr_redirect_stdout() and cr_redirect_stderr() came before.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/cli/registry.h"

#define COMMAND_MAX_TEXT 60000

static char command_text[COMMAND_MAX_TEXT];

/* Run @command with these arguments, up to NULL, as main() does. Returns its status; what it
 * printed is in command_text. */
static inline int run_command(command_main *command, ...)
{
	char *argv[16] = { NULL };
	FILE *out = cr_get_redirected_stdout();
	struct err failed = { 0 };
	int argc = 0, status;
	size_t n;
	va_list ap;

	va_start(ap, command);
	while ((argv[argc] = va_arg(ap, char *)))
		argc++;
	va_end(ap);
	status = command(argc, argv, &failed);
	if (status < 0) {
		err_print(&failed);
		status = err_exit_status(&failed);
	}
	puts("\004"); /* the end of what there is to read */
	fflush(stdout);
	for (n = 0; n < COMMAND_MAX_TEXT - 1; n++) {
		int c = fgetc(out);

		if (c == 4)
			break;
		command_text[n] = (char)c;
	}
	fgetc(out);
	command_text[n] = '\0';
	cr_expect_eq(fake_n_open_fds(), 0u);
	return status;
}

/* No line of what was printed is longer than 80 columns, but for a single word that is. Changes
 * command_text. */
static inline void expect_80_columns(void)
{
	for (char *line = strtok(command_text, "\n"); line; line = strtok(NULL, "\n"))
		cr_expect(strlen(line) + 7 * strspn(line, "\t") <= 80 ||
				  !strchr(line + strspn(line, " \t"), ' '),
			  "%s", line);
}

#endif
