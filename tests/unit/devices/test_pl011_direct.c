// SPDX-License-Identifier: GPL-2.0-only
/* What a guest does with the PL011 without an exit: reads of a page, and bursts that KVM keeps. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "devices/classes.h"
#include "devices/console.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_guest.h"
#include "vmm/base/built.h"
#include "vmm/base/sys.h"
#include "vmm/core/coalesced.h"

#define DR        0x00
#define FR        0x18
#define CR        0x30
#define IMSC      0x38
#define RIS       0x3c
#define MIS       0x40
#define ICR       0x44
#define CR_ON     0x301
#define FR_TXFF   0x20
#define FR_IDLE   0x97
#define INT_RX    0x10
#define INT_TX    0x20
#define WAIT_MS   1000 /* far more than a burst goes on for */
#define RING_SIZE 170  /* as many as KVM keeps on pages of 4 KiB, about */

static struct fake_guest g;

static void begin(void)
{
	fake_guest_begin(&g);
	fake_guest_has_direct(&g);
	fake_guest_start(&g, &pl011_class);
	fake_guest_serve(&g, WAIT_MS);
}

static void end(void)
{
	fake_guest_end(&g);
}

TestSuite(pl011_direct, .init = begin, .fini = end);

static void send(const char *text)
{
	for (; *text; text++)
		fake_guest_write32(&g, DR, (uint8_t)*text);
}

/* Behind the dots of begin_burst() */
static void has_printed(const char *text)
{
	char buf[2048];
	ssize_t n = read(g.output, buf, sizeof(buf) - 1);

	cr_assert_gt(n, 0);
	buf[n] = '\0';
	cr_assert_str_eq(buf + strspn(buf, "."), text);
}

/* Until the burst, and what else is to come later, has ended. */
static void settle(void)
{
	while (fake_guest_serve(&g, 50))
		;
}

/* On a slow machine one may have ended before this returns. */
static void begin_burst(void)
{
	do {
		send(".");
		fake_guest_serve(&g, 0);
	} while (!g.zone.size);
	cr_assert_eq(g.zone.addr, g.gpa + DR);
	cr_assert_eq(g.zone.size, 4);
}

Test(pl011_direct, reads_are_of_a_page_that_is_true)
{
	if (!BUILT(ARCH_ARM64))
		return;
	fake_guest_page_is_true(&g);
	fake_guest_write32(&g, IMSC, 0x7ff);
	fake_guest_write32(&g, CR, CR_ON);
	send("a");
	fake_guest_page_is_true(&g);
	g.n_exits = 0;
	cr_expect_eq(fake_guest_read32(&g, FR), FR_IDLE);
	cr_expect_eq(fake_guest_read32(&g, RIS), INT_TX);
	cr_expect_eq(g.n_exits, 0);
	fake_guest_reset(&g);
	fake_guest_page_is_true(&g);
	cr_expect_eq(fake_guest_read32(&g, CR), 0x300);
}

Test(pl011_direct, bytes_that_wait_are_read_by_exits)
{
	if (!BUILT(ARCH_ARM64))
		return;
	fake_guest_write32(&g, CR, CR_ON);
	cr_assert_eq(write(g.input, "xy", 2), 2);
	fake_guest_serve(&g, WAIT_MS);
	cr_expect_eq(g.slot.memory_size, 0);
	cr_expect_eq(fake_guest_read32(&g, DR), 'x');
	settle();
	cr_expect_eq(g.slot.memory_size, 0);
	cr_assert_eq(write(g.input, "z", 1), 1);
	while (fake_guest_read32(&g, DR) != 'z')
		fake_guest_serve(&g, 1);
	settle();
	cr_expect_neq(g.slot.memory_size, 0);
	fake_guest_page_is_true(&g);
}

/* A vCPU may look as soon as the line is up. */
Test(pl011_direct, an_interrupt_comes_after_what_it_tells_of)
{
	if (!BUILT(ARCH_ARM64))
		return;
	g.why_offset = MIS;
	send("a");
	fake_guest_write32(&g, IMSC, INT_TX | INT_RX);
	cr_expect(g.irq);
	cr_expect_eq(g.why, INT_TX);
	fake_guest_write32(&g, ICR, INT_TX);
	cr_expect(!g.irq);
	fake_guest_write32(&g, CR, CR_ON);
	cr_assert_eq(write(g.input, "x", 1), 1);
	fake_guest_serve(&g, WAIT_MS);
	cr_expect(g.irq);
	cr_expect_eq(g.why, UINT32_MAX);
}

static unsigned int exits_of(unsigned int width, uint32_t cr)
{
	g.n_exits = 0;
	fake_guest_write(&g, CR, width, cr);
	return g.n_exits;
}

