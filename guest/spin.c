// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints "ready", then ignores everything: for stop-timeout and signals.
 *
 * Arguments: how=busy, wfi (sleeps for ever), print (for ever); all CPUs do the same.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/print.h"
#include "guest/lib/smp.h"
#include "guest/lib/string.h"

static bool sleeps, prints;

static void spin(void)
{
	for (;;) {
		if (sleeps)
			wfi();
		if (prints)
			print("spinning\n");
	}
}

int guest_main(void)
{
	sleeps = !strcmp(arg_string("how", "busy"), "wfi");
	prints = !strcmp(arg_string("how", "busy"), "print");
	for (unsigned int cpu = 1; cpu < smp_n_cpus(); cpu++)
		smp_start(cpu, spin);
	print("ready\n");
	spin();
	return 0;
}
