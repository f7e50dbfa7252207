// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts a PL330's channel 1 on a program that never ends and signals event 0 again and again, and
 * then does nothing: the device is at work when the guest is killed.
 *
 * Exit codes: 1: the channel does not start; 2: no interrupt came.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"

/* Arm DDI 0424: CoreLink DMA-330. */
#define INTEN    0x020
#define INTCLR   0x02c
#define CSR(n)   (0x100 + 8 * (n))
#define DBGCMD   0xd04
#define DBGINST0 0xd08
#define DBGINST1 0xd0c

#define CHANNEL 1

/* DMASEV 0, and a jump back that does not count (DMALPEND of a DMALPFE loop) */
static const uint8_t program[] = { 0x34, 0x00, 0x28, 0x02 };

static uintptr_t dma;
static volatile uint32_t n_events;

static void on_event(void *arg)
{
	(void)arg;
	n_events++;
	mmio_write32(dma + INTCLR, 1);
}

int guest_main(void)
{
	int node = fdt_find_compatible(-1, "arm,pl330");
	uint64_t size, deadline = time_now() + time_ticks(IRQ_WAIT_MS);

	dma = mmu_region(node, 0, &size);
	irq_init();
	irq_register_node(node, 0, on_event, 0);
	mmio_write32(dma + INTEN, 1);
	/* DMAGO, not secure, by the manager */
	mmio_write32(dma + DBGINST0, 0x00a20000U | CHANNEL << 24);
	mmio_write32(dma + DBGINST1, (uint32_t)(uintptr_t)program);
	mmio_write32(dma + DBGCMD, 0);
	while ((mmio_read32(dma + CSR(CHANNEL)) & 0xf) != 1)
		CHECK(time_now() < deadline, 1, "channel state %x",
		      mmio_read32(dma + CSR(CHANNEL)));
	CHECK(irq_wait(&n_events, 1, IRQ_WAIT_MS), 2, "no event");
	print("ready\n");
	for (;;)
		wfi();
}
