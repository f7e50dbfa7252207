// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"

#define N_TABLES 4

extern uint64_t mmu_level0[512], mmu_level1[512];
static uint64_t tables[N_TABLES][512] __attribute__((aligned(4096)));
static unsigned int n_tables;

void mmu_map(uint64_t va, uint64_t pa, uint64_t attributes)
{
	uint64_t *top = &mmu_level0[va >> 39 & 511];
	uint64_t *entry;

	if (!*top) {
		CHECK(n_tables < N_TABLES, EXIT_NO_DEVICE, "no page table left for %lx", va);
		*top = (uint64_t)tables[n_tables++] | 3;
	}
	entry = (uint64_t *)(*top & ~0xfffUL) + (va >> 30 & 511);
	if (*entry) {
		*(volatile uint64_t *)entry = 0;
		asm volatile("dsb ishst; tlbi vmalle1is; dsb ish" ::: "memory");
	}
	*(volatile uint64_t *)entry = (pa & ~(BLOCK_SIZE - 1)) | attributes;
	dsb();
	isb();
}

void mmu_init(void)
{
	uint64_t addr, size;

	for (int node = -1; (node = fdt_find(node, "device_type", "memory")) >= 0;)
		for (unsigned int i = 0; fdt_reg(node, i, &addr, &size); i++)
			for (uint64_t a = addr & ~(BLOCK_SIZE - 1); a < addr + size;
			     a += BLOCK_SIZE)
				if (a >> 39 || !mmu_level1[a >> 30])
					mmu_map(a, a, PTE_NORMAL | PTE_XN);
	for (uint64_t i = 0; i < 512; i++)
		if (!mmu_level1[i])
			mmu_map(i * BLOCK_SIZE, i * BLOCK_SIZE, PTE_DEVICE | PTE_XN);
}

uintptr_t mmu_region(int node, unsigned int n, uint64_t *size)
{
	uint64_t addr = 0;

	CHECK(node >= 0 && fdt_reg(node, n, &addr, size), EXIT_NO_DEVICE, "no region %u", n);
	for (uint64_t a = addr & ~(BLOCK_SIZE - 1); a >> 39 && a < addr + *size; a += BLOCK_SIZE)
		mmu_map(a, a, PTE_DEVICE | PTE_XN);
	return addr;
}
