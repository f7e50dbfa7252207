// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/ioeventfd.h"

#include <inttypes.h>
#include <linux/kvm.h>

#include "vmm/base/sys.h"
#include "vmm/core/vm.h"

int ioeventfd_add(struct vm *vm, uint64_t gpa, unsigned int width, int fd, struct err *err)
{
	struct kvm_ioeventfd arg = { .addr = gpa, .len = width, .fd = fd };
	int ret = sys_ioctl(vm->fd, KVM_IOEVENTFD, &arg);

	return ret ? err_set(err, ret, "make 0x%" PRIx64 " a doorbell (KVM_IOEVENTFD)", gpa) : 0;
}

void ioeventfd_remove(struct vm *vm, uint64_t gpa, unsigned int width, int fd)
{
	struct kvm_ioeventfd arg = {
		.addr = gpa, .len = width, .fd = fd, .flags = KVM_IOEVENTFD_FLAG_DEASSIGN
	};

	sys_ioctl(vm->fd, KVM_IOEVENTFD, &arg);
}
