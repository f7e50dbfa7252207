// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA to an address outside the guest's RAM reads nothing and writes nowhere; the guest goes on
 * and proper DMA still works.
 *
 * Arguments: iova= (default: where RAM ends), compat=qemu,edu, other= (compatible of another edu,
 *   whose registers are the default of iova and shall stay as they are).
 * Exit codes: 1: a transfer does not end; 2: proper data wrong; 3: the device read something; 4:
 *   the other edu was written to.
 */
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

#define SIZE 2048

static uint8_t before[SIZE], after[SIZE];

static bool all_are(uint8_t byte)
{
	for (unsigned int i = 0; i < SIZE; i++)
		if (after[i] != byte)
			return false;
	return true;
}

static bool unchanged(void)
{
	for (unsigned int i = 0; i < SIZE; i++)
		if (after[i] != before[i])
			return false;
	return true;
}

int guest_main(void)
{
	struct edu edu = { 0 }, other = { 0 };
	uint64_t ram, size, iova;

	fdt_ram(&ram, &size);
	irq_init();
	if (arg_string("other", NULL))
		edu_open(&other, arg_node("other", NULL), 0, 0);
	iova = arg_number("iova", other.regs ? other.regs : ram + size);
	edu_open(&edu, arg_node("compat", "qemu,edu"), 0, 0);
	edu_check_dma(&edu, SIZE, 1, 1);

	edu_pattern(before, SIZE, 2);
	edu_dma(&edu, (uint64_t)before, SIZE, true, 1);
	edu_dma(&edu, iova, SIZE, false, 1);
	edu_dma(&edu, iova, SIZE, true, 1);
	edu_dma(&edu, (uint64_t)after, SIZE, false, 1);
	/*
	 * What a device takes for the data of a failed read is its own affair, as long as it is
	 * none.
	 */
	CHECK(unchanged() || all_are(0) || all_are(0xff), 3, "the device read %x %x %x %x at %lx",
	      after[0], after[1], after[2], after[3], iova);
	CHECK(!other.regs || (edu_is_untouched(&other) && !other.n_irqs), 4,
	      "the other edu was written to");

	edu_check_dma(&edu, SIZE, 3, 1);
	return 0;
}
