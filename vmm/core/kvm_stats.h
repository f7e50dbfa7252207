/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_KVM_STATS_H
#define VMM_CORE_KVM_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

/*
 * A counter of KVM's binary statistics (Documentation/virt/kvm/api.rst, 4.133 KVM_GET_STATS_FD). Of
 * a vCPU on arm64: "exits", "mmio_exit_user", "mmio_exit_kernel", "wfi_exit_stat", "wfe_exit_stat",
 * "hvc_exit_stat", "signal_exits" and the generic "halt_…".
 */
struct kvm_stat {
	const char *name; /* in: which one */
	uint64_t value;   /* out: 0 when this kernel has none of that name */
	bool found;
};

/* Read the @n counters of @stats from a statistics descriptor, such as vcpu->stats_fd. */
int kvm_stats_read(int fd, struct kvm_stat *stats, unsigned int n, struct err *err);

#endif
