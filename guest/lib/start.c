// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lib/start.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/gic.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"
#include "guest/lib/smp.h"

struct boot_state boot_state;

void start_primary(uint64_t fdt, uint64_t x1_x3, uint64_t sctlr, uint64_t daif)
{
	boot_state.fdt = fdt;
	boot_state.x1_x3 = x1_x3;
	boot_state.sctlr = sctlr;
	boot_state.daif = daif;
	fdt_init((const void *)fdt);
	print_init();
	end_init();
	mmu_init();
	gic_find();
	smp_init();
	end((unsigned int)guest_main());
}

void exception_fatal(unsigned int vector, uint64_t esr, uint64_t elr, uint64_t far)
{
	print("FAIL: CPU %u: exception %u: ESR %lx ELR %lx FAR %lx\n", cpu_id(), vector, esr, elr,
	      far);
	end(EXIT_EXCEPTION);
}
