// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/resample.h"

#include <linux/kvm.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "arch/arch.h"
#include "arch/common/check_guest.h"
#include "vmm/base/own.h"
#include "vmm/core/irq_line.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define SPI     0
/* An exit for the host's own sake, between the two instructions that matter, looks like success. */
#define N_TRIES 2

struct resample_vm {
	struct vm vm;
	void *page; /* its memory; NULL: none yet */
};

static int make_vm(struct vm *vm, enum vgic_version gic, void *page, struct err *err)
{
	struct arch_cpu_config cpus = {
		.pmu = ARCH_OFF, .sve = ARCH_OFF, .pauth = ARCH_OFF, .aarch32 = ARCH_OFF
	};
	int slot;

	vm->fd = kvm_vm_create(&vm->kvm);
	if (vm->fd < 0)
		return err_set(err, vm->fd, "create a virtual machine");
	slot = vm_memslot_add(vm, MEMMAP_RAM, sys_page_size(), page, false, "a page", err);
	return slot < 0 ? slot
			: vcpus_create(vm, 1, err)
				       ?: arch_vcpus_init(vm, &cpus, err)
				       ?: vgic_create(vm, gic, SPI + 1, &vm->vgic, err)
				       ?: vgic_init(vm->vgic, err)
				       ?: vgic_set_levels(vm->vgic, &(uint32_t){ 1U << SPI }, 1,
							  err);
}

/* From the guest's first instruction to its last: one interrupt. */
static int run(struct vm *vm, int resample_fd, bool *works)
{
	struct irq_line line = { .vm = vm, .spi = SPI };
	struct vcpu *vcpu = vm->vcpus;
	struct kvm_run *run = vcpu->run;
	uint64_t n;
	int ret = vcpu_set_reg(vcpu, vm->pc_reg, MEMMAP_RAM) ?: irq_line_tell(&line, true);

	if (!ret)
		ret = sys_ioctl(vcpu->fd, KVM_RUN, NULL);
	if (ret)
		return ret;
	if (run->exit_reason != KVM_EXIT_MMIO || run->mmio.phys_addr != CHECK_GUEST_END)
		return -EPROTO;
	*works = sys_read(resample_fd, &n, sizeof(n)) == sizeof(n);
	/* completes the write, and the program counter has gone on for good */
	run->immediate_exit = 1;
	ret = sys_ioctl(vcpu->fd, KVM_RUN, NULL);
	run->immediate_exit = 0;
	return ret == -EINTR ? 0 : ret;
}

static int try(struct vm *vm, enum vgic_version gic, uint8_t *page, bool *works, struct err *err)
{
	const struct check_guest wish = { .gic = gic, .spi = SPI, .n = 1 };
	/* The line is raised by hand: that is done when the call returns, and an irqfd's is not. */
	owned_fd int fd = sys_eventfd(0, EFD_NONBLOCK), resample_fd = sys_eventfd(0, EFD_NONBLOCK);
	int ret;

	if (fd < 0 || resample_fd < 0)
		return err_set(err, fd < 0 ? fd : resample_fd, "create an event descriptor");
	check_guest_image(page);
	check_guest_set(page, &wish);
	ret = make_vm(vm, gic, page, err) ?: irqfd_add(vm, SPI, fd, resample_fd, err);
	if (ret)
		return ret;
	*works = true;
	for (unsigned int i = 0; i < N_TRIES && *works && !ret; i++)
		ret = run(vm, resample_fd, works);
	return ret ? err_set(err, ret, "run its guest") : 0;
}

void resample_end(struct resample_vm *r)
{
	if (!r)
		return;
	vcpus_destroy(&r->vm);
	vgic_destroy(r->vm.vgic);
	r->vm.kvm.fd = -1; /* the caller's */
	vm_destroy(&r->vm);
	if (r->page)
		sys_munmap(r->page, sys_page_size());
	free(r);
}

int resample_try(const struct kvm *kvm, enum vgic_version gic, struct resample_vm **vm, bool *works,
		 struct err *err)
{
	struct resample_vm *r = calloc(1, sizeof(*r));
	void *page;
	int ret;

	if (!r)
		return err_set(err, ENOMEM, "try whether KVM resamples");
	vm_init(&r->vm);
	r->vm.kvm = *kvm;
	/* not needed, and each would be asked for */
	r->vm.kvm.caps.pmu_v3 = r->vm.kvm.caps.binary_stats = 0;
	ret = sys_mmap(NULL, sys_page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0, &page);
	if (ret) {
		err_set(err, ret, "map a page");
	} else {
		r->page = page;
		ret = try(&r->vm, gic, page, works, err);
	}
	if (vm)
		*vm = r;
	else
		resample_end(r);
	return ret ? err_prefix(err, "try whether KVM resamples") : 0;
}
