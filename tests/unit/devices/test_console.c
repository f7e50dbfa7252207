// SPDX-License-Identifier: GPL-2.0-only
#include <asm/ioctls.h>
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/console.h"
#include "tests/fakes/fake_sys.h"
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
	cr_assert_eq(start("stdio"), 0);
}

static void end(void)
{
	fake_guest_end(&g);
}

TestSuite(console, .init = begin, .fini = end);

static void put(const char *s)
{
	while (*s)
		console_put(g.vm.console, (uint8_t)*s++);
}

static void expect_output(const char *expected)
{
	char buf[256] = "";

	cr_assert_eq(read(g.output, buf, sizeof(buf) - 1), (ssize_t)strlen(expected));
	cr_assert_str_eq(buf, expected);
}

static void expect_input(const char *expected)
{
	fake_guest_serve(&g, 0);
	cr_assert(fake_uart_got(&uart, expected));
}

/* Fills pipe and ring; returns how many bytes were taken. Byte i is i * 7. */
static size_t fill(void)
{
	size_t n = 0;

	while (!console_is_full(g.vm.console)) {
		console_put(g.vm.console, (uint8_t)(n++ * 7));
		if (n % 1000 == 0)
			fake_guest_serve(&g, 0);
		cr_assert_lt(n, 1 << 20);
	}
	return n;
}

Test(console, output_and_input_pass)
{
	put("hello\n");
	fake_guest_serve(&g, 0);
	expect_output("hello\n");
	cr_assert_eq(write(g.input, "\x01x\x01h", 4), 4);
	expect_input("\x01x\x01h"); /* no escape without a terminal */
	cr_assert_eq(vm_request_pending(&g.vm), VM_REQUEST_NONE);
}

Test(console, a_stopped_reader_blocks_nobody_and_loses_nothing)
{
	static uint8_t buf[1 << 20];
	size_t n = fill(), n_read = 0;

	cr_assert(!fake_guest_serve(&g, 20), "the main loop sleeps");
	console_put(g.vm.console, 'x'); /* dropped */
	while (n_read < n) {
		ssize_t ret = read(g.output, buf + n_read, 5000);

		if (ret > 0)
			n_read += (size_t)ret;
		else
			cr_assert(fake_guest_serve(&g, 1000), "stuck at %zu", n_read);
	}
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(buf[i], (uint8_t)(i * 7));
	cr_assert_eq(read(g.output, buf, 1), -1);
	cr_assert_eq(uart.n_ready, 1);
}

Test(console, a_reader_that_is_gone_costs_the_output_only)
{
	close(g.output);
	g.output = dup(g.input);
	cr_redirect_stderr();
	put("lost");
	fake_guest_serve(&g, 0);
	for (unsigned int i = 0; i < 3 * CONSOLE_RING_SIZE; i++)
		console_put(g.vm.console, 'x');
	cr_assert(!console_is_full(g.vm.console));
	cr_assert(!fake_guest_serve(&g, 20), "the main loop sleeps");
	cr_assert_eq(write(g.input, "a", 1), 1);
	expect_input("a");
}

Test(console, a_reader_that_goes_while_the_ring_is_full_frees_the_guest)
{
	fill();
	close(g.output);
	g.output = dup(g.input);
	fake_guest_serve(&g, 1000);
	cr_assert(!console_is_full(g.vm.console));
	cr_assert_eq(uart.n_ready, 1);
}

Test(console, the_rest_is_written_at_the_end)
{
	put("last words");
	fake_uart_stop(&g);
	expect_output("last words");
}

Test(console, the_end_does_not_wait_for_a_stopped_reader)
{
	fill();
	fake_uart_stop(&g);
	cr_assert_leq(fake_waited_ms(), CONSOLE_DRAIN_MS);
}

