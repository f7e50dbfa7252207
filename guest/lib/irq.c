// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lib/irq.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/gic.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"

static struct {
	void (*handler)(void *arg);
	void *arg;
} handlers[GIC_SPURIOUS];

void irq_dispatch(void)
{
	unsigned int iar = gic_acknowledge();
	unsigned int intid = iar & 0x3ff;

	if (intid >= GIC_SPURIOUS)
		return;
	CHECK(handlers[intid].handler, EXIT_EXCEPTION, "unexpected interrupt %u", intid);
	handlers[intid].handler(handlers[intid].arg);
	dsb();
	gic_end(iar);
}

static void timer_stop(void *arg)
{
	(void)arg;
	sysreg_write(cntv_ctl_el0, 0);
	isb();
}

void irq_init(void)
{
	gic_init_dist();
	gic_init_cpu();
	irq_register(irq_timer_intid(), false, timer_stop, 0);
	irq_unmask();
}

void irq_register(unsigned int intid, bool edge, void (*handler)(void *arg), void *arg)
{
	handlers[intid].handler = handler;
	handlers[intid].arg = arg;
	dsb();
	gic_enable(intid, edge);
}

unsigned int irq_register_node(int node, unsigned int n, void (*handler)(void *arg), void *arg)
{
	struct fdt_irq irq = { 0, false };

	CHECK(fdt_irq(node, n, &irq), EXIT_NO_DEVICE, "no interrupt %u", n);
	irq_register(irq.intid, irq.edge, handler, arg);
	return irq.intid;
}

unsigned int irq_timer_intid(void)
{
	struct fdt_irq irq = { 0, false };
	int node = fdt_find_compatible(-1, "arm,armv8-timer");

	if (node < 0)
		node = fdt_find_compatible(-1, "arm,armv7-timer");
	/*
	 * Linux Documentation/devicetree/bindings/timer/arm,arch_timer.yaml: the third is the
	 * virtual timer.
	 */
	CHECK(node >= 0 && fdt_irq(node, 2, &irq), EXIT_NO_DEVICE, "no timer");
	return irq.intid;
}

void irq_sleep(void)
{
	wfi();
	irq_unmask();
	irq_mask();
}

bool irq_wait(const volatile uint32_t *counter, uint32_t target, unsigned int ms)
{
	uint64_t deadline = time_now() + time_ticks(ms);

	irq_mask();
	sysreg_write(cntv_cval_el0, deadline);
	sysreg_write(cntv_ctl_el0, 1);
	isb();
	while (*counter < target && time_now() < deadline)
		irq_sleep();
	timer_stop(0);
	irq_unmask();
	return *counter >= target;
}
