// SPDX-License-Identifier: GPL-2.0-only
#include "guest/arm/start.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/gic.h"
#include "guest/lib/print.h"

struct boot_state boot_state;

void start_primary(uint32_t r0, uint32_t r1, uint32_t r2, uint32_t cpsr)
{
	boot_state = (struct boot_state){ r0, r1, r2, cpsr };
	fdt_init((const void *)r2);
	print_init();
	end_init();
	gic_find();
	end((unsigned int)guest_main());
}

void exception_fatal(unsigned int vector, uint32_t lr, uint32_t dfar)
{
	print("FAIL: exception %u: LR %x DFAR %x\n", vector, lr, dfar);
	end(EXIT_EXCEPTION);
}