Test(console, input_is_read_as_fast_as_the_uart_takes_it)
{
	static char sent[20000];

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 13);
	uart.accepts = 3;
	cr_assert_eq(write(g.input, sent, sizeof(sent)), (ssize_t)sizeof(sent));
	fake_guest_serve(&g, 0);
	cr_assert_eq(uart.n, 3);
	cr_assert(!fake_guest_serve(&g, 20), "the source is paused");
	while (uart.n < sizeof(sent)) {
		uart.accepts = 777;
		console_resume(g.vm.console);
		cr_assert(fake_guest_serve(&g, 0), "stuck at %zu", uart.n);
	}
	cr_assert_arr_eq(uart.fifo, sent, sizeof(sent));
}

Test(console, the_end_of_input_is_quiet)
{
	cr_assert_eq(write(g.input, "bye", 3), 3);
	close(g.input);
	g.input = dup(g.output);
	expect_input("bye");
	cr_assert(!fake_guest_serve(&g, 20), "the main loop sleeps");
	put("still here");
	fake_guest_serve(&g, 0);
	expect_output("still here");
}

Test(console, the_end_of_paused_input_is_quiet_too)
{
	uart.accepts = 0;
	cr_assert_eq(write(g.input, uart.fifo, 8000), 8000);
	fake_guest_serve(&g, 0);
	close(g.input);
	g.input = dup(g.output);
	cr_assert(!fake_guest_serve(&g, 20), "the main loop sleeps");
}

Test(console, standard_input_may_be_a_plain_file_or_null)
{
	char text[10000];
	int null = open("/dev/null", O_RDONLY), fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	memset(text, 'x', sizeof(text));
	cr_assert_eq(write(fd, text, sizeof(text)), (ssize_t)sizeof(text));
	lseek(fd, 0, SEEK_SET);
	dup2(fd, STDIN_FILENO);
	close(fd);
	uart.accepts = 5;
	cr_assert_eq(start("stdio"), 0);
	cr_assert_eq(uart.n, 5);
	cr_assert(!fake_guest_serve(&g, 20), "no polling of a full UART");
	uart.accepts = sizeof(uart.fifo);
	console_resume(g.vm.console);
	fake_guest_serve(&g, 0);
	cr_assert_eq(uart.n, sizeof(text));

	dup2(null, STDIN_FILENO);
	close(null);
	cr_assert_eq(start("stdio"), 0);
	cr_assert(!fake_guest_serve(&g, 20));
}

Test(console, output_may_go_to_a_file)
{
	uart.accepts = 0;
	cr_assert_eq(start("file:/log"), 0);
	for (unsigned int i = 0; i < 100000; i++) {
		console_put(g.vm.console, (uint8_t)('a' + i % 26));
		if (i % 50000 == 0)
			fake_guest_serve(&g, 0);
	}
	cr_assert_eq(write(g.input, "x", 1), 1);
	fake_guest_serve(&g, 0);
	cr_assert_eq(uart.n, 0, "no input");
	fake_uart_stop(&g);
	cr_assert_gt(strlen(fake_file_text("/log")), CONSOLE_RING_SIZE);
	cr_assert_eq(strncmp(fake_file_text("/log"), "abcdefghijklmnopqrstuvwxyzabc", 29), 0);
}

Test(console, none_takes_everything)
{
	cr_assert_eq(start("none"), 0);
	for (unsigned int i = 0; i < 200000; i++)
		console_put(g.vm.console, 'x');
	cr_assert(!console_is_full(g.vm.console));
	cr_assert(!fake_guest_serve(&g, 20));
	console_put(NULL, 'x');
	console_resume(NULL);
	cr_assert(!console_is_full(NULL));
}

