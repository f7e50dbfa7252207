/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_MMU_H
#define GUEST_LIB_MMU_H

/* The identity map in blocks of 1 GiB: RAM is Normal, all else below 512 GiB is Device. */
#include <stdint.h>

#include "guest/lib/layout.h"

void mmu_init(void);

/*
 * Maps the block of @va to that of @pa with @attributes (PTE_x of layout.h). @va may be anywhere
 * in 48 bits.
 */
void mmu_map(uint64_t va, uint64_t pa, uint64_t attributes);

/* The n-th region of a device node, mapped; ends the guest if there is none. */
uintptr_t mmu_region(int node, unsigned int n, uint64_t *size);

#endif
