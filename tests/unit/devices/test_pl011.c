// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/classes.h"
#include "devices/console.h"
#include "tests/fakes/kvm/fake_guest.h"
#include "vmm/base/range.h"

#define DR   0x00
#define RSR  0x04
#define FR   0x18
#define LCRH 0x2c
#define CR   0x30
#define IFLS 0x34
#define IMSC 0x38
#define RIS  0x3c
#define MIS  0x40
#define ICR  0x44

#define CR_ON   0x301
#define FEN     0x10
#define FR_BUSY 0x08
#define FR_RXFE 0x10
#define FR_TXFF 0x20
#define FR_RXFF 0x40
#define FR_TXFE 0x80
#define INT_RX  0x10
#define INT_TX  0x20
#define INT_RT  0x40
#define INT_OE  0x400
#define FR_IDLE 0x97

static struct fake_guest g;

static void begin(void)
{
	fake_guest_init(&g, &pl011_class);
}

static void end(void)
{
	fake_guest_end(&g);
}

TestSuite(pl011, .init = begin, .fini = end);

static void send(const char *bytes, size_t n)
{
	cr_assert_eq(write(g.input, bytes, n), (ssize_t)n);
	fake_guest_serve(&g, 0);
}

/* DDI 0183G, table 3-1; the modem inputs are asserted. */
static const struct {
	uint32_t offset, value, writable;
} registers[] = {
	{ 0x00, 0, 0 },       { 0x04, 0, 0 },     { 0x18, FR_IDLE, 0 }, { 0x20, 0, 0xff },
	{ 0x24, 0, 0xffff },  { 0x28, 0, 0x3f },  { 0x2c, 0, 0xff },    { 0x30, 0x300, 0xff87 },
	{ 0x34, 0x12, 0x3f }, { 0x38, 0, 0x7ff }, { 0x3c, 0, 0 },       { 0x40, 0, 0 },
	{ 0x44, 0, 0 },       { 0x48, 0, 0x7 },   { 0xfe0, 0x11, 0 },   { 0xfe4, 0x10, 0 },
	{ 0xfe8, 0x34, 0 },   { 0xfec, 0, 0 },    { 0xff0, 0x0d, 0 },   { 0xff4, 0xf0, 0 },
	{ 0xff8, 0x05, 0 },   { 0xffc, 0xb1, 0 }, { 0x80, 0, 0 },       { 0x08, 0, 0 },
};

static void check_reset_values(void)
{
	for (unsigned int i = 0; i < n_elems(registers); i++)
		cr_assert_eq(fake_guest_read32(&g, registers[i].offset), registers[i].value,
			     "offset %x", registers[i].offset);
}

Test(pl011, registers_are_those_of_the_manual)
{
	check_reset_values();
	for (unsigned int i = 0; i < n_elems(registers); i++) {
		uint32_t offset = registers[i].offset, writable = registers[i].writable;

		if (offset == DR)
			continue;
		fake_guest_write32(&g, offset, 0xffffffff);
		cr_assert_eq(fake_guest_read32(&g, offset),
			     writable ? writable : registers[i].value, "offset %x", offset);
		fake_guest_write32(&g, offset, 0);
		if (writable)
			cr_assert_eq(fake_guest_read32(&g, offset), 0);
	}
	fake_guest_reset(&g);
	check_reset_values();
}

Test(pl011, every_width_reads_its_part)
{
	static const struct {
		uint32_t offset;
		unsigned int width;
		uint64_t value;
	} cases[] = { { 0x24, 1, 0xcd }, { 0x25, 1, 0xab },   { 0x24, 2, 0xabcd },
		      { 0x26, 2, 0 },    { 0x24, 8, 0xabcd }, { 0x27, 4, 0 } };

	fake_guest_write(&g, 0x24, 2, 0xabcd);
	fake_guest_write(&g, 0x25, 1, 0xff);
	for (unsigned int i = 0; i < n_elems(cases); i++)
		cr_assert_eq(fake_guest_read(&g, cases[i].offset, cases[i].width), cases[i].value);
	fake_guest_write(&g, 0x24, 8, 0x1111111122223333);
	cr_assert_eq(fake_guest_read32(&g, 0x24), 0x3333);
	cr_assert_eq(fake_guest_read32(&g, 0x28), 0);
}

