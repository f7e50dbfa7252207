// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/kvm.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"

#define KVM_PATH         "/dev/kvm"
#define DEFAULT_IPA_BITS 40 /* of hosts before KVM_CAP_ARM_VM_IPA_SIZE: api.rst, KVM_CREATE_VM */

#define CAP(name, member)                                                           \
	{                                                                           \
		KVM_CAP_##name, offsetof(struct kvm_caps, member), "KVM_CAP_" #name \
	}

static const struct cap {
	int cap;
	unsigned int offset; /* in struct kvm_caps: the least that several of one place say */
	char name[28];
} caps[] = {
	CAP(MAX_VCPUS, max_vcpus),
	CAP(NR_MEMSLOTS, n_memslots),
	CAP(ARM_VM_IPA_SIZE, ipa_bits),
	CAP(IRQFD, irqfd),
	CAP(IRQFD_RESAMPLE, irqfd_resample),
	CAP(IOEVENTFD, ioeventfd),
	CAP(ARM_PMU_V3, pmu_v3),
	CAP(ARM_SVE, sve),
	CAP(ARM_EL1_32BIT, el1_32bit),
	CAP(ARM_PTRAUTH_ADDRESS, pauth),
	CAP(ARM_PTRAUTH_GENERIC, pauth),
	CAP(BINARY_STATS_FD, binary_stats),
	CAP(IMMEDIATE_EXIT, required),
	CAP(DEVICE_CTRL, required),
	CAP(ONE_REG, required),
	CAP(ARM_PSCI_0_2, required),
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

static int ask_all(struct kvm *kvm, struct err *err)
{
	memset(&kvm->caps, 0xff, sizeof(kvm->caps));
	for (const struct cap *c = caps; c < caps + n_elems(caps); c++) {
		unsigned int *place = (unsigned int *)((char *)&kvm->caps + c->offset);
		int ret = sys_ioctl(kvm->fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)c->cap);

		if (ret < 0) {
			err_set(err, ret, KVM_PATH ": ask for %s", c->name);
			return err_host(err);
		}
		if ((unsigned int)ret < *place)
			*place = (unsigned int)ret;
		if (place == &kvm->caps.required && !ret) {
			err_set(err, ENOTSUP, KVM_PATH ": %s", c->name);
			err_why(err, "the host's KVM lacks a capability that dais needs");
			err_fix(err, "boot a newer host kernel");
			return err_host(err);
		}
	}
	if (!kvm->caps.ipa_bits)
		kvm->caps.ipa_bits = DEFAULT_IPA_BITS;
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

#define STATS_MAX (1 << 20) /* of names or descriptors: beyond belief */

static int read_value(int fd, const struct kvm_stats_header *header,
		      const struct kvm_stats_desc *desc, struct kvm_stat *stat)
{
	stat->found = true;
	return file_pread_all(fd, &stat->value, sizeof(stat->value),
			      (uint64_t)header->data_offset + desc->offset);
}

static int read_stats(int fd, struct kvm_stat *stats, unsigned int n)
{
	struct kvm_stats_header header;
	owned_ptr char *descs = NULL;
	size_t step;
	int ret = file_pread_all(fd, &header, sizeof(header), 0);

	if (ret)
		return ret;
	step = sizeof(struct kvm_stats_desc) + header.name_size;
	if (header.name_size > STATS_MAX || header.num_desc > STATS_MAX / step)
		return -EINVAL;
	descs = calloc(header.num_desc, step);
	if (!descs)
		return -ENOMEM;
	ret = file_pread_all(fd, descs, header.num_desc * step, header.desc_offset);

	for (unsigned int i = 0; !ret && i < header.num_desc; i++) {
		struct kvm_stats_desc desc;
		const char *name = descs + i * step + sizeof(desc);

		memcpy(&desc, descs + i * step, sizeof(desc));
		for (unsigned int k = 0; !ret && k < n; k++)
			if (!strncmp(stats[k].name, name, header.name_size))
				ret = read_value(fd, &header, &desc, &stats[k]);
	}
	return ret;
}

int kvm_stats_read(int fd, struct kvm_stat *stats, unsigned int n, struct err *err)
{
	int ret;

	for (unsigned int i = 0; i < n; i++) {
		stats[i].value = 0;
		stats[i].found = false;
	}
	ret = read_stats(fd, stats, n);
	return ret ? err_set(err, ret, "read the statistics of KVM") : 0;
}
