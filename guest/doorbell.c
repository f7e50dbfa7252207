// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings the test device's doorbell n times: each is counted. Whether one went to user space is for
 * the host to say.
 *
 * Arguments: n=1000.
 * Exit codes: 1: the count is wrong.
 */
#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/print.h"

int guest_main(void)
{
	uintptr_t dev = test_device_or_fail();
	uint32_t n = (uint32_t)arg_number("n", 1000);

	for (uint32_t i = 0; i < n; i++)
		mmio_write32(dev + TEST_DOORBELL, i);
	CHECK(mmio_read32(dev + TEST_N_RINGS) == n, 1, "%u rings, not %u",
	      mmio_read32(dev + TEST_N_RINGS), n);
	return 0;
}
