/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_VFIO_NOIOMMU_RIG_H
#define TESTS_UNIT_VFIO_NOIOMMU_RIG_H

/* A VM with devices that have no IOMMU, and a pool of 16 pages, given out downwards. */
#include <criterion/criterion.h>

#include "tests/fakes/fake_huge.h"
#include "tests/fixtures/fixture_vfio.h"
#include "vmm/core/ram/phys_ram.h"

#define GIB  (1ULL << 30)
#define PAGE (2ULL << 20)

static struct fixture_vfio f;
static struct phys_ram phys;
static struct ram ram;
static struct err err;

static inline void set_up(void)
{
	uint64_t pas[16];

	fixture_vfio_create(&f, VFIO_BACKEND_NONE);
	fake_vfio_take_iommu(7);
	fake_vfio_take_iommu(3);
	for (size_t i = 0; i < 16; i++)
		pas[i] = GIB + (16 - i) * PAGE;
	fake_huge_make(PAGE, pas, 16);
	phys_ram_init(&phys);
	ram_init(&ram);
}

static void tear_down(void)
{
	ram_destroy(&ram);
	phys_ram_destroy(&phys);
	fixture_vfio_destroy(&f);
}

static inline void make_ram(void)
{
	const struct phys_ram_wish wish = {
		.hugetlbfs = FAKE_HUGE_DIR,
		.size = 8 * PAGE,
		.ipa_bits = 40,
	};

	cr_assert_eq(phys_ram_open(&phys, &wish, &err) ?: phys_ram_take(&phys, &wish, &err), 0,
		     "%s", err.what);
	cr_assert_eq(phys_ram_add_banks(&phys, 8 * PAGE, &ram, &err), 0);
	cr_assert_eq(ram_create(&ram, &err), 0, "%s", err.what);
}

#endif
