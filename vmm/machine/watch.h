/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_MACHINE_WATCH_H
#define VMM_MACHINE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/core/event_loop.h"

struct machine;

/*
 * Looks for level interrupts of assigned devices that came and that nobody handles: one whose count
 * stands still while its line in the guest's GIC is up. Each is told of once.
 *
 * Once in a period the host's counts are read. Only for an interrupt that has come and then came no
 * more are the vCPUs parked, for as long as it takes to read its line, and once or twice for each
 * pause that the device makes.
 */
struct watch {
	struct machine *machine;
	struct event_timer timer;
	struct watched {
		uint64_t n; /* count at the last look */
		enum watch_state {
			WATCH_MOVES, /* it has come since the look before, or never */
			WATCH_FINE,  /* came no more, and its line is down */
			WATCH_UP,    /* came no more, and its line was up */
			WATCH_TOLD,
		} state;
	} * irqs; /* as machine_irq_counts() has them */
	unsigned int n_irqs;
};

/* Main thread; the event loop is there. Does nothing for a machine without assigned devices. */
int watch_start(struct watch *watch, struct machine *machine, struct err *err);
void watch_stop(struct watch *watch); /* also after a start that failed */

/* One look, the vCPUs run; exposed for tests. */
void watch_look(struct watch *watch);

#endif
