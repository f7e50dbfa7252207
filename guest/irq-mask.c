// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest masks the interrupt at its GIC: one that the device raises meanwhile comes afterwards.
 *
 * Arguments: n=10, ms=20, compat=qemu,edu.
 * Exit codes: 1: it is lost; 2: too many; 3: it came while it was masked.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/gic.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

int guest_main(void)
{
	struct edu edu = { 0 };
	int node = arg_node("compat", "qemu,edu");
	uint32_t n = (uint32_t)arg_number("n", 10);
	uint64_t ms = arg_number("ms", 20);
	unsigned int intid;

	irq_init();
	edu_open(&edu, node, 0, 0);
	intid = irq_register_node(node, 0, edu_handle, &edu);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t before = edu.n_raised;

		gic_disable(intid);
		edu_raise(&edu);
		time_delay(ms);
		CHECK(edu.n_raised == before, 3, "interrupt %u came while it was masked", i);
		gic_enable(intid, edu.edge);
		CHECK(irq_wait(&edu.n_raised, before + 1, IRQ_WAIT_MS), 1, "interrupt %u is lost",
		      i);
	}
	edu_check_irqs(&edu, n, 1);
	return 0;
}
