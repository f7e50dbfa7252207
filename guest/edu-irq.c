// SPDX-License-Identifier: GPL-2.0-only
/*
 * An edu's interrupt, level or edge as its node says: n raised, none lost, few without cause.
 *
 * Arguments: n=1000, compat=qemu,edu.
 * Exit codes: 1: one is lost; 2: too many.
 */
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

int guest_main(void)
{
	struct edu edu = { 0 };
	uint32_t n = (uint32_t)arg_number("n", 1000);

	irq_init();
	edu_open(&edu, arg_node("compat", "qemu,edu"), 0, 0);
	edu_check_irqs(&edu, n, 1);
	print("edu-irq: %u raised, %u interrupts, %u without cause\n", n, edu.n_irqs, edu.n_empty);
	return 0;
}
