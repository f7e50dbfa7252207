// SPDX-License-Identifier: GPL-2.0-only
/*
 * An edu copies RAM into its buffer and from there to another place in RAM.
 *
 * Arguments: n=1 (rounds over all sizes), compat=qemu,edu.
 * Exit codes: 1: a transfer does not end; 2: data wrong.
 */
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

int guest_main(void)
{
	struct edu edu = { 0 };
	uint32_t n = (uint32_t)arg_number("n", 1);

	irq_init();
	edu_open(&edu, arg_node("compat", "qemu,edu"), 0, 0);
	for (uint32_t i = 0; i < n; i++) {
		edu_check_dma(&edu, 4, 4 * i, 1);
		edu_check_dma(&edu, 100, 4 * i + 1, 1);
		edu_check_dma(&edu, 2048, 4 * i + 2, 1);
		edu_check_dma(&edu, EDU_DMA_MAX, 4 * i + 3, 1);
	}
	print("edu-dma: %u transfers\n", edu.n_dma);
	return 0;
}
