// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>

#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define KVM_PATH         "/dev/kvm"
#define DEFAULT_IPA_BITS 40 /* of hosts before KVM_CAP_ARM_VM_IPA_SIZE: api.rst, KVM_CREATE_VM */

static const struct flag {
	int cap;
	size_t offset;        /* of the bool in struct kvm_caps */
	const char *required; /* its name, when dais cannot do without */
} flags[] = {
	{ KVM_CAP_IRQFD, offsetof(struct kvm_caps, irqfd), NULL },
	{ KVM_CAP_IRQFD_RESAMPLE, offsetof(struct kvm_caps, irqfd_resample), NULL },
	{ KVM_CAP_IOEVENTFD, offsetof(struct kvm_caps, ioeventfd), NULL },
	{ KVM_CAP_IMMEDIATE_EXIT, offsetof(struct kvm_caps, immediate_exit),
	  "KVM_CAP_IMMEDIATE_EXIT" },
	{ KVM_CAP_DEVICE_CTRL, offsetof(struct kvm_caps, device_ctrl), "KVM_CAP_DEVICE_CTRL" },
	{ KVM_CAP_ONE_REG, offsetof(struct kvm_caps, one_reg), "KVM_CAP_ONE_REG" },
	{ KVM_CAP_ARM_PSCI_0_2, offsetof(struct kvm_caps, psci_0_2), "KVM_CAP_ARM_PSCI_0_2" },
	{ KVM_CAP_ARM_PMU_V3, offsetof(struct kvm_caps, pmu_v3), NULL },
	{ KVM_CAP_ARM_SVE, offsetof(struct kvm_caps, sve), NULL },
	{ KVM_CAP_ARM_EL1_32BIT, offsetof(struct kvm_caps, el1_32bit), NULL },
	{ KVM_CAP_BINARY_STATS_FD, offsetof(struct kvm_caps, binary_stats), NULL },
};

static int open_failed(int code, struct err *err)
{
	err_set(err, code, "open " KVM_PATH);
	switch (-code) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		err_why(err, "this kernel has no KVM, or the firmware did not start it at EL2, "
			     "where a hypervisor must begin");
		err_fix(err, "boot a kernel with CONFIG_KVM from firmware that enters it at EL2; "
			     "\"dmesg | grep -i kvm\" tells what was missing");
		break;
	case EACCES:
	case EPERM:
		err_why(err, "this user may not use KVM");
		err_fix(err, "add the user to the group that owns " KVM_PATH
			     " (\"usermod -aG kvm USER\", then log in again), or run dais as root");
		break;
	case EBUSY:
		err_why(err, "another hypervisor has the processor");
		err_fix(err, "stop it");
		break;
	}
	return err_host(err);
}

/* KVM_CHECK_EXTENSION; *value is 0 on error. */
static int ask(const struct kvm *kvm, int cap, unsigned int *value, struct err *err)
{
	int ret = sys_ioctl(kvm->fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)cap);

	*value = ret < 0 ? 0 : (unsigned int)ret;
	if (ret >= 0)
		return 0;
	err_set(err, ret, KVM_PATH ": ask for capability %d", cap);
	return err_host(err);
}

static int ask_flags(struct kvm *kvm, struct err *err)
{
	for (const struct flag *f = flags; f < flags + n_elems(flags); f++) {
		unsigned int value;

		if (ask(kvm, f->cap, &value, err))
			return err->code;
		if (!value && f->required) {
			err_set(err, ENOTSUP, KVM_PATH ": %s", f->required);
			err_why(err, "the host's KVM lacks a capability that dais needs");
			err_fix(err, "boot a newer host kernel");
			return err_host(err);
		}
		*(bool *)((char *)&kvm->caps + f->offset) = value;
	}
	return 0;
}

static int ask_all(struct kvm *kvm, struct err *err)
{
	struct kvm_caps *caps = &kvm->caps;
	unsigned int pauth_address, pauth_generic;

	if (ask_flags(kvm, err) || ask(kvm, KVM_CAP_MAX_VCPUS, &caps->max_vcpus, err) ||
	    ask(kvm, KVM_CAP_NR_MEMSLOTS, &caps->n_memslots, err) ||
	    ask(kvm, KVM_CAP_ARM_VM_IPA_SIZE, &caps->ipa_bits, err) ||
	    ask(kvm, KVM_CAP_ARM_PTRAUTH_ADDRESS, &pauth_address, err) ||
	    ask(kvm, KVM_CAP_ARM_PTRAUTH_GENERIC, &pauth_generic, err))
		return err->code;
	if (!caps->ipa_bits)
		caps->ipa_bits = DEFAULT_IPA_BITS;
	caps->pauth = pauth_address && pauth_generic;
	return 0;
}

int kvm_open(struct kvm *kvm, struct passed_fds *passed, struct err *err)
{
	owned_fd int fd = passed_fds_open(passed, KVM_PATH, O_RDWR, err);
	int ret;

	*kvm = (struct kvm){ .fd = -1 };
	if (fd < 0)
		return fd == -EBADF ? fd : open_failed(fd, err);

	ret = sys_ioctl(fd, KVM_GET_API_VERSION, NULL);
	if (ret != KVM_API_VERSION) {
		err_set(err, ret < 0 ? ret : 0, KVM_PATH ": API version %d, not %d", ret,
			KVM_API_VERSION);
		err_why(err, KVM_PATH " is not the KVM of a Linux kernel since 2.6.22");
		return err_host(err);
	}
	ret = sys_ioctl(fd, KVM_GET_VCPU_MMAP_SIZE, NULL);
	if (ret < 0) {
		err_set(err, ret, KVM_PATH ": ask for the size of a vCPU's mapping");
		return err_host(err);
	}
	kvm->run_size = (size_t)ret;
	kvm->fd = take_fd(&fd);
	if (ask_all(kvm, err)) {
		kvm_close(kvm);
		return err->code;
	}
	return 0;
}

void kvm_close(struct kvm *kvm)
{
	close_fd(&kvm->fd);
}
