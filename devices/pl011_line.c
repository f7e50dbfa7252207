// SPDX-License-Identifier: GPL-2.0-only
/* pl011.h: bytes both ways, FIFOs, what the guest sees of that, and bursts. */
#include <string.h>

#include "devices/console.h"
#include "devices/pl011.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/coalesced.h"
#include "vmm/core/memmap.h"
#include "vmm/core/vm.h"

#define BURST_NS 10000000L /* how late a byte may be seen */

static struct console *console_of(const struct pl011 *uart)
{
	return uart->emu.device.vm->console;
}

/* Without FIFOs a holding register of one byte takes their place. */
static unsigned int fifo_depth(const struct pl011 *uart)
{
	return REG(uart, UARTLCR_H) & LCR_H_FEN ? PL011_FIFO_DEPTH : 1;
}

/* Bytes at which the receive interrupt is raised; reserved settings are taken for the highest. */
static unsigned int receive_trigger(const struct pl011 *uart)
{
	static const uint8_t eighths[] = { 1, 2, 4, 6, 7, 7, 7, 7 };

	return REG(uart, UARTLCR_H) & LCR_H_FEN
		       ? PL011_FIFO_DEPTH * eighths[REG(uart, UARTIFLS) >> 3 & 7] / 8
		       : 1;
}

static bool receives(const struct pl011 *uart)
{
	return (REG(uart, UARTCR) & (CR_UARTEN | CR_RXE)) == (CR_UARTEN | CR_RXE);
}

/* Nothing follows the last byte at once, so the time-out that it starts has passed already. */
static void fifo_filled(struct pl011 *uart)
{
	uart->ris |= INT_RT;
	if (uart->n_fifo >= receive_trigger(uart))
		uart->ris |= INT_RX;
}

void pl011_resume_input(struct pl011 *uart)
{
	if (!uart->input_waits || !receives(uart) || uart->n_fifo > fifo_depth(uart) / 2)
		return;
	uart->input_waits = false;
	console_resume(console_of(uart));
}

uint8_t pl011_receive(struct pl011 *uart)
{
	uint8_t byte;

	if (!uart->n_fifo)
		return 0;
	byte = uart->fifo[0];
	memmove(uart->fifo, uart->fifo + 1, --uart->n_fifo);
	if (uart->n_fifo < receive_trigger(uart))
		uart->ris &= ~INT_RX;
	if (!uart->n_fifo)
		uart->ris &= ~INT_RT;
	pl011_resume_input(uart);
	return byte;
}

static void loop_back(struct pl011 *uart, uint8_t byte)
{
	if (uart->n_fifo < fifo_depth(uart)) {
		uart->fifo[uart->n_fifo++] = byte;
		fifo_filled(uart);
	} else {
		uart->rsr |= RSR_OE;
		uart->ris |= INT_OE;
	}
}

/*
 * The transmit FIFO runs empty at once, which is when its interrupt is raised, until the console is
 * full.
 */
static void write_data(struct pl011 *uart, uint8_t byte)
{
	if (REG(uart, UARTCR) & CR_LBE)
		loop_back(uart, byte);
	else
		console_put(console_of(uart), byte);
	if (console_is_full(console_of(uart)))
		uart->ris &= ~INT_TX;
	else
		uart->ris |= INT_TX;
}

void pl011_take_sent(struct pl011 *uart, bool all)
{
	uint32_t value;

	while ((all || !console_is_full(console_of(uart))) &&
	       coalesced_take(uart->emu.device.vm, &value)) {
		write_data(uart, (uint8_t)value);
		uart->has_sent = true;
	}
}

static uint32_t flags(const struct pl011 *uart)
{
	uint32_t fr = FR_MODEM;

	fr |= console_is_full(console_of(uart)) ? FR_TXFF | FR_BUSY : FR_TXFE;
	if (!uart->n_fifo)
		fr |= FR_RXFE;
	else if (uart->n_fifo >= fifo_depth(uart))
		fr |= FR_RXFF;
	return fr;
}

/* --- what the guest sees */

