/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_DESCRIBE_H
#define ARCH_COMMON_DESCRIBE_H

/* Nodes of arch_describe() that are the same on 32-bit and 64-bit Arm. */
#include <stdint.h>

struct dt;
struct vm;

#define INTID_TO_PPI(intid) ((intid)-16)

/* The third cell of a PPI: level, and what the VGIC's version wants to know besides. */
uint32_t describe_ppi_flags(const struct vm *vm);

void describe_psci(struct dt *dt);

/* @compatible: of bindings/timer/arm,arch_timer.yaml */
void describe_timer(const struct vm *vm, const char *compatible, struct dt *dt);

#endif
