/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_AT_WORK_H
#define VMM_CORE_AT_WORK_H

/*
 * Who is at work, for a process that sees this one die: a byte for each thread, in memory that both
 * share; 0 while the thread waits, or is in the guest. A thread writes its own; NULL: nobody looks.
 */
#include <stdbool.h>
#include <stdint.h>

#define AT_WORK_MAIN    0
#define AT_WORK_VCPU(i) (1 + (i))

static inline void at_work_set(uint8_t *at_work, unsigned int who, bool working)
{
	if (at_work)
		__atomic_store_n(&at_work[who], working, __ATOMIC_RELAXED);
}

#endif
