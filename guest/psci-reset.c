// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSCI SYSTEM_RESET, n times, every second one by another CPU than the boot CPU if there is one:
 * RAM is clear, the image is as it was loaded, the seeds in the DTB are new, the CPUs are at their
 * boot state.
 *
 * Arguments: n=3.
 * Exit codes: 1: image not reloaded; 2: RAM not clear; 3: a seed came again; 4: boot state; 5: a
 *   count is wrong; 6: the call returned.
 */
#include <stddef.h>

#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"
#include "guest/lib/smp.h"
#include "guest/lib/start.h"
#include "guest/lib/string.h"

#define FRESH       0x600df00d
#define N_PLACES    8
#define PLACE_WORDS 512

static volatile uint32_t variable = FRESH;

static bool used(uint64_t addr)
{
	uint64_t fdt = (uint64_t)fdt_blob();

	return addr + PLACE_WORDS * 8 > fdt && addr < fdt + fdt_size();
}

/* Places spread over the second half of RAM, where neither image nor stack is. */
static volatile uint64_t *place(unsigned int i)
{
	uint64_t ram, size, addr;

	fdt_ram(&ram, &size);
	addr = ram + size / 2 + i * (size / 2 / N_PLACES & ~0xfffUL);
	return used(addr) ? NULL : (volatile uint64_t *)addr;
}

static void check_ram(void)
{
	for (unsigned int i = 0; i < N_PLACES; i++) {
		volatile uint64_t *p = place(i);

		for (unsigned int word = 0; p && word < PLACE_WORDS; word++)
			CHECK(!p[word], 2, "RAM at %lx holds %lx", (uint64_t)&p[word], p[word]);
	}
}

static void dirty(void)
{
	variable = 0xbadbad;
	for (unsigned int i = 0; i < N_PLACES; i++) {
		volatile uint64_t *p = place(i);

		for (unsigned int word = 0; p && word < PLACE_WORDS; word++)
			p[word] = ~0UL;
	}
}

/* A seed differs from that of the last boot, of which the test device keeps the first 32 bits. */
static void check_seed(uintptr_t keep, const char *property)
{
	uint32_t size = 0, seed;
	const void *p = fdt_prop(fdt_path("/chosen"), property, &size);

	if (!p || size < 4)
		return;
	seed = fdt_cell(p, size / 4 - 1);
	CHECK(seed != mmio_read32(keep), 3, "%s is %x again", property, seed);
	mmio_write32(keep, seed);
}

static void reset(void)
{
	psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
	CHECK(0, 6, "SYSTEM_RESET returned");
}

int guest_main(void)
{
	uintptr_t dev = test_device_or_fail();
	uint32_t n = (uint32_t)arg_number("n", 3), n_resets = mmio_read32(dev + TEST_N_RESETS);

	CHECK(variable == FRESH, 1, "the image holds %x", variable);
	check_ram();
	check_seed(dev + TEST_KEEP, "rng-seed");
	check_seed(dev + TEST_KEEP + 4, "kaslr-seed");
	CHECK(!boot_state.x1_x3 && !(boot_state.sctlr & 5), 4, "x1 to x3 %lx, SCTLR %lx",
	      boot_state.x1_x3, boot_state.sctlr);
	for (unsigned int cpu = 1; cpu < smp_n_cpus(); cpu++)
		CHECK(psci_call(PSCI_AFFINITY_INFO, smp_mpidr(cpu), 0, 0) == PSCI_AFFINITY_OFF, 4,
		      "CPU %u is on", cpu);
	CHECK(mmio_read32(dev + TEST_KEEP + 8) == n_resets, 5, "%u resets, kept: %u", n_resets,
	      mmio_read32(dev + TEST_KEEP + 8));
	if (n_resets == n)
		return 0;

	mmio_write32(dev + TEST_KEEP + 8, n_resets + 1);
	dirty();
	if (n_resets % 2 == 1 && smp_n_cpus() > 1) {
		smp_start(smp_n_cpus() - 1, reset);
		time_delay(IRQ_WAIT_MS);
		CHECK(0, 6, "no reset by another CPU");
	}
	reset();
	return 6;
}
