/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_VGIC_INTERNAL_H
#define ARCH_COMMON_VGIC_INTERNAL_H

/* Shared by vgic.c and vgic_reset.c only. */
#include "arch/common/vgic.h"

struct vgic {
	struct vm *vm;
	int fd; /* the KVM device */
	enum vgic_version version;
	unsigned int n_irqs; /* SGIs, PPIs and SPIs */
};

#endif
