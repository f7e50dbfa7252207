// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PrimeCell UART (Arm DDI 0183G, revision r1p5) on the console. What differs from the hardware:
 * the line has no speed and no errors, the modem inputs are always asserted, and the transmitter
 * works while the UART is disabled, because a guest without firmware in front of it prints before
 * it sets anything up. Received bytes wait on the host until the receiver is enabled.
 */
#include <string.h>

#include "devices/classes.h"
#include "devices/console.h"
#include "devices/emulated.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/memmap.h"
#include "vmm/core/vm.h"

#define FIFO_DEPTH 32

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

/* The registers that read as they were written, and which bits of them can be. */
static const uint16_t plain_bits[UARTDMACR / 4 + 1] = {
	[UARTILPR / 4] = 0xff,  [UARTIBRD / 4] = 0xffff, [UARTFBRD / 4] = 0x3f,
	[UARTLCR_H / 4] = 0xff, [UARTCR / 4] = 0xff87,   [UARTIFLS / 4] = 0x3f,
	[UARTIMSC / 4] = 0x7ff, [UARTDMACR / 4] = 0x7,
};

struct pl011 {
	struct emulated emu;
	uint16_t regs[n_elems(plain_bits)];
	uint16_t rsr, ris;
	uint8_t fifo[FIFO_DEPTH]; /* received, oldest first */
	unsigned int n_fifo;
	bool input_waits; /* the console has more, and is told when there is room */
};

#define REG(uart, offset) ((uart)->regs[(offset) / 4])

static bool is_plain(uint64_t offset)
{
	return offset / 4 < n_elems(plain_bits) && plain_bits[offset / 4];
}

static struct pl011 *to_pl011(struct emulated *emu)
{
	return container_of(emu, struct pl011, emu);
}

static struct console *console_of(const struct pl011 *uart)
{
	return uart->emu.device.vm->console;
}

/* Without FIFOs a holding register of one byte takes their place. */
static unsigned int fifo_depth(const struct pl011 *uart)
{
	return REG(uart, UARTLCR_H) & LCR_H_FEN ? FIFO_DEPTH : 1;
}

/* Bytes at which the receive interrupt is raised; reserved settings are taken for the highest. */
static unsigned int receive_trigger(const struct pl011 *uart)
{
	static const uint8_t eighths[] = { 1, 2, 4, 6, 7, 7, 7, 7 };

	return REG(uart, UARTLCR_H) & LCR_H_FEN
		       ? FIFO_DEPTH * eighths[REG(uart, UARTIFLS) >> 3 & 7] / 8
		       : 1;
}

static bool receives(const struct pl011 *uart)
{
	return (REG(uart, UARTCR) & (CR_UARTEN | CR_RXE)) == (CR_UARTEN | CR_RXE);
}

static void update_irq(struct pl011 *uart)
{
	irq_line_set(&uart->emu.irq, uart->ris & REG(uart, UARTIMSC));
}

/* Nothing follows the last byte at once, so the time-out that it starts has passed already. */
static void fifo_filled(struct pl011 *uart)
{
	uart->ris |= INT_RT;
	if (uart->n_fifo >= receive_trigger(uart))
		uart->ris |= INT_RX;
}

static void resume_input(struct pl011 *uart)
{
	if (!uart->input_waits || !receives(uart) || uart->n_fifo > fifo_depth(uart) / 2)
		return;
	uart->input_waits = false;
	console_resume(console_of(uart));
}

static uint8_t read_data(struct pl011 *uart)
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
	resume_input(uart);
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

static bool pl011_read(struct emulated *emu, uint64_t offset, uint32_t *value)
{
	struct pl011 *uart = to_pl011(emu);

	switch (offset) {
	case UARTDR:
		*value = read_data(uart);
		break;
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
		break;
	default:
		if (!is_plain(offset))
			return false;
		*value = REG(uart, offset);
	}
	update_irq(uart);
	return true;
}

static bool pl011_write(struct emulated *emu, uint64_t offset, uint32_t value)
{
	struct pl011 *uart = to_pl011(emu);

	switch (offset) {
	case UARTDR:
		write_data(uart, (uint8_t)value);
		break;
	case UARTRSR:
		uart->rsr = 0;
		break;
	case UARTICR:
		uart->ris &= ~value;
		break;
	case UARTFR:
	case UARTRIS:
	case UARTMIS:
		break;
	default:
		if (!is_plain(offset))
			return false;
		REG(uart, offset) = (uint16_t)value & plain_bits[offset / 4];
		resume_input(uart);
	}
	update_irq(uart);
	return true;
}

/* --- the console's side, on the main thread */

static size_t pl011_receive(void *opaque, const uint8_t *bytes, size_t n)
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
	update_irq(uart);
	return n;
}

static void pl011_transmit_ready(void *opaque)
{
	struct pl011 *uart = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&uart->emu.lock);

	uart->ris |= INT_TX;
	update_irq(uart);
}

static const struct console_uart console_uart = {
	.receive = pl011_receive,
	.transmit_ready = pl011_transmit_ready,
};

/* --- life */

/* DDI 0183G, table 3-1, reset values. */
static void pl011_reset(struct emulated *emu)
{
	struct pl011 *uart = to_pl011(emu);

	memset(uart->regs, 0, sizeof(uart->regs));
	uart->rsr = uart->ris = 0;
	REG(uart, UARTIFLS) = IFLS_RESET;
	REG(uart, UARTCR) = CR_TXE | CR_RXE;
	uart->n_fifo = 0;
	uart->input_waits = true;
}

_Static_assert(MEMMAP_PL011 == 0x9000000, "the unit address in stdout_path");

static const struct emulated_type pl011_type = {
	.node = "pl011",
	.compatible = "arm,pl011",
	.clock = "uartclk",
	.gpa = MEMMAP_PL011,
	.object_size = sizeof(struct pl011),
	.peripheral_id = 0x00341011,
	.reset = pl011_reset,
	.read = pl011_read,
	.write = pl011_write,
};

static int pl011_attach(struct device *device, struct err *err)
{
	int ret = emulated_attach(device, err);

	if (!ret)
		console_connect(device->vm->console, CONSOLE_UART, &console_uart,
				container_of(device, struct pl011, emu.device));
	return ret;
}

static void pl011_destroy(struct device *device)
{
	if (device)
		console_connect(device->vm->console, CONSOLE_UART, NULL, NULL);
	emulated_destroy(device);
}

const struct device_class pl011_class = {
	.name = "pl011",
	.help = "UART, connected to the console",
	EMULATED_CLASS(pl011_type),
	.attach = pl011_attach,
	.describe = emulated_describe,
	.destroy = pl011_destroy,
	.stdout_path = "/pl011@9000000",
};
