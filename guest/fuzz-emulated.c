// SPDX-License-Identifier: GPL-2.0-only
/*
 * Garbage at every register of the emulated devices, in all widths and at all alignments, except
 * the test device's exit register; then the machine still works.
 *
 * Arguments: n=5000 (accesses of each device), seed=1, compat= (one device only).
 * Exit codes: 1: scratch register dead afterwards.
 */
#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/mmu.h"
#include "guest/lib/pl011.h"
#include "guest/lib/print.h"
#include "guest/lib/string.h"

/*
 * The same addresses as Normal non-cacheable memory, where an unaligned access does not fault in
 * the guest.
 */
#define ALIAS (510 * BLOCK_SIZE)

/* Most accesses go to the start of a region, where the registers are. */
#define DENSE_SIZE 0x60

static uint64_t state;

/* xorshift64 (Marsaglia 2003) */
static uint64_t random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void poke(uintptr_t base, uint64_t size, bool is_test, bool is_uart)
{
	unsigned int width = 1U << random() % 4;
	uint64_t offset = random() % 2 ? random() % DENSE_SIZE : random() % (size - 8);
	uint64_t value = random() % 2 ? random() : 1UL << random() % 64;
	uintptr_t at;

	if (is_test && offset < TEST_EXIT + 4 && offset + width > TEST_EXIT)
		return;
	if (is_uart && offset < PL011_DR + 4) /* keep the console readable */
		value = (value & ~0xffUL) | '.';
	at = base + offset + (offset % width ? ALIAS : 0);
	if (random() % 2)
		mmio_read(at, width);
	else
		mmio_write(at, width, value);
}

static void fuzz(const char *compatible, uint64_t n)
{
	int node = fdt_find_compatible(-1, compatible);
	uint64_t addr, size;

	if (node < 0 || !fdt_reg(node, 0, &addr, &size))
		return;
	for (uint64_t i = 0; i < n; i++)
		poke(addr, size, !strcmp(compatible, TEST_COMPATIBLE),
		     !strcmp(compatible, "arm,pl011"));
}

int guest_main(void)
{
	uint64_t n = arg_number("n", 5000);
	const char *one = arg_string("compat", 0);
	uintptr_t dev = test_device_or_fail();

	state = arg_number("seed", 1) | 1UL << 63;
	mmu_map(ALIAS, 0, PTE_NC | PTE_XN);
	if (one) {
		fuzz(one, n);
	} else {
		fuzz("arm,pl011", n);
		fuzz("arm,pl031", n);
		fuzz("arm,pl061", n);
		fuzz(TEST_COMPATIBLE, n);
	}
	print_init();
	mmio_write64(dev + TEST_SCRATCH, ~0UL / 3);
	CHECK(mmio_read64(dev + TEST_SCRATCH) == ~0UL / 3, 1, "scratch is %lx",
	      mmio_read64(dev + TEST_SCRATCH));
	print("\nfuzz-emulated: alive\n");
	return 0;
}
