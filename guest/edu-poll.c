// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes and reads an edu's liveness register n times, and does nothing else: what that costs in
 * exits is for the host to count.
 *
 * Arguments: n=20000, compat=qemu,edu.
 * Exit codes: 1: the register did not answer with the complement.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/print.h"

#define LIVENESS 0x04

int guest_main(void)
{
	struct edu edu = { 0 };
	uint32_t n = (uint32_t)arg_number("n", 20000);

	edu_open(&edu, arg_node("compat", "qemu,edu"), 0, 0);
	for (uint32_t i = 0; i < n; i++) {
		mmio_write32(edu.regs + LIVENESS, i);
		CHECK(mmio_read32(edu.regs + LIVENESS) == ~i, 1, "wrong after %u", i);
	}
	return 0;
}
