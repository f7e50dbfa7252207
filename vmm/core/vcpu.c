// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/vcpu.h"
#include "vmm/base/built.h"
#include "vmm/base/fd_range.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/vm.h"

const char *vcpu_exit_name(enum vcpu_exit exit)
{
	static const char *const names[N_VCPU_EXITS] = {
		[VCPU_EXIT_MMIO] = "mmio",
		[VCPU_EXIT_HYPERCALL] = "hypercall",
		[VCPU_EXIT_SYSTEM_EVENT] = "system event",
		[VCPU_EXIT_INTERRUPTED] = "interrupted",
		[VCPU_EXIT_OTHER] = "other",
	};

	return names[exit];
}

static int create_one(struct vcpu *vcpu, struct err *err)
{
	struct vm *vm = vcpu->vm;
	void *run;
	int ret = fd_to_range(sys_ioctl(vm->fd, KVM_CREATE_VCPU, (void *)(uintptr_t)vcpu->index),
			      FD_VCPU);

	if (ret < 0)
		return err_set(err, ret, "create vCPU %u", vcpu->index);
	vcpu->fd = ret;
	ret = sys_mmap(NULL, vm->kvm.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0,
		       &run);
	if (ret)
		return err_set(err, ret, "map the state of vCPU %u", vcpu->index);
	vcpu->run = run;
	if (!vm->kvm.caps.binary_stats)
		return 0;
	ret = sys_ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	if (ret < 0)
		return err_set(err, ret, "open the statistics of vCPU %u", vcpu->index);
	vcpu->stats_fd = ret;
	return 0;
}

int vcpus_check_number(const struct kvm_caps *caps, unsigned int n, struct err *err)
{
	if (n && n <= caps->max_vcpus)
		return 0;
	err_usage(err, "cpus = %u", n);
	err_why(err, "a guest has at least one vCPU, and KVM gives a guest %u at most",
		caps->max_vcpus);
	return err_fix(err, "cpus = %u, or fewer", caps->max_vcpus);
}

int vcpus_create(struct vm *vm, unsigned int n, struct err *err)
{
	if (vcpus_check_number(&vm->kvm.caps, n, err))
		return err->code;
	vm->vcpus = calloc(n, sizeof(*vm->vcpus));
	if (!vm->vcpus)
		return err_set(err, ENOMEM, "create %u vCPUs", n);
	vm->n_vcpus = n;
	for (unsigned int i = 0; i < n; i++)
		vm->vcpus[i] = (struct vcpu){ .vm = vm, .index = i, .fd = -1, .stats_fd = -1 };
	for (unsigned int i = 0; i < n; i++)
		if (create_one(&vm->vcpus[i], err))
			return err->code;
	return 0;
}

void vcpus_destroy(struct vm *vm)
{
	for (unsigned int i = vm->n_vcpus; i-- > 0;) {
		struct vcpu *vcpu = &vm->vcpus[i];

		close_fd(&vcpu->stats_fd);
		if (vcpu->run)
			sys_munmap(vcpu->run, vm->kvm.run_size);
		close_fd(&vcpu->fd);
	}
	free(take_ptr(&vm->vcpus));
	vm->n_vcpus = 0;
}

int vcpu_get_reg(struct vcpu *vcpu, uint64_t id, uint64_t *value)
{
	struct kvm_one_reg arg = { .id = id, .addr = (uintptr_t)value };

	*value = 0;
	return sys_ioctl(vcpu->fd, KVM_GET_ONE_REG, &arg);
}

int vcpu_set_reg(struct vcpu *vcpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg arg = { .id = id, .addr = (uintptr_t)&value };

	return sys_ioctl(vcpu->fd, KVM_SET_ONE_REG, &arg);
}

static const char not_emulated[] =
	"the guest touched an address where no memory is with an instruction that cannot be "
	"emulated (a pair, vector, atomic or write-back access)";

/*
 * What KVM_RUN's errors mean on Arm, and whose fault they are: Documentation/virt/kvm/api.rst,
 * 4.10, and arch/arm64/kvm/.
 */
static const struct run_error {
	int code;
	enum exit_status status;
	const char *why;
} run_errors[] = {
	{ ENOSYS, EXIT_STATUS_GUEST_CRASH, not_emulated },
	{ EFAULT, EXIT_STATUS_FAILURE, "the host could not give memory that the guest touched" },
	{ EHWPOISON, EXIT_STATUS_FAILURE, "the host's memory failed where the guest touched it" },
	{ ENOMEM, EXIT_STATUS_FAILURE,
	  "the host has no memory left for the guest's translation tables" },
	{ ENOEXEC, EXIT_STATUS_FAILURE, "KVM holds the vCPU for not initialised" },
};

/* @err says of what; "vCPU 1 at PC 0x40080000: " comes before it. */
static void crash(struct vcpu *vcpu, struct err *err)
{
	uint64_t pc;

	if (vcpu->vm->pc_reg && !vcpu_get_reg(vcpu, vcpu->vm->pc_reg, &pc))
		err_prefix(err, "vCPU %u at PC 0x%" PRIx64, vcpu->index, pc);
	else
		err_prefix(err, "vCPU %u", vcpu->index);
	vm_request_crash(vcpu->vm, err);
}

