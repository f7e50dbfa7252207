// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an interrupt of an edu costs: prints the nanoseconds of n of them, from the write that
 * raises the line until the guest knows that its handler has run.
 *
 * Arguments: n=1000, compat=qemu,edu.
 * Exit codes: 1: some came without cause, the others are counted in vain.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

#define N_WARM_UP 20

static void measure(struct edu *edu, uint32_t n)
{
	irq_mask();
	for (uint32_t target = edu->n_raised + n; edu->n_raised != target;) {
		uint32_t before = edu->n_raised;

		edu_raise(edu);
		while (edu->n_raised == before)
			irq_sleep();
	}
	irq_unmask();
}

int guest_main(void)
{
	struct edu edu = { 0 };
	uint32_t n = (uint32_t)arg_number("n", 1000);
	uint64_t start, ticks;

	irq_init();
	edu_open(&edu, arg_node("compat", "qemu,edu"), 0, 0);
	measure(&edu, N_WARM_UP);
	start = time_now();
	measure(&edu, n);
	ticks = time_now() - start;
	print("irq-bench: n %u ns %lu empty %u\n", n, ticks * (1000000000UL / time_ticks(1000)),
	      edu.n_empty);
	return 0;
}
