// SPDX-License-Identifier: GPL-2.0-only
/* Prints "ready", then, by the receive interrupt, echoes each character until "q". */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/mmu.h"
#include "guest/lib/pl011.h"
#include "guest/lib/print.h"

static volatile bool quit;

static void receive(void *arg)
{
	uintptr_t uart = *(uintptr_t *)arg;

	/* First, so that what comes after the last look interrupts again. */
	mmio_write32(uart + PL011_ICR, PL011_INT_RX);
	while (!(mmio_read32(uart + PL011_FR) & PL011_FR_RXFE)) {
		char c = (char)mmio_read32(uart + PL011_DR);

		print("%c", c);
		if (c == 'q')
			quit = true;
	}
}

int guest_main(void)
{
	int node = fdt_find_compatible(-1, "arm,pl011");
	uint64_t size;
	uintptr_t uart = mmu_region(node, 0, &size);

	irq_init();
	mmio_write32(uart + PL011_LCRH, PL011_LCRH_8N1);
	irq_register_node(node, 0, receive, &uart);
	print("ready\n");
	mmio_write32(uart + PL011_IMSC, PL011_INT_RX);
	irq_mask();
	while (!quit)
		irq_sleep();
	print("\n");
	return 0;
}
