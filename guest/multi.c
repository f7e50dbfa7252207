// SPDX-License-Identifier: GPL-2.0-only
/*
 * One node with several regions and interrupts: regions 0 and 1 are edus, each with the interrupt
 * of the same index, region 2 is a virtio-mmio transport. Every interrupt comes on its own index;
 * both do DMA.
 *
 * Arguments: n=100, compat=test,multi.
 * Exit codes: 1: an interrupt is lost; 2: it came on the other index; 3: a transfer does not end;
 *   4: data wrong; 5: region 2.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"

#define VIRTIO_MAGIC 0x74726976

int guest_main(void)
{
	struct edu edu[2] = { 0 };
	int node = arg_node("compat", "test,multi");
	uint32_t n = (uint32_t)arg_number("n", 100), magic;
	uint64_t size;

	magic = mmio_read32(mmu_region(node, 2, &size));
	CHECK(magic == VIRTIO_MAGIC, 5, "region 2 reads %x", magic);
	irq_init();
	for (unsigned int i = 0; i < 2; i++)
		edu_open(&edu[i], node, i, i);
	for (uint32_t i = 0; i < 2 * n; i++) {
		struct edu *one = &edu[i % 2], *other = &edu[1 - i % 2];
		uint32_t before = one->n_raised, others = other->n_irqs;

		edu_raise(one);
		CHECK(irq_wait(&one->n_raised, before + 1, IRQ_WAIT_MS), 1, "interrupt %u is lost",
		      i % 2);
		CHECK(other->n_irqs - other->n_empty <= others, 2, "interrupt %u came as %u", i % 2,
		      1 - i % 2);
	}
	for (unsigned int i = 0; i < 2; i++)
		edu_check_dma(&edu[i], 1000, i, 3);
	return 0;
}
