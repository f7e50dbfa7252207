// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "devices/console.h"
#include "tests/fakes/kvm/fake_guest.h"
#include "tests/fakes/kvm/fake_uart.h"
#include "vmm/base/range.h"

static struct fake_guest g;
static struct fake_uart uart;

/* Standard streams may be replaced before. */
static int start(const char *spec)
{
	int ret = fake_uart_start(&uart, &g, spec);

	if (!ret)
		fake_guest_serve(&g, 0);
	return ret;
}

static void begin(void)
{
	fake_guest_begin(&g);
	fake_uart_init(&uart);
	cr_redirect_stderr();
}

static void end(void)
{
	fake_guest_end(&g);
}

TestSuite(console_terminal, .init = begin, .fini = end);

/* Makes fd 0 a real pseudo-terminal; returns its other end. */
static int make_terminal(int flags)
{
	int tty = posix_openpt(O_RDWR | O_NOCTTY), slave;

	cr_assert(!grantpt(tty) && !unlockpt(tty));
	slave = open(ptsname(tty), O_RDWR | flags);
	cr_assert_geq(slave, 0);
	cr_assert_eq(dup2(slave, STDIN_FILENO), STDIN_FILENO);
	close(slave);
	return tty;
}

static bool is_raw(void)
{
	struct termios t;

	cr_assert_eq(tcgetattr(STDIN_FILENO, &t), 0);
	cr_assert(t.c_oflag & OPOST, "messages of dais need it");
	return !(t.c_lflag & (ICANON | ECHO | ISIG));
}

Test(console_terminal, a_terminal_is_raw_and_comes_back)
{
	struct termios before = { 0 }, after = { 0 };
	int tty = make_terminal(O_NOCTTY);

	cr_assert_eq(tcgetattr(STDIN_FILENO, &before), 0);
	cr_assert_eq(start("stdio"), 0);
	cr_assert(is_raw());
	fake_uart_stop(&g);
	cr_assert_eq(tcgetattr(STDIN_FILENO, &after), 0);
	cr_assert_arr_eq(&before, &after, sizeof(before));
	close(tty);
}

Test(console_terminal, escapes)
{
	static const struct {
		const char *typed, *arrives;
		enum vm_request request;
	} cases[] = {
		{ "\x03\x1a\r", "\x03\x1a\r", VM_REQUEST_NONE },
		{ "\x01\x01", "\x01", VM_REQUEST_NONE },
		{ "\x01h", "", VM_REQUEST_NONE },
		{ "a\x01zb", "a\x01zb", VM_REQUEST_NONE },
		{ "\x01", "", VM_REQUEST_NONE }, /* in two reads */
		{ "\x01", "\x01", VM_REQUEST_NONE },
		{ "a\x01xb", "ab", VM_REQUEST_STOP },
	};
	int tty = make_terminal(O_NOCTTY);

	cr_assert_eq(start("stdio"), 0);
	for (unsigned int i = 0; i < n_elems(cases); i++) {
		cr_assert_eq(write(tty, cases[i].typed, strlen(cases[i].typed)),
			     (ssize_t)strlen(cases[i].typed));
		cr_assert(fake_guest_serve(&g, 1000));
		cr_assert(fake_uart_got(&uart, cases[i].arrives), "case %u", i);
		cr_assert_eq(vm_request_pending(&g.vm), cases[i].request, "case %u", i);
	}
	close(tty);
}

Test(console_terminal, the_escape_works_though_the_guest_does_not_read)
{
	int tty = make_terminal(O_NOCTTY);

	uart.accepts = 0;
	cr_assert_eq(start("stdio"), 0);
	for (unsigned int i = 0; i < 1000; i++)
		cr_assert_eq(write(tty, "a", 1), 1);
	cr_assert_eq(write(tty, "\x01x", 2), 2);
	fake_guest_serve(&g, 100);
	cr_assert_eq(vm_request_pending(&g.vm), VM_REQUEST_STOP);
	close(tty);
}

Test(console_terminal, a_terminal_that_hangs_up_is_quiet)
{
	int tty = make_terminal(O_NOCTTY);

	cr_assert_eq(start("stdio"), 0);
	close(tty);
	fake_guest_serve(&g, 100);
	cr_assert(!fake_guest_serve(&g, 20), "the main loop sleeps");
}

/* In a child, which can become the leader of a session of its own. */
Test(console_terminal, in_the_background_the_terminal_is_left_alone)
{
	int status;
	pid_t child = fork(), other;

	if (!child) {
		setsid();
		make_terminal(0);
		other = fork();
		if (!other) {
			pause();
			_exit(0);
		}
		if (setpgid(other, other) || tcsetpgrp(STDIN_FILENO, other))
			_exit(2);
		status = start("stdio") || is_raw() || fake_guest_serve(&g, 20);
		console_destroy(g.vm.console);
		kill(other, SIGKILL);
		_exit(status);
	}
	cr_assert_eq(waitpid(child, &status, WUNTRACED), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}
