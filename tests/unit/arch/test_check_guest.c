// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <string.h>

#include "arch/common/check_guest.h"
#include "vmm/base/range.h"
#include "vmm/core/memmap.h"

#define PARAMETERS 256 /* where the code looks: "adr x19, .+192" at 64 */
#define N_WORDS    5   /* before the list of writes */

static uint8_t image[CHECK_GUEST_SIZE];

static uint64_t parameter(unsigned int i)
{
	uint64_t value;

	memcpy(&value, image + PARAMETERS + i * sizeof(value), sizeof(value));
	return value;
}

/* What the guest is told to write at @gpa, or -1; the list must end. */
static uint64_t written(uint64_t gpa)
{
	for (unsigned int i = 0; i < 8; i++) {
		if (!parameter(N_WORDS + 2 * i))
			return UINT64_MAX;
		if (parameter(N_WORDS + 2 * i) == gpa)
			return parameter(N_WORDS + 2 * i + 1);
	}
	cr_assert_fail("the list has no end");
	return UINT64_MAX;
}

Test(check_guest, is_an_image_of_one_page)
{
	check_guest_image(image);
	cr_expect_arr_eq(image + 56, "ARM\x64", 4, "Documentation/arch/arm64/booting.rst");
}

Test(check_guest, enables_its_interrupt_in_either_gic)
{
	static const struct {
		struct check_guest wish;
		uint64_t ctlr, icfgr, targets;
	} cases[] = {
		{ { .gic = VGIC_V3, .spi = 5, .n = 3 }, 0x12, 0, UINT64_MAX },
		{ { .gic = VGIC_V3, .spi = 5, .n = 3, .edge = true }, 0x12, 2 << 10, UINT64_MAX },
		{ { .gic = VGIC_V2, .spi = 5, .n = 3 }, 1, 0, 1 << 8 },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		check_guest_image(image);
		check_guest_set(image, &cases[i].wish);
		cr_expect_eq(parameter(0), MEMMAP_TEST_DEVICE);
		cr_expect_eq(parameter(2), cases[i].wish.gic == VGIC_V2 ? MEMMAP_GICV2_CPU : 0);
		cr_expect_eq(parameter(3), 3);
		cr_expect_eq(written(MEMMAP_GIC_DIST), cases[i].ctlr);
		cr_expect_eq(written(MEMMAP_GIC_DIST + 0x104), 1 << 5, "ISENABLER1");
		cr_expect_eq(written(MEMMAP_GIC_DIST + 0xc08), cases[i].icfgr, "ICFGR2");
		cr_expect_eq(written(MEMMAP_GIC_DIST + 0x824), cases[i].targets, "ITARGETSR9");
	}
}
