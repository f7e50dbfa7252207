/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_SMP_H
#define GUEST_LIB_SMP_H

/* The CPUs of the device tree, in its order; CPU 0 is the one that booted. */
#include <stdint.h>

/* Reads the tree; ends the guest if the boot CPU is not its first. */
void smp_init(void);

unsigned int smp_n_cpus(void);
uint64_t smp_mpidr(unsigned int cpu);

/*
 * Runs @function on a CPU that is off, which goes off when it returns. Interrupts are masked.
 * Returns PSCI's answer.
 */
int smp_start(unsigned int cpu, void (*function)(void));

/* Waits until the CPU is off; ends the guest with @code if that takes too long. */
void smp_wait_off(unsigned int cpu, unsigned int code);

#endif
