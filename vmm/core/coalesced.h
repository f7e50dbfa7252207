/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_COALESCED_H
#define VMM_CORE_COALESCED_H

/*
 * Writes that KVM keeps instead of leaving the guest for each: coalesced MMIO
 * (Documentation/virt/kvm/api.rst, KVM_REGISTER_COALESCED_MMIO). A VM has one ring, which is behind
 * the state of each vCPU and has room for about 170 writes; one that finds it full leaves the guest
 * as any other. Nobody is told of what is in there. dais has one register kept so.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;

/* Ask KVM for the ring, once, when there are vCPUs. Where it has none, nothing is ever kept. */
void coalesced_init(struct vm *vm);

/* From now on, or no longer, for writes in the @size bytes at @gpa. Returns as sys_ioctl. */
int coalesced_set(struct vm *vm, uint64_t gpa, uint32_t size, bool on);

/*
 * Take the oldest, its first 4 bytes; false: none is there. The caller sees to it that one thread
 * at a time does.
 */
bool coalesced_take(struct vm *vm, uint32_t *value);

#endif
