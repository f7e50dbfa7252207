// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two assigned edus at once: both do DMA, and while it runs both interrupt, in turn.
 *
 * Arguments: n=2 (rounds), irqs=20 (of each device in each transfer), compat=qemu,edu,
 *   compat2=test,edge.
 * Exit codes: 1: an interrupt is lost; 2: a transfer does not end; 3: data wrong; 4: both
 *   compatibles give the same device.
 */
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

#define SIZE 4000

static struct edu edu[2];
static uint8_t from[2][SIZE], to[2][SIZE];

static void transfer(uint32_t n_irqs, bool to_device)
{
	uint32_t before[2] = { edu[0].n_dma, edu[1].n_dma };

	for (unsigned int i = 0; i < 2; i++)
		edu_dma_start(&edu[i], (uint64_t)(to_device ? from[i] : to[i]), SIZE, to_device);
	for (uint32_t n = 0; n < 2 * n_irqs; n++) {
		struct edu *e = &edu[n % 2];
		uint32_t raised = e->n_raised;

		edu_raise(e);
		CHECK(irq_wait(&e->n_raised, raised + 1, IRQ_WAIT_MS), 1,
		      "an interrupt of edu %u is lost", n % 2);
	}
	for (unsigned int i = 0; i < 2; i++)
		CHECK(irq_wait(&edu[i].n_dma, before[i] + 1, IRQ_WAIT_MS), 2,
		      "no interrupt after DMA of edu %u", i);
}

int guest_main(void)
{
	uint32_t n = (uint32_t)arg_number("n", 2), n_irqs = (uint32_t)arg_number("irqs", 20);
	int first = arg_node("compat", "qemu,edu"), second = arg_node("compat2", "test,edge");

	if (second == first)
		second = fdt_find_compatible(first, arg_string("compat2", "test,edge"));
	CHECK(second >= 0, 4, "there is only one device");
	irq_init();
	edu_open(&edu[0], first, 0, 0);
	edu_open(&edu[1], second, 0, 0);
	for (uint32_t round = 0; round < n; round++) {
		for (unsigned int i = 0; i < 2; i++)
			edu_pattern(from[i], SIZE, 2 * round + i);
		transfer(n_irqs, true);
		transfer(n_irqs, false);
		for (unsigned int i = 0; i < 2 * SIZE; i++)
			CHECK(to[i / SIZE][i % SIZE] == from[i / SIZE][i % SIZE], 3,
			      "edu %u: byte %u", i / SIZE, i % SIZE);
	}
	print("two-edu: %u and %u interrupts\n", edu[0].n_irqs, edu[1].n_irqs);
	return 0;
}
