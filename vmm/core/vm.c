// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/vm.h"
#include "vmm/base/fd_range.h"

#include <inttypes.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/eventfd.h>

#include "vmm/base/log.h"
#include "vmm/base/own.h"

void vm_init(struct vm *vm)
{
	memset(vm, 0, sizeof(*vm));
	vm->kvm.fd = vm->fd = vm->request_fd = vm->loop.epoll_fd = -1;
	ram_init(&vm->ram);
	pthread_mutex_init(&vm->lock, NULL);
	pthread_cond_init(&vm->cond, NULL);
}

int kvm_vm_create(const struct kvm *kvm)
{
	const unsigned int bits = kvm->caps.ipa_bits;
	/* 0 means 40 bits, and is all that a host without KVM_CAP_ARM_VM_IPA_SIZE takes. */
	const uintptr_t type = bits == 40 ? 0 : KVM_VM_TYPE_ARM_IPA_SIZE(bits);

	return sys_ioctl(kvm->fd, KVM_CREATE_VM, (void *)type);
}

int vm_create(struct vm *vm, struct err *err)
{
	int fd = fd_to_range(kvm_vm_create(&vm->kvm), FD_VM);

	if (fd < 0) {
		err_set(err, fd, "create a virtual machine of %u address bits",
			vm->kvm.caps.ipa_bits);
		if (fd == -EBUSY) {
			err_why(err, "another hypervisor has the processor");
			err_fix(err, "stop it");
		}
		return err_host(err);
	}
	vm->fd = fd;
	fd = sys_eventfd(0, EFD_NONBLOCK);
	if (fd < 0)
		return err_set(err, fd, "create an event descriptor");
	vm->request_fd = fd;
	return 0;
}

void vm_destroy(struct vm *vm)
{
	event_loop_destroy(&vm->loop);
	close_fd(&vm->request_fd);
	close_fd(&vm->fd);
	ram_destroy(&vm->ram);
	kvm_close(&vm->kvm);
	pthread_cond_destroy(&vm->cond);
	pthread_mutex_destroy(&vm->lock);
}

static int set_memslot(struct vm *vm, uint32_t slot, uint64_t gpa, uint64_t size, void *hva,
		       bool read_only)
{
	struct kvm_userspace_memory_region arg = {
		.slot = slot,
		.flags = size && read_only ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};

	return sys_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &arg);
}

int vm_memslot_change(struct vm *vm, int slot, uint64_t gpa, uint64_t size, void *hva,
		      bool read_only)
{
	return set_memslot(vm, (uint32_t)slot, gpa, hva ? size : 0, hva, read_only);
}

int vm_memslot_add(struct vm *vm, uint64_t gpa, uint64_t size, void *hva, bool read_only,
		   const char *what, struct err *err)
{
	int ret;

	if (vm->n_memslots >= vm->kvm.caps.n_memslots) {
		err_set(err, ENOSPC, "map %s into the guest", what);
		err_why(err, "this host's KVM has %u memory slots, all are taken",
			vm->kvm.caps.n_memslots);
		return err_fix(err, "give the guest fewer devices");
	}
	ret = set_memslot(vm, vm->n_memslots, gpa, size, hva, read_only);
	if (ret) {
		err_set(err, ret, "map %s into the guest, 0x%" PRIx64 " bytes at 0x%" PRIx64, what,
			size, gpa);
		if (ret == -EEXIST)
			err_why(err, "other memory is there");
		return err->code;
	}
	trace_line(TRACE_VM, "memslot %u: %s, 0x%" PRIx64 " bytes at 0x%" PRIx64, vm->n_memslots,
		   what, size, gpa);
	return (int)vm->n_memslots++;
}

int kvm_device_create(struct vm *vm, uint32_t type, bool test_only)
{
	struct kvm_create_device arg = { .type = type,
					 .flags = test_only ? KVM_CREATE_DEVICE_TEST : 0 };
	int ret = sys_ioctl(vm->fd, KVM_CREATE_DEVICE, &arg);

	return ret || test_only ? ret : fd_to_range((int)arg.fd, FD_KVM_DEVICE);
}

