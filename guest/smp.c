// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every CPU of the tree comes up under the MPIDR that the tree gives it, answers each SGI, and
 * goes off.
 *
 * Arguments: cpus= (how many there must be), n=20 (SGIs to each).
 * Exit codes: 1: number of CPUs; 2: CPU_ON refused; 3: a CPU does not come up; 4: it is another
 *   one; 5: an SGI is lost; 6: it does not go off.
 */
#include "guest/lib/smp.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/gic.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"

enum { SGI_ASK = 1, SGI_ANSWER = 2, SGI_QUIT = 3 };

static volatile uint32_t n_online, n_answers, n_wrong, quit;

static void nothing(void *arg)
{
	(void)arg;
}

static void answer(void *arg)
{
	(void)arg;
	atomic_add(&n_answers, 1);
	gic_send_sgi(smp_mpidr(0), SGI_ANSWER);
}

static void secondary(void)
{
	if (cpu_mpidr() != smp_mpidr(cpu_id()))
		atomic_add(&n_wrong, 1);
	gic_init_cpu();
	gic_enable(SGI_ASK, true);
	gic_enable(SGI_QUIT, true);
	atomic_add(&n_online, 1);
	gic_send_sgi(smp_mpidr(0), SGI_ANSWER);
	while (!quit)
		irq_sleep();
}

int guest_main(void)
{
	unsigned int n_cpus = smp_n_cpus();
	uint32_t n = (uint32_t)arg_number("n", 20);

	CHECK(n_cpus == arg_number("cpus", n_cpus), 1, "%u CPUs", n_cpus);
	irq_init();
	irq_register(SGI_ASK, true, answer, 0);
	irq_register(SGI_ANSWER, true, nothing, 0);
	irq_register(SGI_QUIT, true, nothing, 0);
	for (unsigned int cpu = 1; cpu < n_cpus; cpu++) {
		int ret = smp_start(cpu, secondary);

		CHECK(!ret, 2, "CPU %u: CPU_ON gives %d", cpu, ret);
	}
	CHECK(irq_wait(&n_online, n_cpus - 1, IRQ_WAIT_MS), 3, "%u of %u online", n_online,
	      n_cpus - 1);
	CHECK(!n_wrong, 4, "%u CPUs have another MPIDR than the tree says", n_wrong);

	for (uint32_t i = 1; i <= n; i++) {
		for (unsigned int cpu = 0; cpu < n_cpus; cpu++)
			gic_send_sgi(smp_mpidr(cpu), SGI_ASK);
		CHECK(irq_wait(&n_answers, i * n_cpus, IRQ_WAIT_MS), 5, "%u answers of %u",
		      n_answers, i * n_cpus);
	}

	quit = 1;
	for (unsigned int cpu = 1; cpu < n_cpus; cpu++) {
		gic_send_sgi(smp_mpidr(cpu), SGI_QUIT);
		smp_wait_off(cpu, 6);
	}
	print("smp: %u CPUs, %u SGIs answered\n", n_cpus, n_answers);
	return 0;
}
