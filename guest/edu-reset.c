// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSCI reset, n times, while an edu's DMA runs and its interrupt is pending (even times) or active
 * (odd times). After the last reset, interrupts and DMA work as ever. An edu has no reset: its
 * transfer may land once it is mapped again; said, not judged.
 *
 * Arguments: n=4, compat=qemu,edu.
 * Exit codes: 1: an interrupt is lost; 2: too many; 3: a transfer does not end; 4: data wrong; 5:
 *   RAM not clear; 6: no reset.
 */
#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"

#define SIZE  2048
#define WORDS (SIZE / 8)

/* In the middle of RAM, so that neither the image nor its BSS clears it. */
static volatile uint64_t *target(void)
{
	uint64_t ram, size;

	fdt_ram(&ram, &size);
	return (volatile uint64_t *)(ram + size / 2);
}

static bool is_clear(void)
{
	for (unsigned int i = 0; i < WORDS; i++)
		if (target()[i])
			return false;
	return true;
}

static void reset(void *arg)
{
	(void)arg;
	psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
	CHECK(0, 6, "SYSTEM_RESET returned");
}

static void reset_in_flight(struct edu *edu, int node, bool active)
{
	static uint8_t pattern[SIZE];

	edu_pattern(pattern, SIZE, 1);
	edu_dma(edu, (uint64_t)pattern, SIZE, true, 3);
	irq_mask();
	edu_dma_start(edu, (uint64_t)target(), SIZE, false);
	if (active)
		irq_register_node(node, 0, reset, 0);
	edu_raise(edu);
	if (!active)
		reset(0);
	irq_unmask();
	time_delay(IRQ_WAIT_MS);
	CHECK(0, 6, "no interrupt to reset in");
}

int guest_main(void)
{
	struct edu edu = { 0 };
	uintptr_t dev = test_device_or_fail();
	uint32_t n = (uint32_t)arg_number("n", 4), n_resets = mmio_read32(dev + TEST_N_RESETS);
	int node = arg_node("compat", "qemu,edu");
	bool was_clear = is_clear();

	irq_init();
	edu_open(&edu, node, 0, 0);
	if (!is_clear())
		print("edu-reset: DMA from before reset %u landed%s\n", n_resets,
		      was_clear ? " late" : "");
	CHECK(!target()[WORDS], 5, "RAM holds %lx", target()[WORDS]);
	target()[WORDS] = ~0UL;
	if (n_resets < n)
		reset_in_flight(&edu, node, n_resets % 2);

	edu_check_irqs(&edu, 100, 1);
	edu_check_dma(&edu, SIZE, n, 3);
	return 0;
}