/* As Linux does before and behind each line that it prints. */
Test(pl011_direct, a_write_of_what_is_there_costs_no_exit)
{
	cr_expect_eq(exits_of(2, 0x300), 1, "as after a reset");
	cr_expect_eq(exits_of(2, 0x300), 0);
	cr_expect_eq(exits_of(4, 0x300), 1, "not what Linux does");
	cr_expect_eq(exits_of(2, CR_ON), 1);
	cr_expect_eq(g.caught.len, 0, "it may be a toggle");
	cr_expect_eq(exits_of(2, 0x300), 1, "it is not there any more");
	cr_expect_eq(fake_guest_read32(&g, CR), 0x300);
	cr_expect_eq(exits_of(2, CR_ON), 1);
	cr_expect_eq(exits_of(2, CR_ON), 1);
	cr_expect_eq(exits_of(2, CR_ON), 0);
	fake_guest_reset(&g);
	cr_expect_eq(g.caught.len, 0);
	cr_expect_eq(exits_of(2, CR_ON), 1);
	cr_expect_eq(fake_guest_read32(&g, CR), CR_ON);
	fake_guest_page_is_true(&g);
}

/* All of them trap then. */
Test(pl011_direct, writes_that_cannot_be_caught)
{
	fake_fail_at(1, ENOSPC);
	cr_expect_eq(exits_of(2, 0x300), 1);
	cr_expect(fake_failed());
	cr_expect_eq(exits_of(2, 0x300), 1);
	cr_expect_eq(exits_of(2, 0x300), 0, "the second time it could");
}

Test(pl011_direct, a_burst_costs_no_exits_and_ends)
{
	begin_burst();
	g.n_exits = 0;
	send("many bytes");
	cr_expect_eq(g.n_exits, 0);
	settle();
	has_printed("many bytes");
	cr_expect_eq(g.zone.size, 0, "it goes on for ever");
	send("!");
	cr_expect_eq(g.n_exits, 1);
	settle();
	has_printed("!");
}

Test(pl011_direct, what_was_sent_comes_before_what_follows)
{
	begin_burst();
	fake_guest_write32(&g, ICR, INT_TX);
	fake_guest_write32(&g, IMSC, INT_TX);
	cr_expect(!g.irq);
	send("one");
	fake_guest_write32(&g, IMSC, INT_TX);
	cr_expect(g.irq, "the transmitter has become empty");
	settle();
	has_printed("one");
	/* More than KVM keeps: each that traps takes those before it. */
	begin_burst();
	g.n_exits = 0;
	for (unsigned int i = 0; i < 1000; i++)
		fake_guest_write32(&g, DR, 'a' + i % 26);
	cr_expect(g.n_exits && g.n_exits <= 1000 / RING_SIZE + 1, "%u exits", g.n_exits);
	settle();
	{
		char text[1001] = "";

		for (unsigned int i = 0; i < 1000; i++)
			text[i] = (char)('a' + i % 26);
		has_printed(text);
	}
}

Test(pl011_direct, nothing_is_lost_at_a_reset_and_at_the_end)
{
	begin_burst();
	send("before");
	fake_guest_reset(&g);
	cr_expect_eq(fake_guest_read32(&g, RIS), 0);
	send("after");
	settle();
	has_printed("beforeafter");
	cr_expect_eq(g.zone.size, 0);
	begin_burst();
	send("end");
	console_drain(g.vm.console);
	has_printed("end");
}

/* As the keeper does with devices that it made for its VMM. */
Test(pl011_direct, one_that_was_never_attached_closes_nothing)
{
	struct device *device;

	cr_assert_eq(pl011_class.create(&g.config, &g.vm, &device, &g.err), 0);
	pl011_class.destroy(device);
	console_connect(g.vm.console, CONSOLE_UART, NULL, NULL);
}

/* A reader who stopped: what KVM keeps waits, the guest sees a full FIFO, and nothing is lost. */
Test(pl011_direct, a_full_console_keeps_the_rest)
{
	static char buf[1 << 20];
	size_t n_sent = 0, n_read = 0;

	while (!(fake_guest_read32(&g, FR) & FR_TXFF)) {
		cr_assert(n_sent < sizeof(buf));
		fake_guest_write32(&g, DR, (uint8_t)n_sent++);
		if (n_sent % 100 == 0)
			fake_guest_serve(&g, 0);
	}
	while (n_read < n_sent) {
		ssize_t n = read(g.output, buf + n_read, sizeof(buf) - n_read);

		if (n > 0)
			n_read += (size_t)n;
		else
			cr_assert(fake_guest_serve(&g, WAIT_MS), "stuck at %zu", n_read);
	}
	for (size_t i = 0; i < n_sent; i++)
		cr_assert_eq((uint8_t)buf[i], (uint8_t)i, "byte %zu", i);
	cr_expect_eq(fake_guest_read32(&g, FR), FR_IDLE);
}

Test(pl011_direct, hosts_without_them)
{
	uint32_t value;

	g.vm.coalesced = 0;
	g.vm.kvm.run_size = sys_page_size();
	coalesced_init(&g.vm);
	cr_expect(!g.vm.coalesced, "a ring that is not there");
	cr_expect(!coalesced_take(&g.vm, &value));
	cr_expect_lt(coalesced_set(&g.vm, g.gpa, 4, true), 0);
	send("slow");
	settle();
	cr_expect_eq(g.zone.size, 0);
	has_printed("slow");
}
