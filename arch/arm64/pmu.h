/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_ARM64_PMU_H
#define ARCH_ARM64_PMU_H

#include "arch/arch.h"

/*
 * Decide config->pmu (no longer ARCH_AUTO on success) and config->pmu_type. On a host with several
 * PMUs (big.LITTLE) a guest's counters only count on the cores of one, so there the vCPUs must be
 * bound to those of one; else there is no vPMU, which is an error for ARCH_ON and a warning for
 * ARCH_AUTO.
 */
int pmu_choose(struct vm *vm, struct arch_cpu_config *config, struct err *err);

#endif
