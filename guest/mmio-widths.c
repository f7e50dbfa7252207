// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every access of 1, 2, 4 and 8 bytes to the test device's scratch register arrives with its width
 * and place.
 *
 * Exit codes: 1: the device's identity; 2: data wrong; 3: offset or width wrong; 4: zero extension
 *   wrong.
 */
#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/print.h"

#define PATTERN 0x8f9eadbccbdae9f8UL

static uintptr_t dev;

static uint64_t width_mask(unsigned int width)
{
	return width == 8 ? ~0UL : (1UL << 8 * width) - 1;
}

static void check_last(unsigned int offset, unsigned int width)
{
	uint32_t last = mmio_read32(dev + TEST_LAST_ACCESS);

	CHECK(last == (offset << 8 | width), 3, "offset %u, width %u: seen as %x", offset, width,
	      last);
}

static void check_place(unsigned int offset, unsigned int width)
{
	uintptr_t at = dev + TEST_SCRATCH + offset;
	uint64_t mask = width_mask(width), expected, value;

	mmio_write64(dev + TEST_SCRATCH, PATTERN);
	value = mmio_read(at, width);
	expected = PATTERN >> 8 * offset & mask;
	CHECK(value == expected, 2, "read %u+%u: %lx, not %lx", offset, width, value, expected);
	check_last(offset, width);

	mmio_write(at, width, ~PATTERN);
	check_last(offset, width);
	value = mmio_read64(dev + TEST_SCRATCH);
	expected = (PATTERN & ~(mask << 8 * offset)) | (~PATTERN & mask) << 8 * offset;
	CHECK(value == expected, 2, "after write %u+%u: %lx, not %lx", offset, width, value,
	      expected);
}

#define CHECK_LOAD(load, expected)                                                       \
	do {                                                                             \
		uint64_t loaded_;                                                        \
		asm volatile(load : "=r"(loaded_) : "r"(dev + TEST_SCRATCH) : "memory"); \
		CHECK(loaded_ == (expected), 4, "%s: %lx", load, loaded_);               \
	} while (0)

int guest_main(void)
{
	dev = test_device_or_fail();
	CHECK(mmio_read32(dev + TEST_ID) == TEST_ID_VALUE, 1, "ID %x", mmio_read32(dev + TEST_ID));

	for (unsigned int width = 1; width <= 8; width *= 2)
		for (unsigned int offset = 0; offset < 8; offset += width)
			check_place(offset, width);

	mmio_write64(dev + TEST_SCRATCH, PATTERN);
	/* No sign extension: Linux 6.12 cuts it off again in vcpu_data_host_to_guest(). */
	CHECK_LOAD("ldrb %w0, [%1]", 0xf8UL);
	CHECK_LOAD("ldrh %w0, [%1]", 0xe9f8UL);
	CHECK_LOAD("ldr %w0, [%1]", 0xcbdae9f8UL);
	asm volatile("ldr xzr, [%0]; str wzr, [%0]" ::"r"(dev + TEST_SCRATCH) : "memory");
	CHECK(mmio_read64(dev + TEST_SCRATCH) == (PATTERN & ~0xffffffffUL), 2, "str wzr");
	return 0;
}
