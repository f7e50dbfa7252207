// SPDX-License-Identifier: GPL-2.0-only
/*
 * A handler that takes its time while the device holds the line: nothing is lost, and the
 * line does not storm: at most one interrupt without cause follows each (dais cannot know when the
 * line goes down where it was not told of the register).
 *
 * Arguments: n=20, ms=20, compat=qemu,edu.
 * Exit codes: 1: an interrupt is lost; 2: too many.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

static uint64_t ms;

static void handle_late(void *arg)
{
	time_delay(ms);
	edu_handle(arg);
	time_delay(ms);
}

int guest_main(void)
{
	struct edu edu = { 0 };
	int node = arg_node("compat", "qemu,edu");
	uint32_t n = (uint32_t)arg_number("n", 20);

	ms = arg_number("ms", 20);
	irq_init();
	edu_open(&edu, node, 0, 0);
	irq_register_node(node, 0, handle_late, &edu);
	for (uint32_t i = 1; i <= n; i++) {
		edu_raise(&edu);
		CHECK(irq_wait(&edu.n_raised, i, IRQ_WAIT_MS), 1, "interrupt %u is lost", i);
	}
	CHECK(edu.n_raised == n && edu.n_empty <= n, 2, "%u taken, %u without cause", edu.n_raised,
	      edu.n_empty);
	return 0;
}
