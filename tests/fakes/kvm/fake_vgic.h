/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_KVM_FAKE_VGIC_H
#define TESTS_FAKES_KVM_FAKE_VGIC_H

/*
 * A model of KVM's VGIC behind its attributes, as arch/arm64/kvm/vgic/ of Linux 6.12 has them.
 */
#include <stdbool.h>
#include <stdint.h>

#include "arch/common/kvm_arm.h"
#include "arch/common/vgic.h"

#define FAKE_VGIC_N_CPUS 3
#define FAKE_VGIC_N_IRQS KVMARM_VGIC_MAX_IRQS

struct fake_vgic_irq {
	uint8_t enabled, latch, active, group, edge, priority, targets, line;
	uint32_t route;
};

struct fake_vgic_cpu {
	struct fake_vgic_irq irqs[32];
	uint32_t cpuif[64]; /* GICC, by offset / 4 */
	uint64_t propbaser, pendbaser;
	uint64_t pmr, bpr0, bpr1, ctlr, grpen0, grpen1, apr[8];
};

struct fake_vgic {
	bool v2, groups_writable;
	uint32_t ctlr;
	struct fake_vgic_irq spis[FAKE_VGIC_N_IRQS];
	struct fake_vgic_cpu cpus[FAKE_VGIC_N_CPUS];
};

extern struct fake_vgic fake_vgic;
extern unsigned int fake_vgic_n_accesses; /* to attributes */

/* As KVM makes one, for vCPUs with @fake_vgic_create()'s bits of priority. */
void fake_vgic_new(struct fake_vgic *m, bool v2);

/* A VM of FAKE_VGIC_N_CPUS vCPUs and its VGIC, behind which fake_vgic is new. */
struct vgic *fake_vgic_create(bool v2, unsigned int pri_bits);

/* The line of an SPI goes up: kvm_vgic_inject_irq(). */
void fake_vgic_raise(unsigned int intid);

#endif
