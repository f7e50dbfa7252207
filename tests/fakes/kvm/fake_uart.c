// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/kvm/fake_uart.h"

#include <assert.h>
#include <string.h>

#include "devices/console.h"
#include "tests/fakes/kvm/fake_guest.h"

static size_t receive(void *opaque, const uint8_t *bytes, size_t n)
{
	struct fake_uart *uart = opaque;

	if (n > uart->accepts)
		n = uart->accepts;
	assert(n <= sizeof(uart->fifo) - uart->n);
	memcpy(uart->fifo + uart->n, bytes, n);
	uart->n += n;
	uart->accepts -= n;
	return n;
}

static void transmit_ready(void *opaque)
{
	struct fake_uart *uart = opaque;

	uart->n_ready++;
}

static const struct console_uart ops = { .receive = receive, .transmit_ready = transmit_ready };

void fake_uart_init(struct fake_uart *uart)
{
	memset(uart, 0, sizeof(*uart));
	uart->accepts = sizeof(uart->fifo);
}

int fake_uart_start(struct fake_uart *uart, struct fake_guest *g, const char *spec)
{
	int ret;

	fake_uart_stop(g);
	ret = console_create(spec, uart->passed, &g->vm, &g->vm.console, &g->err);
	if (ret)
		return ret;
	console_connect(g->vm.console, CONSOLE_UART, &ops, uart);
	return console_start(g->vm.console, &g->err);
}

void fake_uart_stop(struct fake_guest *g)
{
	console_destroy(g->vm.console);
	g->vm.console = NULL;
}

bool fake_uart_got(struct fake_uart *uart, const char *expected)
{
	size_t n = uart->n;

	uart->n = 0;
	return n == strlen(expected) && !memcmp(uart->fifo, expected, n);
}
