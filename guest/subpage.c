// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region smaller than a page, of which every access is a VMM's: a virtio-mmio transport. Its
 * registers are read with 4 bytes, its configuration with any width; a register read with another
 * width gives 0 in QEMU, so widths must be kept.
 *
 * Arguments: compat=test,subpage, region=0, width= (0: do not test that a wrong width gives 0).
 * Exit codes: 1: identity; 2: a wrong width was not passed on; 3: widths disagree on the
 *   configuration; 4: a register does not keep what was written.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"

/* Virtual I/O Device 1.2, 4.2.2. */
enum {
	MAGIC = 0x00,
	VERSION = 0x04,
	DEVICE_ID = 0x08,
	VENDOR_ID = 0x0c,
	STATUS = 0x70,
	CONFIG = 0x100
};

#define MAGIC_VALUE 0x74726976 /* "virt" */
#define VENDOR_QEMU 0x554d4551
#define ACKNOWLEDGE 1

static uintptr_t regs;

static void check_config(uintptr_t at)
{
	uint64_t whole = mmio_read32(at), halves = 0, bytes = 0;

	for (unsigned int i = 0; i < 4; i += 2)
		halves |= (uint64_t)mmio_read16(at + i) << 8 * i;
	for (unsigned int i = 0; i < 4; i++)
		bytes |= (uint64_t)mmio_read8(at + i) << 8 * i;
	CHECK(whole == halves && whole == bytes, 3, "at %lx: 4 bytes %lx, 2+2 %lx, 1+1+1+1 %lx", at,
	      whole, halves, bytes);
}

int guest_main(void)
{
	uint64_t size;
	uint32_t version;

	regs = mmu_region(arg_node("compat", "test,subpage"), (unsigned int)arg_number("region", 0),
			  &size);
	version = mmio_read32(regs + VERSION);
	CHECK(mmio_read32(regs + MAGIC) == MAGIC_VALUE && (version == 1 || version == 2) &&
		      mmio_read32(regs + VENDOR_ID) == VENDOR_QEMU,
	      1, "magic %x, version %u, vendor %x", mmio_read32(regs + MAGIC), version,
	      mmio_read32(regs + VENDOR_ID));
	print("subpage: %lu bytes at %lx, version %u, device %u\n", size, regs, version,
	      mmio_read32(regs + DEVICE_ID));
	if (mmio_read32(regs + DEVICE_ID)) {
		CHECK(!arg_number("width", 1) || !mmio_read8(regs + MAGIC), 2,
		      "a byte of a register reads %x", mmio_read8(regs + MAGIC));
		mmio_write32(regs + STATUS, ACKNOWLEDGE);
		CHECK(mmio_read32(regs + STATUS) == ACKNOWLEDGE, 4, "status %x",
		      mmio_read32(regs + STATUS));
		mmio_write32(regs + STATUS, 0);
	}
	for (uintptr_t at = regs + CONFIG; at < regs + CONFIG + 16; at += 4)
		check_config(at);
	return 0;
}
