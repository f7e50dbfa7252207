// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/memmap.h"

#include <assert.h>

static_assert(MEMMAP_TEST_DEVICE + MEMMAP_SLOT_SIZE <= MEMMAP_GIC_DIST, "emulated devices fit");
static_assert(MEMMAP_GIC_DIST + MEMMAP_SLOT_SIZE == MEMMAP_GICV2_CPU, "GIC distributor fits");
static_assert(MEMMAP_GICV3_REDIST + MEMMAP_GICV3_N_REDIST * (128ULL << 10) == MEMMAP_BUS_LOW,
	      "redistributors fit");
static_assert(MEMMAP_FIXED + MEMMAP_FIXED_SIZE == MEMMAP_BUS_LOW, "what is fixed is below the bus");
static_assert(MEMMAP_BUS_LOW + MEMMAP_BUS_LOW_SIZE == MEMMAP_RAM, "low window fits");

void memmap_init(struct memmap *map, unsigned int ipa_bits)
{
	uint64_t end = 1ULL << ipa_bits;
	/* The low window is enough for so few addresses. */
	uint64_t ram_end = ipa_bits == 32 ? end : end / 2;

	assert(ipa_bits >= 32 && ipa_bits <= 52);
	*map = (struct memmap){
		.ipa_bits = ipa_bits,
		.ram = { MEMMAP_RAM, ram_end - MEMMAP_RAM },
		.bus_low = { MEMMAP_BUS_LOW, MEMMAP_BUS_LOW_SIZE },
		.bus_high = { ram_end, end - ram_end },
	};
}
