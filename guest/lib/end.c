// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lib/end.h"
#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/fdt.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"

static uint64_t base;

void end_init(void)
{
	uint64_t size;
	int node = fdt_find_compatible(-1, TEST_COMPATIBLE);

	if (node >= 0)
		fdt_reg(node, 0, &base, &size);
}

uintptr_t test_device(void)
{
	return base;
}

uintptr_t test_device_or_fail(void)
{
	CHECK(base, EXIT_NO_DEVICE, "no test device");
	return base;
}

void end(unsigned int code)
{
	if (base)
		mmio_write32(base + TEST_EXIT, code);
	print("exit %u\n", code);
	psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		wfi();
}
