// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PrimeCell UART (Arm DDI 0183G, revision r1p5) on the console. What differs from the hardware:
 * the line has no speed and no errors, the modem inputs are always asserted, and the transmitter
 * works while the UART is disabled, because a guest without firmware in front of it prints before
 * it sets anything up. Received bytes wait on the host until the receiver is enabled.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "devices/classes.h"
#include "devices/console.h"
#include "devices/pl011.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/coalesced.h"
#include "vmm/core/memmap.h"
#include "vmm/core/vm.h"

static struct pl011 *to_pl011(struct emulated *emu)
{
	return container_of(emu, struct pl011, emu);
}

static bool pl011_read(struct emulated *emu, uint64_t offset, uint32_t *value)
{
	struct pl011 *uart = to_pl011(emu);

	pl011_take_sent(uart, false);
	if (offset == UARTDR) {
		*value = pl011_receive(uart);
		if (!uart->n_fifo && !uart->emu.page.is_shown)
			pl011_settle_later(uart);
	} else if (!pl011_look_at(emu, offset, value)) {
		return false;
	}
	pl011_update(uart);
	return true;
}

/*
 * Linux writes UARTCR before and behind each line that it prints, and mostly what is there. Once
 * there was such a write, which changes nothing, KVM takes the next ones to an eventfd. @value:
 * what is about to be there.
 */
static void catch_same(struct pl011 *uart, uint16_t value)
{
	const uint64_t now = REG(uart, UARTCR);
	const bool is_same = value == now;

	if (uart->same_fd >= 0 && uart->is_caught != is_same)
		uart->is_caught = !ioeventfd_set(uart->emu.device.vm, MEMMAP_PL011 + UARTCR,
						 sizeof(uint16_t), &now, uart->same_fd, is_same) &&
				  is_same;
}

static bool pl011_write(struct emulated *emu, uint64_t offset, uint32_t value)
{
	struct pl011 *uart = to_pl011(emu);

	pl011_take_sent(uart, false);
	switch (offset) {
	case UARTDR:
		pl011_send(uart, (uint8_t)value);
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
		if (!pl011_plain_bits(offset))
			return false;
		value &= pl011_plain_bits(offset);
		if (offset == UARTCR)
			catch_same(uart, (uint16_t)value);
		REG(uart, offset) = (uint16_t)value;
		pl011_resume_input(uart);
	}
	pl011_update(uart);
	return true;
}

/* --- life */

/* DDI 0183G, table 3-1, reset values. */
static void pl011_reset(struct emulated *emu)
{
	struct pl011 *uart = to_pl011(emu);

	if (uart->emu.page.mem) {
		pl011_take_sent(uart, true);
		catch_same(uart, ~REG(uart, UARTCR));
	} else {
		uart->same_fd = -1;
	}
	memset(uart->regs, 0, sizeof(uart->regs));
	uart->rsr = uart->ris = 0;
	REG(uart, UARTIFLS) = IFLS_RESET;
	REG(uart, UARTCR) = CR_TXE | CR_RXE;
	uart->n_fifo = 0;
	uart->input_waits = true;
	if (!uart->emu.page.mem)
		return;
	pl011_update(uart);
	pl011_settle_later(uart);
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
	.look = pl011_look_at,
	.last_shown = UARTDMACR,
	.on_timer = pl011_settle,
	.timer_clock = CLOCK_MONOTONIC,
};

static int pl011_attach(struct device *device, struct err *err)
{
	struct pl011 *uart = container_of(device, struct pl011, emu.device);
	int ret = emulated_attach(device, err);

	if (!ret && device->vm->kvm.caps.ioeventfd) {
		uart->same_fd = sys_eventfd(0, EFD_NONBLOCK);
		if (uart->same_fd < 0)
			ret = err_set(err, uart->same_fd, "make an eventfd for %s", device->name);
	}
	if (ret)
		return ret;
	coalesced_init(device->vm);
	pl011_update(uart);
	console_connect(device->vm->console, CONSOLE_UART, &pl011_console_uart, uart);
	return 0;
}

static void pl011_destroy(struct device *device)
{
	struct pl011 *uart = container_of(device, struct pl011, emu.device);

	if (device) {
		console_connect(device->vm->console, CONSOLE_UART, NULL, NULL);
		close_fd(&uart->same_fd);
	}
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