Test(pl011, what_is_written_comes_out)
{
	char buf[16];

	/* Disabled, as after power-on: firmware is what turns a UART on. */
	for (const char *s = "hello\n"; *s; s++)
		fake_guest_write(&g, DR, 1, (uint8_t)*s);
	cr_assert_eq(fake_guest_read32(&g, FR), FR_IDLE);
	cr_assert(fake_guest_serve(&g, 0));
	cr_assert_eq(read(g.output, buf, sizeof(buf)), 6);
	cr_assert_arr_eq(buf, "hello\n", 6);
}

Test(pl011, the_transmit_interrupt_is_a_transition)
{
	fake_guest_write32(&g, IMSC, INT_TX);
	cr_assert(!g.irq, "nothing was sent yet");
	fake_guest_write32(&g, DR, 'a');
	cr_assert(g.irq);
	cr_assert_eq(fake_guest_read32(&g, MIS), INT_TX);
	fake_guest_write32(&g, ICR, INT_TX);
	cr_assert(!g.irq && !fake_guest_read32(&g, RIS));
	fake_guest_write32(&g, DR, 'b');
	cr_assert(g.irq);
	fake_guest_write32(&g, IMSC, 0);
	cr_assert(!g.irq);
	cr_assert_eq(fake_guest_read32(&g, RIS), INT_TX);
	cr_assert_eq(fake_guest_read32(&g, MIS), 0);
}

Test(pl011, a_reader_who_stopped_fills_the_fifo_and_holds_up_nobody)
{
	static char buf[1 << 20];
	size_t n_sent = 0, n_read = 0;
	ssize_t n;

	fake_guest_write32(&g, IMSC, INT_TX);
	/* The pipe takes some, then the ring the rest. */
	while (!(fake_guest_read32(&g, FR) & FR_TXFF)) {
		cr_assert(n_sent < sizeof(buf));
		fake_guest_write32(&g, DR, (uint8_t)(n_sent++ * 7));
		if (n_sent % 1000 == 0)
			fake_guest_serve(&g, 0);
	}
	cr_assert_geq(n_sent, CONSOLE_RING_SIZE);
	cr_assert_eq(fake_guest_read32(&g, FR) & (FR_BUSY | FR_TXFE), FR_BUSY);
	cr_assert(!g.irq && !(fake_guest_read32(&g, RIS) & INT_TX));
	fake_guest_write32(&g, DR, 'x'); /* lost, as any hardware would */
	cr_assert(!g.irq);
	fake_guest_serve(&g, 0);
	while (n_read < n_sent) {
		n = read(g.output, buf + n_read, sizeof(buf) - n_read);
		if (n < 0)
			cr_assert(errno == EAGAIN && fake_guest_serve(&g, 1000), "stuck at %zu",
				  n_read);
		else
			n_read += (size_t)n;
	}
	for (size_t i = 0; i < n_sent; i++)
		cr_assert_eq((uint8_t)buf[i], (uint8_t)(i * 7));
	cr_assert(g.irq);
	cr_assert_eq(fake_guest_read32(&g, FR), FR_IDLE);
	cr_assert_eq(read(g.output, buf, 1), -1);
}

