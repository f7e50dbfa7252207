// SPDX-License-Identifier: GPL-2.0-only
/* Where a boot's parts stand when RAM is in several pieces; test_boot.c has the rest. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "arch/arm64/placement.h"
#include "tests/unit/err_says.h"
#include "vmm/base/range.h"
#include "vmm/core/ram.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

/* All in MiB; dtb 0: does not fit. */
static const struct {
	const char *what;
	struct range banks[4];
	uint64_t image, initrd;
	uint64_t kernel_at, kernel_max, initrd_at, dtb_at;
} cases[] = {
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

Test(placement, of_ram_in_pieces)
{
	for (size_t i = 0; i < n_elems(cases); i++) {
		const struct image_header header = { .image_size = cases[i].image * MIB };
		const struct placement_sizes sizes = {
			.kernel = cases[i].image * MIB,
			.initrd = cases[i].initrd * MIB,
		};
		struct arch_boot boot;
		struct err err;
		struct ram ram;
		int ret;

		ram_init(&ram);
		for (unsigned int b = 0; b < 4 && cases[i].banks[b].size; b++)
			cr_assert_eq(ram_add_bank(&ram,
						  (struct range){ cases[i].banks[b].start * MIB,
								  cases[i].banks[b].size * MIB },
						  -1, 0, &err),
				     0);
		ret = placement_plan(&ram, &header, "Image", &sizes, &boot, &err);
		ram_destroy(&ram);
		if (!cases[i].dtb_at) {
			cr_expect_eq(ret, -EINVAL, "%s", cases[i].what);
			cr_expect(err_says(&err, "Image does not fit"), "%s", err.what);
			continue;
		}
		cr_assert_eq(ret, 0, "%s: %s", cases[i].what, err.what);
		cr_expect_eq(boot.entry, cases[i].kernel_at * MIB, "%s", cases[i].what);
		cr_expect_eq(boot.kernel_max, cases[i].kernel_max * MIB, "%s", cases[i].what);
		cr_expect_eq(boot.initrd, cases[i].initrd_at * MIB, "%s: %llx", cases[i].what,
			     (unsigned long long)boot.initrd);
		cr_expect_eq(boot.dtb, cases[i].dtb_at * MIB, "%s: %llx", cases[i].what,
			     (unsigned long long)boot.dtb);
	}
}