Test(console, bad_specifications_say_what_there_is)
{
	static const struct {
		const char *spec, *what, *fix;
	} cases[] = {
		{ "stdoi", "console=stdoi", "did you mean stdio?" },
		{ "ptty", "console=ptty", "did you mean pty?" },
		{ "", "console=", "stdio, none, pty, file:PATH or fd:WHICH" },
		{ "file:", "console=file:", "file:PATH" },
		{ "somewhere else", "somewhere else", "file:PATH" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		cr_assert_eq(start(cases[i].spec), -EINVAL);
		cr_assert_eq(g.err.status, EXIT_STATUS_USAGE);
		cr_assert(strstr(g.err.what, cases[i].what), "%s", g.err.what);
		cr_assert(strstr(g.err.fix, cases[i].fix), "%s", g.err.fix);
	}
	fake_open_error("/forbidden", EACCES);
	cr_assert_eq(start("file:/forbidden"), -EACCES);
	cr_assert(strstr(g.err.what, "/forbidden"), "%s", g.err.what);
	fake_open_error("/fifo", ENXIO);
	cr_assert_eq(start("file:/fifo"), -ENXIO);
	cr_assert(strstr(g.err.why, "FIFO"), "%s", g.err.why);
}

/* --- a pseudo-terminal; its other end is played by a fake device */

static unsigned int n_slave_modes;

static int slave_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	(void)fd;
	(void)opaque;
	(void)arg;
	n_slave_modes += request == TCSETS;
	return request == TCGETS || request == TCSETS ? 0 : -ENOTTY;
}

static void any_slave(void)
{
	static const struct fake_fd_ops ops = { .ioctl = slave_ioctl };
	char name[32];

	for (int i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "/dev/pts/%d", i);
		fake_device(name, &ops, NULL);
	}
}

Test(console, a_pty_drops_what_nobody_reads)
{
	cr_redirect_stderr();
	any_slave();
	cr_assert_eq(start("pty"), 0);
	cr_assert_eq(n_slave_modes, 1);
	for (unsigned int i = 0; i < 10 * CONSOLE_RING_SIZE; i++) {
		console_put(g.vm.console, 'x');
		if (i % 10000 == 0)
			fake_guest_serve(&g, 0);
	}
	cr_assert(!console_is_full(g.vm.console));
}

Test(console_errors, every_call_that_fails_is_reported_or_survived)
{
	static const char *const specs[] = { "none", "file:/log", "pty", "stdio" };

	cr_redirect_stderr();
	for (unsigned int i = 0; i < n_elems(specs); i++) {
		unsigned int n = 1, n_reported = 0;
		bool failed = true;

		for (; failed; n++) {
			int ret;

			fake_guest_begin(&g);
			any_slave();
			fake_uart_stop(&g);
			memset(&g.err, 0, sizeof(g.err));
			fake_fail_at(n, EMFILE);
			ret = fake_uart_start(&uart, &g, specs[i]);
			failed = fake_failed();
			fake_fail_at(0, 0);
			if (ret) {
				cr_assert(failed && ret == -EMFILE && g.err.what[0]);
				n_reported++;
			}
			fake_guest_end(&g);
		}
		cr_assert_gt(n_reported, 1, "%s", specs[i]);
	}
}

/* The n-th call while the timer is first served: the timer itself, the output, the input. */
Test(console_errors, what_fails_later_costs_one_direction_at_most)
{
	cr_redirect_stderr();
	for (unsigned int n = 3; n <= 5; n++) {
		char buf[16];

		fake_guest_begin(&g);
		fake_uart_stop(&g);
		fake_uart_init(&uart);
		cr_assert_eq(fake_uart_start(&uart, &g, "stdio"), 0);
		put("out");
		cr_assert_eq(write(g.input, "in", 2), 2);
		fake_fail_at(n, ENOMEM);
		fake_guest_serve(&g, 0);
		cr_assert(fake_failed());
		cr_assert_eq(uart.n, n == 5 ? 0 : 2, "%u", n);
		cr_assert_eq(read(g.output, buf, sizeof(buf)), n == 4 ? -1 : 3, "%u", n);
		fake_guest_end(&g);
	}
}
