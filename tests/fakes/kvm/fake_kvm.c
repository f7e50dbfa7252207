// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/kvm/fake_kvm.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm_store.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/memmap.h"

#define N_FAILURES 16

/* Of arm64's asm/kvm.h, which other build machines lack; the numbers are ABI. */
#define TARGET_GENERIC_V8   5
#define NR_VCPU_INIT        0xae
#define NR_PREFERRED_TARGET 0xaf
#define NR_VCPU_FINALIZE    0xc2
#define REG_MPIDR           0x603000000013c005ULL /* ARM64_SYS_REG(3, 0, 0, 0, 5) */
#define RUN_SIZE            (16 << 10)

struct vcpu_init {
	uint32_t target;
	uint32_t features[7];
};

struct fake_kvm fake_kvm;

static struct {
	struct {
		unsigned long request;
		int code;
	} failures[N_FAILURES];
	unsigned int n_failures;
	unsigned int n_vms;    /* that are open … */
	struct fake_kvm outer; /* … and what was told of the first, when there are two */
} state;

void fake_kvm_fail(unsigned long request, int code)
{
	assert(state.n_failures < N_FAILURES);
	state.failures[state.n_failures].request = request;
	state.failures[state.n_failures++].code = code;
}

static int scripted_failure(unsigned long request)
{
	for (unsigned int i = state.n_failures; i-- > 0;)
		if (state.failures[i].request == request)
			return -state.failures[i].code;
	return 0;
}

/* --- devices and vCPUs */

static bool is_attr_request(unsigned long request)
{
	return request == KVM_SET_DEVICE_ATTR || request == KVM_GET_DEVICE_ATTR ||
	       request == KVM_HAS_DEVICE_ATTR;
}

static int device_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct fake_kvm_device *device = opaque;
	const struct kvm_device_attr *attr = arg;
	int ret = scripted_failure(request);

	(void)fd;
	if (ret)
		return ret;
	if (is_attr_request(request) && device->type == KVM_DEV_TYPE_VFIO && attr->group == 2)
		return fake_kvm_forward_ioctl(request, attr);
	return is_attr_request(request)
		       ? fake_kvm_attr_ioctl(FAKE_KVM_DEV(device->type), request, arg)
		       : -ENOTTY;
}

static const struct fake_fd_ops device_ops = { .ioctl = device_ioctl };

static int vcpu_init(struct fake_kvm_vcpu *vcpu, const struct vcpu_init *init)
{
	bool known = init->target == TARGET_GENERIC_V8 ? !fake_kvm.no_generic_target
						       : init->target == fake_kvm.preferred_target;

	if (!known || init->features[0] & ~fake_kvm.vcpu_features)
		return -EINVAL;
	for (unsigned int i = 1; i < n_elems(init->features); i++)
		if (init->features[i])
			return -ENOENT;
	if (vcpu->n_inits &&
	    (init->target != vcpu->target || init->features[0] != vcpu->features[0]))
		return -EINVAL;
	vcpu->target = init->target;
	memcpy(vcpu->features, init->features, sizeof(vcpu->features));
	vcpu->n_inits++;
	return 0;
}

static bool immediate_exit(const struct fake_kvm_vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE);
}

/* Like the kernel: no signal is missed between the look at the flag and the sleep. */
int fake_kvm_wait(struct fake_kvm_vcpu *vcpu)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (!immediate_exit(vcpu))
		sigsuspend(&old);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -EINTR;
}

static bool is_probe(void)
{
	return fake_kvm.memslots[0].memory_size && fake_kvm.memslots[0].memory_size <= 64 << 10 &&
	       !fake_kvm.memslots[1].memory_size;
}

