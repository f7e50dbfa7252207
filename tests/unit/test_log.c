// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <fcntl.h>
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

Test(log, lines_are_whole_however_long)
{
	char text[2000] = "", line[4096];
	int fd = redirect();
	ssize_t n;

	memset(text, 'x', sizeof(text) - 1);
	log_warn("%s", text);
	n = read(fd, line, sizeof(line));
	cr_assert_gt(n, 0);
	cr_expect_eq(strncmp(line, "dais: warning: xxx", 18), 0);
	cr_expect_eq(line[n - 1], '\n');
	log_debug("not at this level");
	log_info("n=%d", 3);
	n = read(fd, line, sizeof(line));
	cr_expect(n == 10 && !memcmp(line, "dais: n=3\n", 10));
}

Test(log, a_reader_who_stopped_holds_nobody_up, .timeout = 30)
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
