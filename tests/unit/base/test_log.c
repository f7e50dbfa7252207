// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/log.h"

/* Standard error becomes a pipe that holds nothing yet; returns the end to read from. */
static int redirect(void)
{
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	cr_assert_geq(dup2(fds[1], STDERR_FILENO), 0);
	close(fds[1]);
	return fds[0];
}

Test(log, a_reader_who_stopped_holds_nobody_up)
{
	char text[4096] = "";
	int fd = redirect(), flags = fcntl(STDERR_FILENO, F_GETFL);
	ssize_t n;

	fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
	while (write(STDERR_FILENO, text, sizeof(text)) > 0)
		;
	fcntl(STDERR_FILENO, F_SETFL, flags);
	log_warn("lost");

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = read(fd, text, sizeof(text))) > 0)
		cr_expect_eq(text[0], '\0');
	log_warn("told");
	n = read(fd, text, sizeof(text));
	cr_expect(n == 20 && !memcmp(text, "dais: warning: told\n", 20));
}

Test(log, levels_and_traces_choose_what_is_seen, .init = cr_redirect_stderr)
{
	log_debug("hidden");
	log_info("seen %d", 1);
	log_warn("seen too");
	trace_line(TRACE_IRQ, "hidden");
	log_set_level(LOG_DEBUG);
	log_set_trace(TRACE_IRQ);
	log_debug("now");
	trace_line(TRACE_IRQ, "line up");
	trace_line(TRACE_MMIO, "hidden");
	cr_assert_stderr_eq_str("dais: seen 1\ndais: warning: seen too\ndais: debug: now\n"
				"dais: trace: line up\n");
}

Test(log, a_line_that_is_too_long_still_ends, .init = cr_redirect_stderr)
{
	char text[2000], expected[1025] = "dais: ";

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(expected + 6, 'a', 1023 - 7);
	strcpy(expected + 1022, "\n");
	log_info("%s", text);
	cr_assert_stderr_eq_str(expected);
}

Test(log, a_guest_cannot_flood_it, .init = cr_redirect_stderr)
{
	struct log_budget budget = { 0 };
	char expected[1024] = "";

	for (int i = 0; i < 1000; i++) {
		log_within(&budget, LOG_DEBUG, "hidden");
		log_within(&budget, LOG_WARN, "line %d", i);
	}
	for (int i = 0; i < LOG_BUDGET_MAX; i++)
		sprintf(expected + strlen(expected), "dais: warning: line %d%s\n", i,
			i < LOG_BUDGET_MAX - 1 ? "" : " (not told again)");
	cr_assert_stderr_eq_str(expected);
}
