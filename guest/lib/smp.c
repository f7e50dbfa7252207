// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lib/smp.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/layout.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"
#include "guest/lib/start.h"

extern char secondary_entry[];

static uint64_t mpidrs[MAX_CPUS];
static unsigned int n_cpus;
static void (*functions[MAX_CPUS])(void);

void smp_init(void)
{
	for (int node = -1; (node = fdt_find(node, "device_type", "cpu")) >= 0;) {
		uint32_t size = 0;
		const void *reg = fdt_prop(node, "reg", &size);

		if (n_cpus < MAX_CPUS)
			mpidrs[n_cpus] =
				size == 8 ? (uint64_t)fdt_cell(reg, 0) << 32 | fdt_cell(reg, 1)
					  : fdt_cell(reg, 0);
		n_cpus++;
	}
	CHECK(mpidrs[0] == cpu_mpidr(), EXIT_NO_DEVICE,
	      "booted on MPIDR %lx, not on the tree's %lx", cpu_mpidr(), mpidrs[0]);
}

unsigned int smp_n_cpus(void)
{
	return n_cpus;
}

/* A guest may have more CPUs than it has room for, as long as it leaves them alone. */
uint64_t smp_mpidr(unsigned int cpu)
{
	CHECK(cpu < MAX_CPUS, EXIT_NO_DEVICE, "more than %d CPUs", MAX_CPUS);
	return mpidrs[cpu];
}

void start_secondary(unsigned int cpu)
{
	functions[cpu]();
	psci_call(PSCI_CPU_OFF, 0, 0, 0);
	print("FAIL: CPU %u: CPU_OFF returned\n", cpu);
	end(EXIT_EXCEPTION);
}

int smp_start(unsigned int cpu, void (*function)(void))
{
	uint64_t mpidr = smp_mpidr(cpu);

	functions[cpu] = function;
	dsb();
	return psci_call(PSCI_CPU_ON, mpidr, (uint64_t)secondary_entry, cpu);
}

void smp_wait_off(unsigned int cpu, unsigned int code)
{
	uint64_t deadline = time_now() + time_ticks(IRQ_WAIT_MS);

	while (psci_call(PSCI_AFFINITY_INFO, smp_mpidr(cpu), 0, 0) != PSCI_AFFINITY_OFF)
		CHECK(time_now() < deadline, code, "CPU %u does not go off", cpu);
}
