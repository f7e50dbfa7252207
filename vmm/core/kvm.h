/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_KVM_H
#define VMM_CORE_KVM_H

#include <stdbool.h>
#include <stddef.h>

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
	bool irqfd;
	bool irqfd_resample;
	bool ioeventfd;
	bool immediate_exit;
	bool device_ctrl;
	bool one_reg;
	bool psci_0_2;
	bool pmu_v3;
	bool sve;
	bool pauth; /* both PTRAUTH_ADDRESS and PTRAUTH_GENERIC */
	bool el1_32bit;
	bool binary_stats;
};

/* The host's KVM: /dev/kvm and what it offers. */
struct kvm {
	int fd;          /* -1 when closed */
	size_t run_size; /* bytes of a vCPU's struct kvm_run mapping */
	struct kvm_caps caps;
};

/*
 * Open /dev/kvm, or take it from @passed (may be NULL), and ask all. On error (no device, no
 * permission, wrong API version, a capability that dais cannot do without) nothing is left open. An
 * error here is the host's: err_host().
 */
int kvm_open(struct kvm *kvm, struct passed_fds *passed, struct err *err);
void kvm_close(struct kvm *kvm);

#endif
