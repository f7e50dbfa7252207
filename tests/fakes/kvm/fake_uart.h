/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_KVM_FAKE_UART_H
#define TESTS_FAKES_KVM_FAKE_UART_H

/* A UART at the guest's end of a console: it takes @accepts more bytes and keeps them all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_guest;

struct passed_fds;

struct fake_uart {
	uint8_t fifo[100000];
	size_t n, accepts;
	unsigned int n_ready;      /* calls of transmit_ready() */
	struct passed_fds *passed; /* for the console */
};

void fake_uart_init(struct fake_uart *uart);
/*
 * Give @g another console, connect, start; nothing is served yet. Returns as the call that failed,
 * and g->err.
 */
int fake_uart_start(struct fake_uart *uart, struct fake_guest *g, const char *spec);
void fake_uart_stop(struct fake_guest *g);
/* Whether exactly these bytes came since it was last asked. */
bool fake_uart_got(struct fake_uart *uart, const char *expected);

#endif