static const uint16_t plain_bits[UARTDMACR / 4 + 1] = {
	[UARTILPR / 4] = 0xff,  [UARTIBRD / 4] = 0xffff, [UARTFBRD / 4] = 0x3f,
	[UARTLCR_H / 4] = 0xff, [UARTCR / 4] = 0xff87,   [UARTIFLS / 4] = 0x3f,
	[UARTIMSC / 4] = 0x7ff, [UARTDMACR / 4] = 0x7,
};

uint16_t pl011_plain_bits(uint64_t offset)
{
	return offset / 4 < n_elems(plain_bits) ? plain_bits[offset / 4] : 0;
}

bool pl011_look_at(struct emulated *emu, uint64_t offset, uint32_t *value)
{
	const struct pl011 *uart = container_of(emu, struct pl011, emu);

	switch (offset) {
	case UARTRSR:
		*value = uart->rsr;
		break;
	case UARTFR:
		*value = flags(uart);
		break;
	case UARTRIS:
		*value = uart->ris;
		break;
	case UARTMIS:
		*value = uart->ris & REG(uart, UARTIMSC);
		break;
	case UARTICR:
		*value = 0;
		break;
	default:
		if (!pl011_plain_bits(offset))
			return false;
		*value = REG(uart, offset);
	}
	return true;
}

void pl011_update(struct pl011 *uart)
{
	if (uart->n_fifo)
		register_page_show(&uart->emu.page, false);
	emulated_update(&uart->emu, UARTRSR, uart->ris & REG(uart, UARTIMSC));
}

/* --- bursts */

static void set_timer(struct pl011 *uart, long ns)
{
	if (uart->emu.timer.source)
		event_timer_set(&uart->emu.timer, 0, 0, ns);
}

void pl011_settle_later(struct pl011 *uart)
{
	set_timer(uart, BURST_NS);
}

void pl011_send(struct pl011 *uart, uint8_t byte)
{
	write_data(uart, byte);
	uart->has_sent = true;
	if (!uart->in_burst && uart->emu.device.vm->coalesced)
		set_timer(uart, 1);
}

static void set_burst(struct pl011 *uart, bool on)
{
	if (uart->in_burst != on)
		uart->in_burst = !coalesced_set(uart->emu.device.vm, MEMMAP_PL011 + UARTDR,
						sizeof(uint32_t), on) &&
				 on;
}

/* A burst begins, goes on or ends; or what was received has been read. */
void pl011_settle(struct emulated *emu)
{
	struct pl011 *uart = container_of(emu, struct pl011, emu);

	pl011_take_sent(uart, false);
	set_burst(uart, uart->has_sent);
	pl011_take_sent(uart, false);
	if (uart->in_burst)
		pl011_settle_later(uart);
	uart->has_sent = false;
	if (!uart->n_fifo)
		register_page_show(&uart->emu.page, true);
	pl011_update(uart);
}

/* --- the console's side, on the main thread */

static size_t take_input(void *opaque, const uint8_t *bytes, size_t n)
{
	struct pl011 *uart = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&uart->emu.lock);
	size_t room = 0;

	if (receives(uart) && uart->n_fifo < fifo_depth(uart))
		room = fifo_depth(uart) - uart->n_fifo;
	uart->input_waits = n > room;
	if (n > room)
		n = room;
	memcpy(&uart->fifo[uart->n_fifo], bytes, n);
	uart->n_fifo += (unsigned int)n;
	if (n)
		fifo_filled(uart);
	pl011_update(uart);
	return n;
}

static void transmit_ready(void *opaque)
{
	struct pl011 *uart = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&uart->emu.lock);

	uart->ris |= INT_TX;
	pl011_take_sent(uart, false);
	pl011_update(uart);
}

static void flush(void *opaque)
{
	struct pl011 *uart = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&uart->emu.lock);

	pl011_take_sent(uart, true);
}

const struct console_uart pl011_console_uart = {
	.receive = take_input,
	.transmit_ready = transmit_ready,
	.flush = flush,
};