static int run_probe(const struct fake_kvm_vcpu *vcpu)
{
	const uint64_t one = 1;

	if (fake_kvm.n_resamples) {
		fake_kvm.n_resamples--;
		sys_write((int)fake_kvm.irqfds[0].resamplefd, &one, sizeof(one));
	}
	fake_kvm.n_probes++;
	vcpu->run->exit_reason = KVM_EXIT_MMIO;
	vcpu->run->mmio.phys_addr = MEMMAP_TEST_DEVICE + 4;
	vcpu->run->mmio.is_write = 1;
	return 0;
}

static int vcpu_run(struct fake_kvm_vcpu *vcpu)
{
	int ret;

	__atomic_add_fetch(&vcpu->n_runs, 1, __ATOMIC_RELAXED);
	if (vcpu->mmio_pending) {
		memcpy(&vcpu->mmio_value, vcpu->run->mmio.data, sizeof(vcpu->mmio_value));
		vcpu->mmio_pending = false;
		vcpu->n_mmio++;
	}
	if (immediate_exit(vcpu))
		return -EINTR;
	ret = is_probe()     ? run_probe(vcpu)
	      : fake_kvm.run ? fake_kvm.run(vcpu)
			     : fake_kvm_wait(vcpu);
	vcpu->mmio_pending = ret == 0 && vcpu->run->exit_reason == KVM_EXIT_MMIO;
	return ret;
}

static int vcpu_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct fake_kvm_vcpu *vcpu = opaque;
	int ret = scripted_failure(request);

	(void)fd;
	if (ret)
		return ret;
	if (is_attr_request(request))
		return fake_kvm_attr_ioctl(FAKE_KVM_VCPU(vcpu->index), request, arg);
	switch (request) {
	case KVM_RUN:
		return vcpu_run(vcpu);
	case KVM_SET_ONE_REG:
	case KVM_GET_ONE_REG:
		return fake_kvm_reg_ioctl(vcpu->index, request, arg);
	case KVM_GET_REG_LIST:
		return fake_kvm_reg_list(vcpu->index, arg);
	case KVM_SET_MP_STATE:
		vcpu->mp_state = ((struct kvm_mp_state *)arg)->mp_state;
		return 0;
	case KVM_GET_STATS_FD:
		return fake_fd_new(NULL, NULL);
	case KVM_GET_MP_STATE:
		((struct kvm_mp_state *)arg)->mp_state = vcpu->mp_state;
		return 0;
	}
	switch (_IOC_NR(request)) {
	case NR_VCPU_INIT:
		return vcpu_init(vcpu, arg);
	case NR_VCPU_FINALIZE:
		vcpu->finalized |= 1u << *(int *)arg;
		return 0;
	}
	return -ENOTTY;
}

static void vcpu_mapped(int fd, void *opaque, void *addr, size_t size, off_t offset)
{
	struct fake_kvm_vcpu *vcpu = opaque;

	(void)fd;
	(void)size;
	(void)offset;
	vcpu->run = addr;
}

static const struct fake_fd_ops vcpu_ops = { .ioctl = vcpu_ioctl, .mapped = vcpu_mapped };

/* --- the VM */

static int create_vcpu(unsigned long id)
{
	struct fake_kvm_vcpu *vcpu;

	if (id >= (unsigned long)fake_kvm.caps[KVM_CAP_MAX_VCPUS])
		return -EINVAL;
	if (id < fake_kvm.n_vcpus)
		return -EEXIST;
	vcpu = &fake_kvm.vcpus[fake_kvm.n_vcpus++];
	*vcpu = (struct fake_kvm_vcpu){ .index = (unsigned int)id };
	/* The kernel's kvm_reset_mpidr(): 16 vCPUs share Aff1. */
	fake_kvm_reg_put(vcpu->index, REG_MPIDR,
			 1ull << 31 | (id & 0xf) | (id >> 4 & 0xff) << 8 | (id >> 12 & 0xff) << 16);
	return fake_fd_new(&vcpu_ops, vcpu);
}