Test(pl011, input_waits_until_the_receiver_is_on)
{
	static const uint32_t off[] = { 0, 0x300, 0x101, 0x200 };

	send("abc", 3);
	for (unsigned int i = 0; i < n_elems(off); i++) {
		fake_guest_write32(&g, CR, off[i]);
		fake_guest_serve(&g, 0);
		cr_assert_eq(fake_guest_read32(&g, FR), FR_IDLE);
	}
	fake_guest_write32(&g, CR, CR_ON);
	cr_assert(fake_guest_serve(&g, 0));
	for (const char *s = "abc"; *s; s++) {
		/* No FIFO: one after the other. */
		cr_assert_eq(fake_guest_read32(&g, FR), (FR_IDLE & ~FR_RXFE) | FR_RXFF);
		cr_assert_eq(fake_guest_read32(&g, RIS), INT_RX | INT_RT);
		cr_assert_eq(fake_guest_read32(&g, DR), (uint32_t)*s);
		cr_assert_eq(fake_guest_read32(&g, RIS), 0);
		fake_guest_serve(&g, 0);
	}
	cr_assert_eq(fake_guest_read32(&g, FR), FR_IDLE);
	cr_assert_eq(fake_guest_read32(&g, DR), 0);
}

Test(pl011, receive_interrupts_follow_the_trigger_level)
{
	static const unsigned int levels[] = { 4, 8, 16, 24, 28, 28, 28, 28 };

	fake_guest_write32(&g, CR, CR_ON);
	fake_guest_write32(&g, LCRH, FEN);
	fake_guest_write32(&g, IMSC, INT_RX);
	for (unsigned int i = 0; i < n_elems(levels); i++) {
		fake_guest_write32(&g, IFLS, i << 3);
		for (unsigned int n = 1; n <= levels[i]; n++) {
			cr_assert(!g.irq);
			send("x", 1);
			cr_assert_eq(fake_guest_read32(&g, RIS),
				     n < levels[i] ? INT_RT : INT_RX | INT_RT);
		}
		cr_assert(g.irq);
		fake_guest_read32(&g, DR);
		cr_assert(!g.irq);
		cr_assert_eq(fake_guest_read32(&g, RIS), INT_RT);
		while (!(fake_guest_read32(&g, FR) & FR_RXFE))
			fake_guest_read32(&g, DR);
		cr_assert_eq(fake_guest_read32(&g, RIS), 0);
	}
}

Test(pl011, a_cleared_interrupt_comes_back_with_the_next_byte)
{
	fake_guest_write32(&g, CR, CR_ON);
	fake_guest_write32(&g, LCRH, FEN);
	fake_guest_write32(&g, IMSC, INT_RT);
	send("a", 1);
	cr_assert(g.irq);
	fake_guest_write32(&g, ICR, INT_RT);
	cr_assert(!g.irq);
	send("b", 1);
	cr_assert(g.irq);
	cr_assert_eq(g.n_irqs, 2);
}

Test(pl011, long_input_arrives_whole)
{
	static char sent[6000];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 31 >> 3);
	fake_guest_write32(&g, CR, CR_ON);
	fake_guest_write32(&g, LCRH, FEN);
	send(sent, sizeof(sent));
	while (n < sizeof(sent)) {
		if (fake_guest_read32(&g, FR) & FR_RXFE)
			cr_assert(fake_guest_serve(&g, 1000), "stuck at %zu", n);
		else
			cr_assert_eq((uint8_t)fake_guest_read32(&g, DR), (uint8_t)sent[n++]);
	}
	cr_assert(!fake_guest_serve(&g, 0), "all is quiet");
}

Test(pl011, loop_back_overruns_but_does_not_print)
{
	char byte;

	fake_guest_write32(&g, CR, CR_ON | 0x80);
	fake_guest_write32(&g, LCRH, FEN);
	for (unsigned int i = 0; i < 33; i++)
		fake_guest_write32(&g, DR, i);
	cr_assert(fake_guest_read32(&g, FR) & FR_RXFF);
	cr_assert(fake_guest_read32(&g, RIS) & INT_OE);
	cr_assert_eq(fake_guest_read32(&g, RSR), 8);
	fake_guest_write32(&g, RSR, 0);
	cr_assert_eq(fake_guest_read32(&g, RSR), 0);
	for (unsigned int i = 0; i < 32; i++)
		cr_assert_eq(fake_guest_read32(&g, DR), i);
	cr_assert(fake_guest_read32(&g, FR) & FR_RXFE);
	fake_guest_serve(&g, 0);
	cr_assert_eq(read(g.output, &byte, 1), -1);
}

