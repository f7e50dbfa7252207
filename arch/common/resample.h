/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_RESAMPLE_H
#define ARCH_COMMON_RESAMPLE_H

#include <stdbool.h>

#include "arch/common/vgic.h"
#include "vmm/base/err.h"

struct kvm;
struct resample_vm;

/*
 * Whether KVM signals a resample eventfd when a guest takes a level SPI and ends it without an exit
 * in between. Linux 6.19 to 7.3 do not on hosts with a GICv3: "KVM: arm64: GICv3: Add SPI tracking
 * to handle asymmetric deactivation" notifies only of what an earlier exit has seen active
 * (vgic_v3_fold_lr() of arch/arm64/kvm/vgic/vgic-v3.c). The line then stays up, and the interrupt
 * comes again for ever. No version tells it, since a fix may be there or not: it is tried, with a
 * VM of its own, one vCPU and a guest of one page. @gic: of the guest, one that the host has.
 *
 * The kernel takes long to end a VM (some ticks of its clock, in which it waits): with @vm that is
 * left to the caller's resample_end(*vm), also after an error; NULL: at once. *vm is NULL at first.
 */
int resample_try(const struct kvm *kvm, enum vgic_version gic, struct resample_vm **vm, bool *works,
		 struct err *err);
void resample_end(struct resample_vm *r); /* NULL: nothing */

#endif
