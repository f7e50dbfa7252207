// SPDX-License-Identifier: GPL-2.0-only
/*
 * An edu whose node says that its interrupt is an edge: each raise is one interrupt, a line that
 * stays high is none.
 *
 * Arguments: n=100, compat=test,edge.
 * Exit codes: 1: an edge is lost; 2: too many; 3: the node says level; 4: the line's level
 *   interrupts.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

static volatile uint32_t n_held;

/* Leaves the device's line high. */
static void hold(void *arg)
{
	(void)arg;
	n_held++;
}

int guest_main(void)
{
	struct edu edu = { 0 };
	int node = arg_node("compat", "test,edge");
	uint32_t n = (uint32_t)arg_number("n", 100);

	irq_init();
	edu_open(&edu, node, 0, 0);
	CHECK(edu.edge, 3, "the interrupt is a level");
	edu_check_irqs(&edu, n, 1);

	irq_register_node(node, 0, hold, 0);
	edu_raise(&edu);
	CHECK(irq_wait(&n_held, 1, IRQ_WAIT_MS), 1, "an edge is lost");
	time_delay(100);
	CHECK(n_held == 1, 4, "%u interrupts while the line is high", n_held);

	edu_open(&edu, node, 0, 0);
	edu_check_irqs(&edu, n, 1);
	return 0;
}
