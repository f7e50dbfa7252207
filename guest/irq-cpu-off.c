// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU 1, which has the interrupt, takes some, and goes off by PSCI with another one pending: CPU 0
 * gets that one when it takes the interrupt over, and all that follow.
 *
 * Arguments: n=3 (times), compat=qemu,edu.
 * Exit codes: 1: an interrupt is lost; 2: too many; 3: CPU 1 does not come; 4: it does not go.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/gic.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/smp.h"

#define N_TAKEN 10

static struct edu edu;
static int node;
static volatile uint32_t ready, leave;

static void take(void)
{
	gic_init_cpu();
	irq_register_node(node, 0, edu_handle, &edu);
	irq_unmask();
	ready = 1;
	while (!leave)
		;
	irq_mask();
	ready = 0;
	while (leave)
		;
}

static void wait_for(const volatile uint32_t *what, uint32_t value, unsigned int code)
{
	uint64_t deadline = time_now() + time_ticks(IRQ_WAIT_MS);

	while (*what != value)
		CHECK(time_now() < deadline, code, "stuck at %u, not %u", *what, value);
}

static void round(void)
{
	uint32_t before = edu.n_raised;

	CHECK(smp_start(1, take) == 0, 3, "no CPU 1");
	wait_for(&ready, 1, 3);
	for (uint32_t i = 1; i <= N_TAKEN; i++) {
		edu_raise(&edu);
		wait_for(&edu.n_raised, before + i, 1);
	}
	leave = 1;
	wait_for(&ready, 0, 3);
	edu_raise(&edu);
	time_delay(10);
	leave = 0;
	smp_wait_off(1, 4);
	irq_register_node(node, 0, edu_handle, &edu);
	CHECK(irq_wait(&edu.n_raised, before + N_TAKEN + 1, IRQ_WAIT_MS), 1,
	      "what was pending for CPU 1 is lost");
	edu_check_irqs(&edu, N_TAKEN, 1);
}

int guest_main(void)
{
	uint32_t n = (uint32_t)arg_number("n", 3);

	node = arg_node("compat", "qemu,edu");
	irq_init();
	edu_open(&edu, node, 0, 0);
	for (uint32_t i = 0; i < n; i++)
		round();
	return 0;
}
