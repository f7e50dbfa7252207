/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_ARM_START_H
#define GUEST_ARM_START_H

/* What start.S calls, and what it found at the entry. */
#include <stdint.h>

struct boot_state {
	uint32_t r0, r1, fdt, cpsr;
};
extern struct boot_state boot_state;

_Noreturn void start_primary(uint32_t r0, uint32_t r1, uint32_t r2, uint32_t cpsr);
_Noreturn void exception_fatal(unsigned int vector, uint32_t lr, uint32_t dfar);

#endif
