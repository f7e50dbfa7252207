// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state at entry is what the arm64 boot protocol promises (Linux
 * Documentation/arch/arm64/booting.rst).
 *
 * Exit codes: 1: a register; 2: the image's place; 3: the DTB's place.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"

#define TEXT_OFFSET    0x80000 /* guest.lds */
#define ALIGNMENT      0x200000UL
#define DAIF_ALL       0x3c0
#define FDT_SIZE_LIMIT 0x200000

static void check_image(void)
{
	uint64_t start = (uint64_t)image_head, end_ = (uint64_t)image_end, ram, size;

	fdt_ram(&ram, &size);
	CHECK((start - TEXT_OFFSET) % ALIGNMENT == 0, 2, "image at %lx", start);
	CHECK(start >= ram && end_ <= ram + size, 2, "image at %lx, RAM %lx+%lx", start, ram, size);
	CHECK(boot_state.fdt + fdt_size() <= start || boot_state.fdt >= end_, 3,
	      "DTB at %lx inside the image %lx-%lx", boot_state.fdt, start, end_);
	CHECK(boot_state.fdt >= ram && boot_state.fdt + fdt_size() <= ram + size, 3,
	      "DTB at %lx, RAM %lx+%lx", boot_state.fdt, ram, size);
}

int guest_main(void)
{
	CHECK(sysreg_read(currentel) == 1 << 2, 1, "CurrentEL %lx", sysreg_read(currentel));
	CHECK(!boot_state.x1_x3, 1, "x1 to x3 are not 0: %lx", boot_state.x1_x3);
	CHECK(!(boot_state.sctlr & 5), 1, "MMU or data cache on: SCTLR %lx", boot_state.sctlr);
	CHECK(boot_state.daif == DAIF_ALL, 1, "not all is masked: DAIF %lx", boot_state.daif);
	CHECK(boot_state.fdt % 8 == 0 && fdt_size() <= FDT_SIZE_LIMIT, 3, "DTB at %lx, %u bytes",
	      boot_state.fdt, fdt_size());
	check_image();
	print("hello, %s\n", arg_string("name", "world"));
	return 0;
}
