/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_VGIC_H
#define ARCH_COMMON_VGIC_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct dt;
struct vm;

enum vgic_version {
	VGIC_AUTO, /* v3 where the host has it, else v2 */
	VGIC_V2,
	VGIC_V3,
};

struct vgic {
	struct vm *vm;
	int fd; /* the KVM device */
	enum vgic_version version;
	unsigned int n_spis;
};

/* Whether KVM can give guests this version (not VGIC_AUTO). @vm needs no vCPUs. */
bool vgic_host_has(struct vm *vm, enum vgic_version version);

/*
 * The version for a guest of @n_vcpus. Errors: one that this host cannot give (it names those it
 * can), more vCPUs than the version serves.
 */
int vgic_choose(struct vm *vm, enum vgic_version wanted, unsigned int n_vcpus,
		enum vgic_version *version, struct err *err);

/*
 * The in-kernel interrupt controller (Documentation/virt/kvm/devices/arm-vgic.rst and -v3.rst).
 * Create it after all vCPUs were initialised (arch_vcpus_init()), with @n_spis or a few more: each
 * costs time here and trapped accesses when the guest boots; 0: the most that there can be. On
 * success *vgic is the caller's, to be stored in vm->vgic; KVM frees the kernel's side with the VM.
 * Errors: those of vgic_choose().
 */
int vgic_create(struct vm *vm, enum vgic_version wanted, unsigned int n_spis, struct vgic **vgic,
		struct err *err);

/* KVM_DEV_ARM_VGIC_CTRL_INIT. From here on lines and irqfds work. */
int vgic_init(struct vgic *vgic, struct err *err);

/*
 * Every register back to its reset value, through the attributes made for migration: KVM leaves
 * them as the old guest did. vCPUs are parked, lines are low (devices quiesced).
 */
int vgic_reset(struct vgic *vgic, struct err *err);

/*
 * Make SPI n a level if bit n % 32 of @levels[n / 32] is set; the others of a word with a set bit
 * become edges, as KVM has all of them at first. KVM forgets the line of an edge: one that is up
 * before the guest's driver has made it a level would be lost if the guest clears what is pending
 * before that (kvm_vgic_inject_irq(), vgic_mmio_write_cpending()). The architecture leaves it open
 * what a guest finds in GICD_ICFGR. After vgic_init(), and again after vgic_reset(); vCPUs are
 * parked.
 */
int vgic_set_levels(struct vgic *vgic, const uint32_t *levels, unsigned int n_words,
		    struct err *err);

/* Whether the line of @spi, a level interrupt, is up in the VGIC. vCPUs are parked. */
int vgic_spi_line(struct vgic *vgic, uint32_t spi, bool *up);

/*
 * The interrupt-controller node, phandle DT_PHANDLE_GIC
 * (bindings/interrupt-controller/arm,gic.yaml and arm,gic-v3.yaml).
 */
void vgic_describe(const struct vgic *vgic, struct dt *dt);

void vgic_destroy(struct vgic *vgic);

#endif