static int create_device(struct kvm_create_device *create)
{
	struct fake_kvm_device *device;

	if (create->type >= FAKE_KVM_N_TYPES)
		return -ENODEV;
	if (fake_kvm.device_errors[create->type])
		return -fake_kvm.device_errors[create->type];
	if (create->flags & KVM_CREATE_DEVICE_TEST)
		return 0;
	for (unsigned int i = 0; i < fake_kvm.n_devices; i++)
		if (fake_kvm.devices[i].type == create->type)
			return create->type == KVM_DEV_TYPE_VFIO ? -EBUSY : -EEXIST;
	assert(fake_kvm.n_devices < FAKE_KVM_N_DEVICES);
	device = &fake_kvm.devices[fake_kvm.n_devices++];
	device->type = create->type;
	device->fd = fake_fd_new(&device_ops, device);
	create->fd = (uint32_t)device->fd;
	return 0;
}

static int set_memslot(const struct kvm_userspace_memory_region *m)
{
	uint64_t page = 4096;
	struct range r = { m->guest_phys_addr, m->memory_size };

	if (m->slot >= FAKE_KVM_N_MEMSLOTS || !is_aligned(r.start | r.size, page) ||
	    !is_aligned(m->userspace_addr, page))
		return -EINVAL;
	for (unsigned int i = 0; i < FAKE_KVM_N_MEMSLOTS; i++) {
		struct range other = { fake_kvm.memslots[i].guest_phys_addr,
				       fake_kvm.memslots[i].memory_size };

		if (i != m->slot && range_overlaps(r, other))
			return -EEXIST;
	}
	fake_kvm.memslots[m->slot] = *m;
	return 0;
}

static int set_irqfd(const struct kvm_irqfd *irqfd)
{
	struct kvm_irqfd *list = fake_kvm.irqfds;
	unsigned int i;

	for (i = 0; i < fake_kvm.n_irqfds; i++)
		if (list[i].fd == irqfd->fd)
			break;
	if (irqfd->flags & KVM_IRQFD_FLAG_DEASSIGN) {
		if (i < fake_kvm.n_irqfds)
			memmove(&list[i], &list[i + 1], (--fake_kvm.n_irqfds - i) * sizeof(*list));
		return 0;
	}
	if (!fake_kvm.vgic_initialised)
		return -EAGAIN;
	if (i < fake_kvm.n_irqfds)
		return -EBUSY;
	assert(fake_kvm.n_irqfds < FAKE_KVM_N_IRQFDS);
	list[fake_kvm.n_irqfds++] = *irqfd;
	return 0;
}

static int vm_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	int ret = scripted_failure(request);

	(void)fd;
	(void)opaque;
	if (ret)
		return ret;
	if (is_attr_request(request))
		return fake_kvm_attr_ioctl(FAKE_KVM_VM, request, arg);
	switch (request) {
	case KVM_CHECK_EXTENSION:
		return fake_kvm.caps[(uintptr_t)arg % FAKE_KVM_N_CAPS];
	case KVM_CREATE_VCPU:
		return create_vcpu((uintptr_t)arg);
	case KVM_CREATE_DEVICE:
		return create_device(arg);
	case KVM_SET_USER_MEMORY_REGION:
		return set_memslot(arg);
	case KVM_IRQFD:
		return set_irqfd(arg);
	case KVM_IOEVENTFD:
		fake_kvm.ioeventfd = *(struct kvm_ioeventfd *)arg;
		assert(fake_kvm.n_ioeventfds < FAKE_KVM_N_IRQFDS);
		fake_kvm.ioeventfds[fake_kvm.n_ioeventfds++] = fake_kvm.ioeventfd;
		return 0;
	case KVM_IRQ_LINE:
		assert(fake_kvm.n_lines < FAKE_KVM_N_LINES);
		fake_kvm.lines[fake_kvm.n_lines++] = *(struct kvm_irq_level *)arg;
		return 0;
	}
	if (_IOC_NR(request) == NR_PREFERRED_TARGET) {
		*(struct vcpu_init *)arg =
			(struct vcpu_init){ .target = fake_kvm.preferred_target };
		return 0;
	}
	return -ENOTTY;
}

