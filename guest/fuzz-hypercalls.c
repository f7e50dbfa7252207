// SPDX-License-Identifier: GPL-2.0-only
/*
 * Garbage in hypercalls: PSCI, SMCCC and KVM's own function numbers, and random ones, with random
 * arguments; CPUs are started at random addresses. Not called is only what ends this CPU or the
 * run.
 *
 * Arguments: n=20000 (calls), seed=1.
 * Exit codes: 1: PSCI dead afterwards.
 */
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"
#include "guest/lib/smp.h"

static uint64_t state;

/* xorshift64 (Marsaglia 2003) */
static uint64_t random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* By the low half of PSCI's numbers, 32-bit and 64-bit alike: Arm DEN 0022, 5.1. */
static int ends_it(uint64_t function)
{
	static const uint8_t ends[] = {
		0x01, /* CPU_SUSPEND */
		0x02, /* CPU_OFF */
		0x08, /* SYSTEM_OFF */
		0x09, /* SYSTEM_RESET */
		0x0c, /* CPU_DEFAULT_SUSPEND */
		0x0e, /* SYSTEM_SUSPEND */
		0x12, /* SYSTEM_RESET2 */
	};

	if ((function & 0xbfffff00UL) != 0x84000000UL)
		return 0;
	for (unsigned int i = 0; i < sizeof(ends); i++)
		if ((function & 0xff) == ends[i])
			return 1;
	return 0;
}

static uint64_t pick_function(void)
{
	static const uint32_t ranges[] = {
		0x84000000,            /* PSCI, 32-bit */
		0xc4000000,            /* PSCI, 64-bit */
		0x80000000,            /* SMCCC, Arm architecture */
		0x86000000,            /* KVM's vendor services */
		0xc6000000, 0x95c1ba5e /* PSCI 0.1 of KVM */
	};

	switch (random() % 8) {
	case 0:
		return random();
	case 1:
		return (uint32_t)random();
	default:
		return ranges[random() % (sizeof(ranges) / sizeof(ranges[0]))] + random() % 0x20;
	}
}

static uint64_t pick_argument(void)
{
	switch (random() % 4) {
	case 0:
		return random() % 4;
	case 1:
		return smp_mpidr((unsigned int)(random() % smp_n_cpus()));
	case 2:
		return 1UL << random() % 64;
	default:
		return random();
	}
}

int guest_main(void)
{
	uint64_t n = arg_number("n", 20000);

	state = arg_number("seed", 1) | 1UL << 63;
	smp_init();
	for (uint64_t i = 0; i < n; i++) {
		uint64_t function = pick_function();

		if (!ends_it(function))
			psci_call(function, pick_argument(), pick_argument(), pick_argument());
	}
	CHECK(psci_call(PSCI_VERSION, 0, 0, 0) >= 0x10000, 1, "PSCI is gone");
	print("fuzz-hypercalls: alive\n");
	return 0;
}
