/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_KVM_H
#define VMM_CORE_KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct passed_fds;

/*
 * What this host's KVM can do, asked once. Source: Documentation/virt/kvm/api.rst,
 * KVM_CHECK_EXTENSION.
 */
struct kvm_caps {
	unsigned int max_vcpus;  /* KVM_CAP_MAX_VCPUS */
	unsigned int n_memslots; /* KVM_CAP_NR_MEMSLOTS */
	unsigned int ipa_bits;   /* KVM_CAP_ARM_VM_IPA_SIZE; 40 where the host does not know the
				    capability */
	/* 0: it has them not */
	unsigned int irqfd, irqfd_resample, ioeventfd;
	unsigned int pmu_v3, sve, el1_32bit;
	unsigned int pauth; /* both PTRAUTH_ADDRESS and PTRAUTH_GENERIC */
	unsigned int binary_stats;
	unsigned int required; /* what dais cannot do without: never 0 */
};

/* The host's KVM: /dev/kvm and what it offers. */
struct kvm {
	int fd;          /* -1 when closed */
	size_t run_size; /* bytes of a vCPU's struct kvm_run mapping */
	struct kvm_caps caps;
	bool no_resample; /* although it says so: arch/common/resample.h, where that was tried */
};

/*
 * Open /dev/kvm, or take it from @passed (may be NULL), and ask all. On error (no device, no
 * permission, wrong API version, a capability that dais cannot do without) nothing is left open. An
 * error here is the host's: err_host().
 */
int kvm_open(struct kvm *kvm, struct passed_fds *passed, struct err *err);
void kvm_close(struct kvm *kvm);

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