/* Of one that was made while there was another: what is told is of that again. */
static void vm_close(int fd, void *opaque)
{
	const unsigned int n_probes = fake_kvm.n_probes, n_resamples = fake_kvm.n_resamples;

	(void)fd;
	(void)opaque;
	if (!--state.n_vms)
		return;
	fake_kvm = state.outer;
	fake_kvm.n_probes = n_probes;
	fake_kvm.n_resamples = n_resamples;
}

static const struct fake_fd_ops vm_ops = { .ioctl = vm_ioctl, .close = vm_close };

static int create_vm(unsigned long type)
{
	assert(state.n_vms < 2);
	if (state.n_vms++)
		state.outer = fake_kvm;
	fake_kvm.n_vcpus = fake_kvm.n_devices = fake_kvm.n_irqfds = fake_kvm.n_lines = 0;
	fake_kvm.vgic_initialised = false;
	memset(fake_kvm.memslots, 0, sizeof(fake_kvm.memslots));
	fake_kvm.vm_type = type;
	return fake_fd_new(&vm_ops, NULL);
}

static int system_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	int ret = scripted_failure(request);

	(void)fd;
	(void)opaque;
	if (ret)
		return ret;
	switch (request) {
	case KVM_GET_API_VERSION:
		return fake_kvm.api_version;
	case KVM_CHECK_EXTENSION:
		return fake_kvm.caps[(uintptr_t)arg % FAKE_KVM_N_CAPS];
	case KVM_GET_VCPU_MMAP_SIZE:
		return RUN_SIZE;
	case KVM_CREATE_VM:
		return create_vm((uintptr_t)arg);
	}
	return -ENOTTY;
}

static const struct fake_fd_ops system_ops = { .ioctl = system_ioctl };

void fake_kvm_reset(void)
{
	static const int present[] = {
		KVM_CAP_IRQFD,
		KVM_CAP_IRQFD_RESAMPLE,
		KVM_CAP_IOEVENTFD,
		KVM_CAP_IMMEDIATE_EXIT,
		KVM_CAP_DEVICE_CTRL,
		KVM_CAP_ONE_REG,
		KVM_CAP_ARM_PSCI_0_2,
		KVM_CAP_ARM_PMU_V3,
		KVM_CAP_ARM_SVE,
		KVM_CAP_ARM_PTRAUTH_ADDRESS,
		KVM_CAP_ARM_PTRAUTH_GENERIC,
		KVM_CAP_ARM_EL1_32BIT,
		KVM_CAP_USER_MEMORY,
		KVM_CAP_READONLY_MEM,
		KVM_CAP_MP_STATE,
	};

	fake_kvm_store_reset();
	memset(&state, 0, sizeof(state));
	memset(&fake_kvm, 0, sizeof(fake_kvm));
	for (unsigned int i = 0; i < n_elems(present); i++)
		fake_kvm.caps[present[i]] = 1;
	fake_kvm.api_version = KVM_API_VERSION;
	fake_kvm.caps[KVM_CAP_MAX_VCPUS] = FAKE_KVM_N_VCPUS;
	fake_kvm.caps[KVM_CAP_NR_MEMSLOTS] = FAKE_KVM_N_MEMSLOTS;
	fake_kvm.caps[KVM_CAP_ARM_VM_IPA_SIZE] = 48;
	fake_kvm.device_errors[KVM_DEV_TYPE_ARM_VGIC_V2] = ENODEV;
	fake_kvm.preferred_target = TARGET_GENERIC_V8;
	fake_kvm.n_resamples = UINT_MAX;
	fake_kvm.vcpu_features = ~0u;
	fake_device("/dev/kvm", &system_ops, NULL);
}
