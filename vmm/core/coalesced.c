// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/coalesced.h"

#include <endian.h>
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "vmm/base/sys.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

void coalesced_init(struct vm *vm)
{
	const size_t page = sys_page_size();
	int pages = sys_ioctl(vm->kvm.fd, KVM_CHECK_EXTENSION,
			      (void *)(uintptr_t)KVM_CAP_COALESCED_MMIO);

	if (pages > 0 && vm->n_vcpus && vm->kvm.run_size >= ((size_t)pages + 1) * page)
		vm->coalesced = (size_t)pages * page;
}

int coalesced_set(struct vm *vm, uint64_t gpa, uint32_t size, bool on)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = gpa, .size = size };

	if (!vm->coalesced)
		return -ENOTTY;
	return sys_ioctl(vm->fd, on ? KVM_REGISTER_COALESCED_MMIO : KVM_UNREGISTER_COALESCED_MMIO,
			 &zone);
}

bool coalesced_take(struct vm *vm, uint32_t *value)
{
	struct kvm_coalesced_mmio_ring *ring;
	const struct kvm_coalesced_mmio *entry;
	uint32_t first, n;

	if (!vm->coalesced)
		return false;
	ring = (void *)((char *)vm->vcpus[0].run + vm->coalesced);
	n = (uint32_t)((sys_page_size() - sizeof(*ring)) / sizeof(*entry));
	first = __atomic_load_n(&ring->first, __ATOMIC_RELAXED) % n;
	if (first == __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE) % n)
		return false;
	entry = &ring->coalesced_mmio[first];
	memcpy(value, entry->data, sizeof(*value));
	*value = le32toh(*value);
	__atomic_store_n(&ring->first, (first + 1) % n, __ATOMIC_RELEASE);
	return true;
}