Test(pl011, a_guest_reset_lowers_the_line_and_keeps_what_waits)
{
	fake_guest_write32(&g, CR, CR_ON);
	send("abc", 3);
	fake_guest_write32(&g, IMSC, INT_RX);
	cr_assert(g.irq);
	fake_guest_reset(&g);
	cr_assert(!g.irq);
	check_reset_values();
	fake_guest_write32(&g, CR, CR_ON);
	fake_guest_serve(&g, 0);
	cr_assert_eq(fake_guest_read32(&g, DR), 'b');
}

Test(pl011, garbage_does_no_harm)
{
	send("abc", 3);
	fake_guest_poke(&g);
	fake_guest_serve(&g, 0);
	fake_guest_reset(&g);
	cr_assert(!g.irq);
	check_reset_values();
}

Test(pl011, node)
{
	static const char compatible[] = "arm,pl011\0arm,primecell", names[] = "uartclk\0apb_pclk";
	void *fdt = fake_guest_tree(&g);
	int node = fdt_path_offset(fdt, pl011_class.stdout_path), clock, size;
	const fdt32_t *cells;
	const char *value;

	cr_assert_geq(node, 0);
	value = fdt_getprop(fdt, node, "compatible", &size);
	cr_assert(size == sizeof(compatible) && !memcmp(value, compatible, sizeof(compatible)));
	value = fdt_getprop(fdt, node, "clock-names", &size);
	cr_assert(size == sizeof(names) && !memcmp(value, names, sizeof(names)));
	cells = fdt_getprop(fdt, node, "reg", &size);
	cr_assert(size == 16 && fdt32_ld(&cells[1]) == 0x9000000 && fdt32_ld(&cells[3]) == 0x1000);
	cells = fdt_getprop(fdt, node, "interrupts", &size);
	cr_assert(size == 12 && fdt32_ld(cells) == 0 && fdt32_ld(&cells[1]) == 0 &&
		  fdt32_ld(&cells[2]) == 4);
	cells = fdt_getprop(fdt, node, "clocks", &size);
	cr_assert(size == 8 && cells[0] == cells[1]);
	clock = fdt_node_offset_by_phandle(fdt, fdt32_ld(cells));
	cr_assert_geq(clock, 0);
	cr_assert_str_eq(fdt_getprop(fdt, clock, "compatible", NULL), "fixed-clock");
	cells = fdt_getprop(fdt, clock, "clock-frequency", &size);
	cr_assert_eq(fdt32_ld(cells), 24000000);
	free(fdt);
}

Test(pl011_settings, spi_is_pinned)
{
	fake_guest_begin(&g);
	g.config.settings[0] =
		(struct device_setting){ .key = "spi", .value = "7", .where = "--device" };
	g.config.n_settings = 1;
	cr_assert_eq(fake_guest_add(&g, &pl011_class), 0);
	fake_guest_write32(&g, IMSC, INT_TX);
	fake_guest_write32(&g, DR, 'a');
	cr_assert(g.irq && g.intid == 39);
	fake_guest_end(&g);
}

Test(pl011_settings, bad_ones_are_refused)
{
	static const struct {
		const char *key, *value, *what, *fix;
	} cases[] = {
		{ "spy", "1", "spy", "spi" },
		{ "spi", "x", "spi=x", "number" },
		{ "gpa", "0x1000", "gpa", "" },
		{ "spi", "64", "spi=64", "" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		fake_guest_begin(&g);
		g.config.settings[0] = (struct device_setting){ .key = cases[i].key,
								.value = cases[i].value,
								.where = "vm.conf:8" };
		g.config.n_settings = 1;
		cr_assert_eq(fake_guest_add(&g, &pl011_class), -EINVAL);
		cr_assert(strstr(g.err.what, cases[i].what), "%s", g.err.what);
		cr_assert(strstr(g.err.fix, cases[i].fix), "%s", g.err.fix);
		fake_guest_end(&g);
	}
}
