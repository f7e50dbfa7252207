// SPDX-License-Identifier: GPL-2.0-only
/* A console on a descriptor that somebody else opened. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "devices/console.h"
#include "tests/fakes/fake_fds.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_guest.h"
#include "tests/fakes/kvm/fake_uart.h"
#include "tests/unit/err_says.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"

static struct fake_guest g;
static struct fake_uart uart;
static struct passed_fd descriptor;
static struct passed_fds passed = { .list = &descriptor, .n = 1 };

static void begin(void)
{
	cr_redirect_stderr();
	fake_guest_begin(&g);
	fake_uart_init(&uart);
	uart.passed = &passed;
}

static void end(void)
{
	fake_guest_end(&g);
}

TestSuite(console_passed, .init = begin, .fini = end);

/* @fd is the console's from now on. */
static int start(int fd)
{
	int ret;

	cr_assert_geq(fd, 0);
	descriptor = (struct passed_fd){ fake_fd_real(fd), "out", "fd:out" };
	ret = fake_uart_start(&uart, &g, "fd:out");
	if (!ret)
		fake_guest_serve(&g, 0);
	return ret;
}

static bool can_talk(int end)
{
	char said[8] = "";

	console_put(g.vm.console, 'o');
	fake_guest_serve(&g, 1000);
	cr_assert_eq(read(end, said, sizeof(said)), 1);
	cr_assert_eq(write(end, "in", 2), 2);
	fake_guest_serve(&g, 1000);
	return said[0] == 'o' && fake_uart_got(&uart, "in");
}

Test(console_passed, a_socket_goes_both_ways)
{
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	cr_assert_eq(start(ends[0]), 0, "%s", g.err.what);
	cr_expect(can_talk(ends[1]));
	close(ends[1]);
}

Test(console_passed, a_terminal_is_raw_and_has_no_escape)
{
	int tty = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct termios t;

	cr_assert(!grantpt(tty) && !unlockpt(tty));
	slave = open(ptsname(tty), O_RDWR | O_NOCTTY);
	cr_assert_eq(start(slave), 0, "%s", g.err.what);
	cr_assert_eq(tcgetattr(tty, &t), 0);
	cr_expect(!(t.c_lflag & (ICANON | ECHO | ISIG)) && !(t.c_oflag & OPOST));
	cr_expect(can_talk(tty));
	cr_assert_eq(write(tty, "\001x", 2), 2);
	fake_guest_serve(&g, 1000);
	cr_expect(fake_uart_got(&uart, "\001x"));
	close(tty);
}

Test(console_passed, a_pipe_and_a_file_are_for_output)
{
	int ends[2], file = memfd_create("file", 0);
	char said[4] = "";

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(start(ends[1]), 0, "%s", g.err.what);
	console_put(g.vm.console, 'p');
	fake_guest_serve(&g, 1000);
	cr_assert_eq(read(ends[0], said, 1), 1);
	cr_expect_eq(said[0], 'p');
	close(ends[0]);

	cr_assert_eq(write(file, "no input", 8), 8);
	cr_assert_eq(lseek(file, 0, SEEK_SET), 0);
	cr_assert_eq(start(dup(file)), 0, "%s", g.err.what);
	console_put(g.vm.console, 'f');
	fake_guest_serve(&g, 1000);
	cr_expect(fake_uart_got(&uart, ""));
	cr_assert_eq(pread(file, said, 2, 0), 2);
	cr_expect(!memcmp(said, "fo", 2));
	close(file);
}

Test(console_passed, what_is_no_console)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_expect_eq(start(ends[0]), -EINVAL);
	cr_expect(err_says(&g.err, "console = fd:out cannot be used: it is open for reading only"),
		  "%s", g.err.what);
	close(ends[1]);
	cr_expect_eq(start(eventfd(0, 0)), -EINVAL);
	cr_expect(err_says(&g.err, "it is no terminal"), "%s", g.err.what);
	cr_expect_eq(start(open("/dev/null", O_RDWR)), -EINVAL);
	cr_expect(err_says(&g.err, "it is no terminal"), "%s", g.err.what);
	cr_expect_eq(err_exit_status(&g.err), EXIT_STATUS_USAGE);
}

Test(console_passed, each_failing_call_leaves_nothing_open)
{
	for (unsigned int n = 1; n < 4; n++) {
		unsigned int n_open = fake_n_open_fds();
		int ends[2];

		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		fake_uart_stop(&g); /* the one before, whose calls are not meant */
		fake_fail_at(n, EIO);
		cr_expect_eq(start(ends[0]), -EIO, "call %u", n);
		cr_expect(err_says(&g.err, "fd:out"), "%s", g.err.what);
		cr_expect(fake_n_open_fds() <= n_open, "call %u", n);
		close(ends[1]);
	}
}
