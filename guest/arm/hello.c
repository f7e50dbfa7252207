// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state at entry is what the boot protocol of 32-bit Arm promises (Linux
 * Documentation/arch/arm/booting.rst).
 *
 * Exit codes: 1: a register; 3: the DTB's place.
 */
#include "guest/arm/start.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/print.h"

#define CPSR_SVC_MASKED 0xd3 /* mode, F, I; the A bit is the implementation's */
#define FDT_SIZE_LIMIT  0x200000

int guest_main(void)
{
	uint32_t sctlr = (uint32_t)sysreg_read(sctlr_el1);
	uint64_t ram, size;

	CHECK(boot_state.r0 == 0, 1, "r0 %x", boot_state.r0);
	CHECK(boot_state.r1 == ~0U, 1, "r1 %x", boot_state.r1);
	CHECK((boot_state.cpsr & 0xff) == CPSR_SVC_MASKED, 1, "CPSR %x", boot_state.cpsr);
	CHECK(!(sctlr & 5), 1, "MMU or data cache on: SCTLR %x", sctlr);
	fdt_ram(&ram, &size);
	CHECK(boot_state.fdt % 8 == 0 && fdt_size() <= FDT_SIZE_LIMIT, 3, "DTB at %x, %u bytes",
	      boot_state.fdt, fdt_size());
	CHECK(boot_state.fdt >= ram && boot_state.fdt + fdt_size() <= ram + size, 3,
	      "DTB at %x, outside RAM", boot_state.fdt);
	print("hello, %s\n", arg_string("name", "world"));
	return 0;
}
