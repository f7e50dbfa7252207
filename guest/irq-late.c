// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device raises its line long before the guest has a handler for it, and perhaps before a GIC
 * driver that clears what is pending when it begins.
 *
 * Arguments: ms=500, clear=0, compat=qemu,edu.
 * Exit codes: 1: an interrupt is lost; 2: too many.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/gic.h"
#include "guest/lib/irq.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"

int guest_main(void)
{
	int node = arg_node("compat", "qemu,edu");
	uint64_t size;
	struct edu edu = { .regs = mmu_region(node, 0, &size) };

	edu_raise(&edu);
	time_delay(arg_number("ms", 500));
	irq_init();
	if (arg_number("clear", 0))
		for (unsigned int intid = 32; intid < 1020; intid += 32)
			mmio_write32(gic_dist() + GICD_ICPENDR + intid / 8, ~0U);
	irq_register_node(node, 0, edu_handle, &edu);
	CHECK(irq_wait(&edu.n_raised, 1, IRQ_WAIT_MS), 1, "the early interrupt is lost");
	edu_check_irqs(&edu, 100, 1);
	return 0;
}