static void run_failed(struct vcpu *vcpu, int code)
{
	struct err err;

	err_set(&err, code, "KVM_RUN");
	for (const struct run_error *e = run_errors; e < run_errors + n_elems(run_errors); e++) {
		if (e->code == -code) {
			err_why(&err, "%s", e->why);
			err.status = (int)e->status;
		}
	}
	crash(vcpu, &err);
}

/*
 * Of <linux/kvm.h> of Linux 7.3: exit reasons, the last of which has arm_nisv's members, what is
 * behind the first, and a flag of SYSTEM_EVENT_SHUTDOWN.
 */
#define EXIT_ARM_SEA       41
#define EXIT_ARM_LDST64B   42
#define SEA_GPA_VALID      (1ULL << 0)
#define SHUTDOWN_PSCI_OFF2 (1ULL << 0)
struct exit_arm_sea {
	uint64_t flags, esr, gva, gpa;
};

static void unexpected_exit(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	struct exit_arm_sea sea;
	struct err err;

	err_set(&err, 0, "KVM cannot go on (exit reason %u)", run->exit_reason);
	switch (run->exit_reason) {
	case KVM_EXIT_FAIL_ENTRY:
		err_why(&err, "the processor refused to enter the guest, reason 0x%llx",
			(unsigned long long)run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		err_why(&err, "error inside KVM, suberror %u", run->internal.suberror);
		break;
	case EXIT_ARM_SEA:
		memcpy(&sea, run->padding, sizeof(sea));
		err_why(&err,
			"memory or a device answered the guest's access with an external abort: "
			"guest address 0x%llx, ESR 0x%llx",
			(unsigned long long)(sea.flags & SEA_GPA_VALID ? sea.gpa : sea.gva),
			(unsigned long long)sea.esr);
		err.status = EXIT_STATUS_FAILURE;
		break;
	case EXIT_ARM_LDST64B:
		err_why(&err,
			"the guest moved 64 bytes at once (LD64B, ST64B) where no memory is, or "
			"where a device's registers trap: "
			"guest address 0x%llx",
			(unsigned long long)run->arm_nisv.fault_ipa);
		break;
	case KVM_EXIT_ARM_NISV:
		err_why(&err, "%s: guest address 0x%llx", not_emulated,
			(unsigned long long)run->arm_nisv.fault_ipa);
		break;
	}
	crash(vcpu, &err);
}

static void system_event(struct vcpu *vcpu)
{
	const unsigned int type = vcpu->run->system_event.type;
	struct err err;

	trace_line(TRACE_VM, "vCPU %u: system event %u", vcpu->index, type);
	switch (type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		/* Its memory is in an image of its own, from which its next start goes on. */
		if (vcpu->run->system_event.data[0] & SHUTDOWN_PSCI_OFF2)
			log_info("the guest hibernates (PSCI SYSTEM_OFF2)");
		vm_request(vcpu->vm, VM_REQUEST_POWEROFF);
		break;
	case KVM_SYSTEM_EVENT_RESET:
		vm_request(vcpu->vm, VM_REQUEST_RESET);
		break;
	default:
		err_set(&err, 0, "system event %u", type);
		if (type == KVM_SYSTEM_EVENT_CRASH)
			err_why(&err, "the guest reported that it crashed");
		crash(vcpu, &err);
	}
}

/* Of a call that vm_take_hypercall() took. As vcpu_handle_exit(). */
static bool serve_hypercall(struct vcpu *vcpu)
{
	const struct hypercall *hypercall = &vcpu->vm->hypercall;
	int ret;

	vcpu->n_exits[VCPU_EXIT_HYPERCALL]++;
	ret = vcpu_set_reg(vcpu, vcpu->vm->result_reg,
			   (uint64_t)hypercall->call(hypercall->opaque));
	if (ret < 0)
		run_failed(vcpu, ret);
	return ret >= 0 && __atomic_load_n(&vcpu->vm->request, __ATOMIC_ACQUIRE) == VM_REQUEST_NONE;
}

bool vcpu_handle_exit(struct vcpu *vcpu, int ret)
{
	struct vm *vm = vcpu->vm;
	struct kvm_run *run = vcpu->run;

	if (ret == -EINTR || ret == -EAGAIN) {
		vcpu->n_exits[VCPU_EXIT_INTERRUPTED]++;
		return !__atomic_load_n(&vm->park, __ATOMIC_ACQUIRE);
	}
	if (ret < 0) {
		vcpu->n_exits[VCPU_EXIT_OTHER]++;
		run_failed(vcpu, ret);
		return false;
	}
	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		vcpu->n_exits[VCPU_EXIT_MMIO]++;
		mmio_access(&vm->mmio, run->mmio.phys_addr, run->mmio.data, run->mmio.len,
			    run->mmio.is_write);
		return __atomic_load_n(&vm->request, __ATOMIC_ACQUIRE) == VM_REQUEST_NONE;
	case KVM_EXIT_SYSTEM_EVENT:
		vcpu->n_exits[VCPU_EXIT_SYSTEM_EVENT]++;
		system_event(vcpu);
		return false;
	case KVM_EXIT_HYPERCALL:
		if (BUILT(SCMI))
			return serve_hypercall(vcpu);
		__attribute__((fallthrough));
	default:
		vcpu->n_exits[VCPU_EXIT_OTHER]++;
		unexpected_exit(vcpu);
		return false;
	}
}
