// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest whose GIC driver comes late, as after a reset: the SPI is an edge when the device raises
 * its line. What is pending is cleared before the SPI is made a level; or the device is polled, and
 * acknowledged sooner or later after it raised. Each time the next interrupt comes.
 *
 * Arguments: n=100, compat=qemu,edu.
 * Exit codes: 1: an interrupt is lost that was cleared as pending; 2: one after it was polled.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/gic.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

#define STEP_US  2  /* from one polling to the next one, later */
#define SETTLE   5  /* ms: the VMM has seen the interrupt … */
#define QUIET_MS 20 /* … and has forgotten it: several times mmap-timeout= */

static struct edu edu;
static unsigned int intid;

static void spin(uint64_t us)
{
	uint64_t end = time_now() + time_ticks(us) / 1000;

	while (time_now() < end)
		;
}

static void be_edge(void)
{
	time_delay(QUIET_MS);
	irq_mask();
	gic_enable(intid, true);
}

static void be_level(void)
{
	mmio_write32(gic_dist() + GICD_ICPENDR + intid / 32 * 4, 1U << intid % 32);
	gic_enable(intid, false);
	irq_unmask();
}

static void clear_pending(void)
{
	uint32_t before = edu.n_raised;

	be_edge();
	edu_raise(&edu);
	time_delay(SETTLE);
	be_level();
	CHECK(irq_wait(&edu.n_raised, before + 1, IRQ_WAIT_MS), 1, "cleared, and lost");
}

static void poll_after(uint64_t us, bool clear)
{
	uint32_t before;

	be_edge();
	edu_raise(&edu);
	spin(us);
	edu_handle(&edu);
	before = edu.n_raised;
	time_delay(SETTLE);
	if (clear)
		be_level();
	gic_enable(intid, false);
	irq_unmask();
	edu_raise(&edu);
	CHECK(irq_wait(&edu.n_raised, before + 1, IRQ_WAIT_MS), 2,
	      "lost after it was polled at %lu us", us);
}

int guest_main(void)
{
	uint32_t n = (uint32_t)arg_number("n", 100);
	int node = arg_node("compat", "qemu,edu");

	irq_init();
	edu_open(&edu, node, 0, 0);
	intid = irq_register_node(node, 0, edu_handle, &edu);
	clear_pending();
	for (uint32_t i = 0; i < n; i++)
		poll_after((uint64_t)i * STEP_US, i % 2);
	print("irq-polled: %u interrupts, %u without cause\n", edu.n_irqs, edu.n_empty);
	return 0;
}