static int attr_ioctl(int fd, unsigned long request, uint32_t group, uint64_t attr,
		      const void *value)
{
	struct kvm_device_attr arg = { .group = group, .attr = attr, .addr = (uintptr_t)value };

	return sys_ioctl(fd, request, &arg);
}

/* <asm/kvm.h> of arm64, since Linux 6.4: 32-bit hosts and Debian 12's headers do not have them. */
#define VM_SMCCC_CTRL   0
#define VM_SMCCC_FILTER 0
#define FILTER_TO_USER  2
struct smccc_filter {
	uint32_t base;
	uint32_t n_functions;
	uint8_t action;
	uint8_t pad[15];
};

int vm_take_hypercall(struct vm *vm, const struct hypercall *hypercall, struct err *err)
{
	const struct smccc_filter filter = { hypercall->function, 1, FILTER_TO_USER, { 0 } };
	int ret = kvm_attr_set(vm->fd, VM_SMCCC_CTRL, VM_SMCCC_FILTER, &filter);

	vm->hypercall = *hypercall;
	return ret < 0 ? err_set(err, ret, "have KVM hand the guest's call %#x to dais",
				 hypercall->function)
		       : 0;
}

int kvm_attr_set(int fd, uint32_t group, uint64_t attr, const void *value)
{
	return attr_ioctl(fd, KVM_SET_DEVICE_ATTR, group, attr, value);
}

int kvm_attr_get(int fd, uint32_t group, uint64_t attr, void *value)
{
	return attr_ioctl(fd, KVM_GET_DEVICE_ATTR, group, attr, value);
}

bool kvm_attr_has(int fd, uint32_t group, uint64_t attr)
{
	return attr_ioctl(fd, KVM_HAS_DEVICE_ATTR, group, attr, NULL) == 0;
}

static void make_request(struct vm *vm, enum vm_request request, int exit_status,
			 const struct err *crash)
{
	owned_lock pthread_mutex_t *lock = take_lock(&vm->lock);
	uint64_t one = 1;

	if (request <= vm->request)
		return;
	vm->exit_status = exit_status;
	if (crash)
		vm->crash = *crash;
	__atomic_store_n(&vm->request, request, __ATOMIC_RELEASE);
	sys_write(vm->request_fd, &one, sizeof(one));
}

void vm_request(struct vm *vm, enum vm_request request)
{
	make_request(vm, request, 0, NULL);
}

void vm_request_exit(struct vm *vm, int exit_status)
{
	make_request(vm, VM_REQUEST_EXIT, exit_status, NULL);
}

void vm_request_crash(struct vm *vm, const struct err *err)
{
	struct err crash = *err;

	if (!crash.status)
		crash.status = EXIT_STATUS_GUEST_CRASH;
	make_request(vm, VM_REQUEST_CRASH, crash.status, &crash);
}

void vm_run_on_main(struct vm *vm, void (*run)(void *opaque), void *opaque)
{
	owned_lock pthread_mutex_t *lock = take_lock(&vm->lock);
	struct vm_errand errand = { run, opaque, vm->errands, false };
	uint64_t one = 1;

	vm->errands = &errand;
	sys_write(vm->request_fd, &one, sizeof(one));
	pthread_cond_broadcast(&vm->cond);
	while (!errand.is_done)
		pthread_cond_wait(&vm->cond, &vm->lock);
}

bool vm_run_errand(struct vm *vm)
{
	struct vm_errand *errand = vm->errands;

	if (!errand)
		return false;
	vm->errands = errand->next;
	pthread_mutex_unlock(&vm->lock);
	errand->run(errand->opaque);
	pthread_mutex_lock(&vm->lock);
	errand->is_done = true;
	pthread_cond_broadcast(&vm->cond);
	return true;
}

enum vm_request vm_request_pending(struct vm *vm)
{
	uint64_t n;

	sys_read(vm->request_fd, &n, sizeof(n));
	return __atomic_load_n(&vm->request, __ATOMIC_ACQUIRE);
}

void vm_request_clear_reset(struct vm *vm)
{
	owned_lock pthread_mutex_t *lock = take_lock(&vm->lock);

	if (vm->request == VM_REQUEST_RESET)
		__atomic_store_n(&vm->request, VM_REQUEST_NONE, __ATOMIC_RELEASE);
}
