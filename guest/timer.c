// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual timer fires n times, in order, never early, and wakes a CPU that sleeps.
 *
 * Arguments: n=50, ms=2.
 * Exit codes: 1: it does not fire; 2: it fired early; 3: it fired when it was off.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

static volatile uint32_t n_fired, n_early;
static volatile uint64_t due;

static void fired(void *arg)
{
	(void)arg;
	if (time_now() < due)
		n_early++;
	sysreg_write(cntv_ctl_el0, 0);
	isb();
	n_fired++;
}

static void arm(uint64_t ms)
{
	due = time_now() + time_ticks(ms);
	sysreg_write(cntv_cval_el0, due);
	sysreg_write(cntv_ctl_el0, 1);
	isb();
}

int guest_main(void)
{
	uint32_t n = (uint32_t)arg_number("n", 50);
	uint64_t ms = arg_number("ms", 2), deadline;

	irq_init();
	irq_register(irq_timer_intid(), false, fired, 0);

	/* The first without sleep: if it never comes, the guest still ends. */
	arm(ms);
	deadline = time_now() + time_ticks(IRQ_WAIT_MS);
	while (!n_fired)
		CHECK(time_now() < deadline, 1, "no interrupt of the timer");

	irq_mask();
	for (uint32_t i = 1; i < n; i++) {
		arm(ms);
		while (n_fired == i)
			irq_sleep();
		CHECK(n_fired == i + 1, 3, "%u interrupts for %u", n_fired, i + 1);
	}
	irq_unmask();
	CHECK(!n_early, 2, "%u of %u were early", n_early, n);
	time_delay(5 * ms);
	CHECK(n_fired == n, 3, "%u interrupts for %u", n_fired, n);
	return 0;
}
