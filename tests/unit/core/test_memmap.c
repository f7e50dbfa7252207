// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>

#include "vmm/core/memmap.h"

Test(memmap, parts_are_disjoint_and_inside_the_address_space)
{
	for (unsigned int bits = 33; bits <= 52; bits++) {
		struct memmap map;

		memmap_init(&map, bits);
		cr_assert_eq(map.ipa_bits, bits);
		cr_assert_eq(map.bus_low.start, MEMMAP_BUS_LOW);
		cr_assert_eq(map.ram.start, range_last(map.bus_low) + 1);
		cr_assert_eq(map.bus_high.start, range_last(map.ram) + 1);
		cr_assert_eq(range_last(map.bus_high), (1ULL << bits) - 1);
	}
}

Test(memmap, of_a_32_bit_guest_is_below_4_gib)
{
	struct memmap map;

	memmap_init(&map, 32);
	cr_expect_eq(map.ram.start, range_last(map.bus_low) + 1);
	cr_expect_eq(range_last(map.ram), UINT32_MAX);
	cr_expect_eq(map.bus_high.size, 0);
}

Test(memmap, no_ram_where_the_host_has_its_msi_window)
{
	const struct range msi = { 0x08000000, 0x00100000 }; /* MSI_IOVA_BASE of arm-smmu-v3.c */
	struct memmap map;

	memmap_init(&map, 40);
	cr_assert(!range_overlaps(map.ram, msi));
}
