// SPDX-License-Identifier: GPL-2.0-only
/*
 * The level interrupt line of an emulated device: pending while high, silent once lowered.
 *
 * Arguments: n=1000.
 * Exit codes: 1: an interrupt was lost; 2: more came than were raised.
 */
#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

static volatile uint32_t n_irqs;

static void lower(void *arg)
{
	mmio_write32(*(uintptr_t *)arg + TEST_IRQ, 0);
	n_irqs++;
}

int guest_main(void)
{
	uintptr_t dev = test_device_or_fail();
	uint32_t n = (uint32_t)arg_number("n", 1000);

	irq_init();
	irq_register_node(fdt_find_compatible(-1, TEST_COMPATIBLE), 0, lower, &dev);
	for (uint32_t i = 0; i < n; i++) {
		mmio_write32(dev + TEST_IRQ, 1);
		CHECK(irq_wait(&n_irqs, i + 1, IRQ_WAIT_MS), 1, "interrupt %u is lost", i);
	}
	CHECK(n_irqs == n, 2, "%u raised, %u taken", n, n_irqs);
	return 0;
}
