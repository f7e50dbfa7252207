/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_START_H
#define GUEST_LIB_START_H

/* What start.S calls, and what it found when the boot CPU entered. */
#include <stdint.h>

struct boot_state {
	uint64_t fdt;   /* x0 */
	uint64_t x1_x3; /* x1 | x2 | x3 */
	uint64_t sctlr;
	uint64_t daif;
};

extern struct boot_state boot_state;
extern char image_head[], image_end[];

_Noreturn void start_primary(uint64_t fdt, uint64_t x1_x3, uint64_t sctlr, uint64_t daif);
_Noreturn void start_secondary(unsigned int cpu);
_Noreturn void exception_fatal(unsigned int vector, uint64_t esr, uint64_t elr, uint64_t far);
void irq_dispatch(void);

#endif
