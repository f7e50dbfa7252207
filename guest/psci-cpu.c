// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs go off and come on again, n times; PSCI refuses what it must.
 *
 * Arguments: n=5.
 * Exit codes: 1: PSCI older than 1.0; 2: wrong answer; 3: a CPU does not come on; 4: or not off.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"
#include "guest/lib/smp.h"

#define NO_SUCH_MPIDR 0xff00ffffffUL

static volatile uint32_t n_runs, leave;

static void run(void)
{
	atomic_add(&n_runs, 1);
	while (!leave)
		;
}

static void check_call(const char *what, int ret, int expected)
{
	CHECK(ret == expected, 2, "%s: %d, not %d", what, ret, expected);
}

static void cycle(unsigned int cpu)
{
	uint32_t before = n_runs;
	uint64_t deadline = time_now() + time_ticks(IRQ_WAIT_MS);

	leave = 0;
	check_call("AFFINITY_INFO, off", psci_call(PSCI_AFFINITY_INFO, smp_mpidr(cpu), 0, 0),
		   PSCI_AFFINITY_OFF);
	check_call("CPU_ON", smp_start(cpu, run), 0);
	while (n_runs == before)
		CHECK(time_now() < deadline, 3, "CPU %u does not come on", cpu);
	check_call("AFFINITY_INFO, on", psci_call(PSCI_AFFINITY_INFO, smp_mpidr(cpu), 0, 0), 0);
	check_call("CPU_ON, on already", smp_start(cpu, run), PSCI_ALREADY_ON);
	leave = 1;
	smp_wait_off(cpu, 4);
}

int guest_main(void)
{
	uint32_t n = (uint32_t)arg_number("n", 5);
	int version = psci_call(PSCI_VERSION, 0, 0, 0);

	CHECK(version >= 0x10000, 1, "PSCI version %x", (unsigned int)version);
	check_call("CPU_ON of no CPU", psci_call(PSCI_CPU_ON, NO_SUCH_MPIDR, 0, 0),
		   PSCI_INVALID_PARAMETERS);
	for (uint32_t i = 0; i < n; i++)
		for (unsigned int cpu = 1; cpu < smp_n_cpus(); cpu++)
			cycle(cpu);
	CHECK(n_runs == n * (smp_n_cpus() - 1), 3, "%u runs", n_runs);
	return 0;
}
