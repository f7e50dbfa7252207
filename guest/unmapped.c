// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses that nobody owns: reads give 0, writes are ignored, the guest goes on.
 *
 * Arguments: addr= (in place of the list), n=10.
 * Exit codes: 1: a read gave something else.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"

static bool owned(uint64_t at)
{
	uint64_t addr, size;

	for (int node = fdt_next(-1); node >= 0; node = fdt_next(node))
		for (unsigned int i = 0; fdt_reg(node, i, &addr, &size); i++)
			if (at >= addr && at < addr + size)
				return true;
	return false;
}

static void poke(uint64_t at)
{
	CHECK(!owned(at), EXIT_NO_DEVICE, "%lx has an owner", at);
	for (unsigned int width = 1; width <= 8; width *= 2) {
		uint64_t value;

		mmio_write(at, width, ~0UL);
		value = mmio_read(at, width);
		CHECK(!value, 1, "%u bytes at %lx: %lx", width, at, value);
	}
}

int guest_main(void)
{
	uint64_t n = arg_number("n", 10), addr = arg_number("addr", 0), ram, size;

	fdt_ram(&ram, &size);
	for (uint64_t i = 0; i < n; i++) {
		if (addr) {
			poke(addr + 8 * i);
			continue;
		}
		poke(0x1000 + 8 * i);                /* below all devices */
		poke(0x0fff0000 + 8 * i);            /* between the GIC and the platform bus */
		poke(0x3fff0000 + 8 * i);            /* the platform bus's end */
		poke(ram + BLOCK_SIZE * 64 + 8 * i); /* far beyond RAM */
	}
	return 0;
}
