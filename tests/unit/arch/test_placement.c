// SPDX-License-Identifier: GPL-2.0-only
/* Where a boot's parts stand when RAM is in several pieces; test_boot.c has the rest. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "arch/common/placement.h"
#include "tests/unit/err_says.h"
#include "vmm/base/range.h"
#include "vmm/core/ram/ram.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

/* As arch/arm64/boot.c and arch/common/boot_load.c have them. */
static const struct placement_rules arm64 = {
	.base_align = 2 * MIB,
	.dtb_window = 512 * MIB,
	.dtb_anywhere = true,
	.initrd_align = GIB,
	.initrd_window = 32 * GIB,
};
static const struct placement_rules arm = {
	.base_align = 128 * MIB,
	.dtb_window = 512 * MIB,
	.initrd_align = 128 * MIB,
	.initrd_window = 512 * MIB,
};

/* All in MiB; dtb 0: does not fit. */
struct placement_case {
	const char *what;
	struct range banks[4];
	uint64_t image, initrd;
	uint64_t kernel_at, kernel_max, initrd_at, dtb_at;
};

static const struct placement_case arm64_cases[] = {
	{ "the first bank has room", { { 64, 32 }, { 128, 64 } }, 16, 4, 64, 26, 92, 90 },
	{ "the first is too small", { { 64, 2 }, { 128, 64 } }, 16, 4, 128, 58, 188, 186 },
	{ "apart: tree and initrd in small ones",
	  { { 64, 2 }, { 68, 4 }, { 128, 16 } },
	  16,
	  4,
	  128,
	  16,
	  68,
	  64 },
	{ "apart: the tree behind the kernel", { { 64, 18 }, { 128, 4 } }, 16, 4, 64, 16, 128, 80 },
	{ "apart: the initrd behind the kernel, the tree elsewhere",
	  { { 60, 2 }, { 64, 20 } },
	  16,
	  4,
	  64,
	  16,
	  80,
	  60 },
	{ "no initrd", { { 64, 16 }, { 128, 2 } }, 16, 0, 64, 16, 0, 128 },
	{ "the initrd is not too far away",
	  { { 64, 16 }, { 128, 2 }, { 40 << 10, 64 } },
	  16,
	  60,
	  40 << 10,
	  0,
	  0,
	  0 },
	{ "pieces too small for the kernel",
	  { { 64, 8 }, { 128, 8 }, { 192, 8 } },
	  16,
	  0,
	  0,
	  0,
	  0,
	  0 },
	{ "no room for the tree", { { 64, 16 } }, 16, 0, 0, 0, 0, 0 },
};

static const struct placement_case arm_cases[] = {
	{ "little RAM", { { 1024, 64 } }, 36, 4, 1024, 58, 1084, 1082 },
	{ "more than is mapped", { { 1024, 1024 } }, 36, 4, 1024, 506, 1532, 1530 },
	{ "RAM below a multiple of 128 MiB is not the kernel's",
	  { { 1000, 128 } },
	  36,
	  4,
	  1024,
	  98,
	  1124,
	  1122 },
	{ "the only multiple of 128 MiB is too far up", { { 1000, 50 } }, 36, 4, 0, 0, 0, 0 },
	{ "none in the first bank", { { 1026, 64 }, { 1152, 64 } }, 36, 4, 1152, 58, 1212, 1210 },
	{ "apart", { { 1024, 36 }, { 1100, 6 } }, 36, 4, 1024, 36, 1102, 1100 },
	{ "tree and initrd would be too far", { { 1024, 36 }, { 1536, 6 } }, 36, 4, 0, 0, 0, 0 },
	{ "none below", { { 512, 6 }, { 1024, 36 } }, 36, 4, 0, 0, 0, 0 },
};

static void check(const struct placement_rules *rules, const struct placement_case *c)
{
	const struct placement wish = {
		.rules = rules,
		.name = "Image",
		.image_size = c->image * MIB,
		.initrd = c->initrd * MIB,
	};
	struct arch_boot boot;
	struct err err;
	struct ram ram;
	int ret;

	ram_init(&ram);
	for (unsigned int b = 0; b < 4 && c->banks[b].size; b++)
		cr_assert_eq(ram_add_bank(&ram,
					  (struct range){ c->banks[b].start * MIB,
							  c->banks[b].size * MIB },
					  -1, 0, &err),
			     0);
	ret = placement_plan(&ram, &wish, &boot, &err);
	ram_destroy(&ram);
	if (!c->dtb_at) {
		cr_expect_eq(ret, -EINVAL, "%s", c->what);
		cr_expect(err_says(&err, "Image does not fit"), "%s", err.what);
		cr_expect_eq(!!strstr(err.why, "from a multiple of 128 MiB, "), rules == &arm, "%s",
			     err.why);
		return;
	}
	cr_assert_eq(ret, 0, "%s: %s", c->what, err.what);
	cr_expect_eq(boot.entry, c->kernel_at * MIB, "%s", c->what);
	cr_expect_eq(boot.kernel_max, c->kernel_max * MIB, "%s", c->what);
	cr_expect_eq(boot.initrd, c->initrd_at * MIB, "%s: %llx", c->what,
		     (unsigned long long)boot.initrd);
	cr_expect_eq(boot.dtb, c->dtb_at * MIB, "%s: %llx", c->what, (unsigned long long)boot.dtb);
}

Test(placement, of_ram_in_pieces)
{
	for (size_t i = 0; i < n_elems(arm64_cases); i++)
		check(&arm64, &arm64_cases[i]);
}

Test(placement, of_a_32_bit_kernel)
{
	for (size_t i = 0; i < n_elems(arm_cases); i++)
		check(&arm, &arm_cases[i]);
}
