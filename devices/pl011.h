/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_PL011_H
#define DEVICES_PL011_H

/*
 * The halves of the PL011 (Arm DDI 0183G, revision r1p5): what accesses that trap do, pl011.c; and
 * what goes on without them, pl011_line.c, on which the other half stands. All under emu's lock.
 */
#include "devices/emulated.h"

struct console_uart;

#define PL011_FIFO_DEPTH 32

/* DDI 0183G, table 3-1. */
enum {
	UARTDR = 0x000,
	UARTRSR = 0x004, /* write: UARTECR */
	UARTFR = 0x018,
	UARTILPR = 0x020,
	UARTIBRD = 0x024,
	UARTFBRD = 0x028,
	UARTLCR_H = 0x02c,
	UARTCR = 0x030,
	UARTIFLS = 0x034,
	UARTIMSC = 0x038,
	UARTRIS = 0x03c,
	UARTMIS = 0x040,
	UARTICR = 0x044,
	UARTDMACR = 0x048,
};

#define FR_MODEM 0x007 /* CTS, DSR, DCD */
#define FR_BUSY  0x008
#define FR_RXFE  0x010
#define FR_TXFF  0x020
#define FR_RXFF  0x040
#define FR_TXFE  0x080

#define LCR_H_FEN 0x10

#define CR_UARTEN 0x001
#define CR_LBE    0x080
#define CR_TXE    0x100
#define CR_RXE    0x200

#define IFLS_RESET 0x12

#define INT_RX 0x010
#define INT_TX 0x020
#define INT_RT 0x040
#define INT_OE 0x400

#define RSR_OE 0x08

struct pl011 {
	struct emulated emu;
	uint16_t regs[UARTDMACR / 4 + 1];
	uint16_t rsr, ris;
	uint8_t fifo[PL011_FIFO_DEPTH]; /* received, oldest first */
	unsigned int n_fifo;
	bool input_waits; /* the console has more, and is told when there is room */
	/*
	 * KVM keeps what is sent (core/coalesced.h), from a byte that trapped on until a while
	 * passes without one. Whoever has the lock takes that before he does anything else.
	 */
	bool in_burst;
	bool has_sent; /* since the timer was set */
	int same_fd;   /* an eventfd that nobody reads; negative: KVM takes no writes */
	bool is_caught;
};

/* Of those that are plain memory. */
#define REG(uart, offset) ((uart)->regs[(offset) / 4])

/* Bits of a register that reads as it was written; 0: it is none. */
uint16_t pl011_plain_bits(uint64_t offset);
/* What a register but UARTDR reads as; false: nothing is there. */
bool pl011_look_at(struct emulated *emu, uint64_t offset, uint32_t *value);
/*
 * After each change: the interrupt, and what the guest reads without an exit (emu.page, which is
 * shown while n_fifo is 0: reading takes bytes away).
 */
void pl011_update(struct pl011 *uart);

/* Take what KVM has kept, as far as the console has room, or @all. */
void pl011_take_sent(struct pl011 *uart, bool all);
void pl011_send(struct pl011 *uart, uint8_t byte); /* one that trapped */
uint8_t pl011_receive(struct pl011 *uart);         /* 0: there is none */
/* The console may go on giving, if there is room now. */
void pl011_resume_input(struct pl011 *uart);
/* A while after the last change: the burst, and the page. */
void pl011_settle_later(struct pl011 *uart);
void pl011_settle(struct emulated *emu);
extern const struct console_uart pl011_console_uart;

#endif
