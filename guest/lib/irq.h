/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_IRQ_H
#define GUEST_LIB_IRQ_H

/*
 * Interrupt handlers. Guest code runs with interrupts unmasked from irq_init() on; handlers run
 * masked and do not nest. The virtual timer belongs to irq_wait(), unless a guest takes it over
 * with irq_register().
 */
#include <stdbool.h>
#include <stdint.h>

#define IRQ_WAIT_MS \
	20000 /* generous: everything may run on an emulated host that shares its machine */

/* The boot CPU's GIC parts, the distributor included. */
void irq_init(void);

/* Routes @intid to the calling CPU and enables it. @handler stays in place for all CPUs. */
void irq_register(unsigned int intid, bool edge, void (*handler)(void *arg), void *arg);

/* The n-th interrupt of a node; returns the INTID, ends the guest if there is none. */
unsigned int irq_register_node(int node, unsigned int n, void (*handler)(void *arg), void *arg);

/* INTID of the virtual timer's PPI. */
unsigned int irq_timer_intid(void);

/*
 * Boot CPU: sleeps until *@counter, which a handler or a CPU that sends an SGI counts up, reaches
 * @target; false after @ms.
 */
bool irq_wait(const volatile uint32_t *counter, uint32_t target, unsigned int ms);

/*
 * Sleeps until an interrupt was handled. Call with interrupts masked, so that what was tested
 * before still holds.
 */
void irq_sleep(void);

#endif
