// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints "ready", waits for the power key on the PL061, then powers off by PSCI.
 *
 * Exit codes: 1: an interrupt came without the key; 2: SYSTEM_OFF returned.
 */
#include <stddef.h>

#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"

/* Arm DDI 0190: PrimeCell GPIO (PL061). The data register is masked by address bits 9:2. */
#define PL061_DATA(mask) ((uintptr_t)(mask) << 2)
#define PL061_IEV        0x40c
#define PL061_IE         0x410
#define PL061_MIS        0x418
#define PL061_IC         0x41c

static uintptr_t gpio;
static volatile uint32_t pressed, stray;

static void key(void *arg)
{
	uint32_t mask = *(uint32_t *)arg;

	if (mmio_read32(gpio + PL061_MIS) & mask)
		pressed++;
	else
		stray++;
	mmio_write32(gpio + PL061_IC, 0xff);
}

/* The GPIO line of the first key; gpios = <&controller line flags>. */
static uint32_t key_line(void)
{
	int keys = fdt_find_compatible(-1, "gpio-keys");
	const void *gpios = keys < 0 ? NULL : fdt_prop(fdt_next(keys), "gpios", NULL);

	CHECK(gpios, EXIT_NO_DEVICE, "no gpio-keys");
	return fdt_cell(gpios, 1);
}

int guest_main(void)
{
	int node = fdt_find_compatible(-1, "arm,pl061");
	uint64_t size;
	uint32_t mask;

	gpio = mmu_region(node, 0, &size);
	mask = 1U << key_line();
	irq_init();
	irq_register_node(node, 0, key, &mask);
	mmio_write32(gpio + PL061_IEV, mask); /* rising edge */
	mmio_write32(gpio + PL061_IC, 0xff);
	mmio_write32(gpio + PL061_IE, mask);
	print("ready\n");
	irq_mask();
	while (!pressed && !stray)
		irq_sleep();
	CHECK(pressed, 1, "an interrupt without the key");
	print("power key\n");
	psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	return 2;
}
