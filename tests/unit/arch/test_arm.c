// SPDX-License-Identifier: GPL-2.0-only
/* 32-bit hosts: arch/arm, which is linked here instead of arch/arm64. Numbers are the kernel's ABI.
 */
#include <criterion/criterion.h>
#include <endian.h>
#include <errno.h>
#include <libfdt.h>
#include <linux/kvm.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/common/check_guest.h"
#include "arch/common/kvm_arm.h"
#include "arch/common/vgic.h"
#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define N_CPUS   2
#define MIB      (1ULL << 20)
#define RAM_BASE 0x40000000ULL
#define CORE_REG 0x4020000000100000ULL

static struct kvm_side {
	uint32_t target;
	struct kvmarm_vcpu_init init[N_CPUS];
	unsigned int n_inits;
	uint64_t core[32];
	uint32_t device_type; /* that was created last */
} kvm;

static struct vm vm;
static struct vcpu vcpus[N_CPUS];
static struct arch_cpu_config config;
static struct err err;
static char ram[64 * MIB];

static int vcpu_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	const struct vcpu *vcpu = opaque;
	const struct kvmarm_vcpu_init *init = arg;
	const struct kvm_one_reg *reg = arg;
	uint32_t *value = (uint32_t *)(uintptr_t)reg->addr;

	(void)fd;
	switch (request) {
	case KVMARM_VCPU_INIT:
		if (init->target != kvm.target || init->features[0] & ~3u)
			return -EINVAL;
		kvm.init[vcpu->index] = *init;
		kvm.n_inits++;
		return 0;
	case KVM_GET_ONE_REG:                              /* 32 bits of it */
		cr_assert_eq(reg->id, 0x40200000000f0005); /* MPIDR */
		*value = 0x80000000 | vcpu->index;
		return 0;
	case KVM_SET_ONE_REG:
		cr_assert_lt(reg->id - CORE_REG, 32);
		kvm.core[reg->id - CORE_REG] = *value;
		return 0;
	}
	return -ENOTTY;
}

static int vm_ioctl(int fd, void *opaque, unsigned long request, void *arg);
static const struct fake_fd_ops vcpu_ops = { .ioctl = vcpu_ioctl }, vm_ops = { .ioctl = vm_ioctl };

static int vm_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct kvm_create_device *device = arg;

	(void)fd;
	(void)opaque;
	if (request == KVMARM_PREFERRED_TARGET) {
		*(struct kvmarm_vcpu_init *)arg = (struct kvmarm_vcpu_init){ .target = kvm.target };
	} else if (request == KVM_CREATE_DEVICE) {
		kvm.device_type = device->type;
		device->fd = (uint32_t)fake_fd_new(&vm_ops, NULL);
	}
	return 0;
}

static void set_up(void)
{
	static struct ram_bank bank;

	fake_sys_reset();
	memset(&kvm, 0, sizeof(kvm));
	memset(&vm, 0, sizeof(vm));
	memset(&config, 0, sizeof(config));
	memset(vcpus, 0, sizeof(vcpus));
	bank = (struct ram_bank){ .gpa = { RAM_BASE, sizeof(ram) }, .hva = ram };
	vm.ram = (struct ram){ .banks = &bank, .n_banks = 1, .size = sizeof(ram) };
	vm.fd = fake_fd_new(&vm_ops, NULL);
	vm.vcpus = vcpus;
	vm.n_vcpus = N_CPUS;
	for (unsigned int i = 0; i < N_CPUS; i++)
		vcpus[i] = (struct vcpu){ .vm = &vm,
					  .index = i,
					  .fd = fake_fd_new(&vcpu_ops, &vcpus[i]) };
}

TestSuite(arm, .init = set_up);

Test(arm, vcpus_are_of_the_hosts_kind)
{
	for (uint32_t target = 0; target <= 1; target++) {
		set_up();
		kvm.target = target;
		cr_assert_eq(arch_vcpus_init(&vm, &config, &err), 0, "%s", err.what);
		cr_expect_eq(kvm.init[0].target, target);
		cr_expect_eq(kvm.init[0].features[0], 2, "PSCI_0_2");
		cr_expect_eq(kvm.init[1].features[0], 3, "POWER_OFF too");
		cr_expect_eq(vcpus[1].mpidr, 1);
		cr_expect_eq(vm.pc_reg, CORE_REG + 15);
		cr_assert_eq(arch_vcpus_finish(&vm, &config, &err), 0);
		cr_assert_eq(arch_vcpus_reset(&vm, &config, &err), 0);
		cr_expect_eq(kvm.n_inits, 2 * N_CPUS);
		cr_expect_eq(kvm.init[1].features[0], 3);
	}
}

Test(arm, features_that_it_does_not_have)
{
	static const char *const names[] = { "pmu=on", "sve=on", "pauth=on" };

	for (unsigned int i = 0; i < n_elems(names); i++) {
		enum arch_switch *wanted[] = { &config.pmu, &config.sve, &config.pauth };

		set_up();
		*wanted[i] = ARCH_ON;
		cr_expect_eq(arch_vcpus_init(&vm, &config, &err), -ENOTSUP);
		cr_expect(err_says(&err, names[i]), "%s", err.what);
		cr_expect_eq(kvm.n_inits, 0);
	}
}

Test(arm, each_failing_ioctl_is_told)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		set_up();
		fake_fail_at(n, EIO);
		ret = arch_vcpus_init(&vm, &config, &err);
		if (!ret)
			ret = arch_vcpus_reset(&vm, &config, &err);
		cr_assert_eq(ret, fake_failed() ? -EIO : 0, "call %u", n);
		if (!fake_failed())
			break;
		cr_expect(err_says(&err, "vCPU"), "%s", err.what);
	}
}

static void put32(uint8_t *at, uint32_t v)
{
	v = htole32(v);
	memcpy(at, &v, sizeof(v));
}

static int boot(const uint8_t *image, size_t size, struct arch_boot *where)
{
	struct boot_files files;
	int ret;

	fake_file_bytes("/kernel", image, size);
	ret = boot_files_open(&files, "/kernel", NULL, &err);
	if (!ret)
		ret = arch_boot_probe(&files, &config, &err);
	if (!ret)
		ret = arch_boot_load(&vm, &config, &files, where, &err);
	boot_files_close(&files);
	if (!ret)
		ret = arch_boot_set_entry(&vm, where, "tree", 5, &err);
	return ret;
}

static uint8_t *zimage(uint8_t image[4096])
{
	memset(image, 0xab, 4096);
	put32(image + 0x24, 0x016f2818);
	put32(image + 0x28, 0);
	put32(image + 0x2c, 4096);
	put32(image + 0x30, 0x04030201);
	put32(image + 0x34, 0);
	return image;
}

Test(arm, a_zimage_boots)
{
	uint8_t image[4096];
	struct arch_boot where;

	cr_assert_eq(boot(zimage(image), sizeof(image), &where), 0, "%s", err.what);
	cr_expect_eq(config.aarch32, ARCH_ON);
	cr_expect_arr_eq(ram + where.entry - RAM_BASE, image, sizeof(image));
	cr_expect_str_eq(ram + where.dtb - RAM_BASE, "tree");
	cr_expect_eq(kvm.core[15], where.entry);
	cr_expect_eq(kvm.core[0], 0);
	cr_expect_eq(kvm.core[1], UINT32_MAX, "no machine type");
	cr_expect_eq(kvm.core[2], where.dtb);
}

Test(arm, the_guest_of_check_boots)
{
	uint8_t image[CHECK_GUEST_SIZE];
	struct arch_boot where;

	check_guest_image(image);
	cr_assert_eq(boot(image, sizeof(image), &where), 0, "%s: %s", err.what, err.why);
	cr_expect_arr_eq(ram + where.entry - RAM_BASE, image, sizeof(image));
}

Test(arm, a_64_bit_kernel_is_refused)
{
	uint8_t image[4096] = { 0 };
	struct arch_boot where;

	put32(image + 56, 0x644d5241); /* an arm64 Image's magic */
	cr_assert_eq(boot(image, sizeof(image), &where), -EINVAL);
	cr_expect(err_says(&err, "64-bit"), "%s", err.what);
	cr_expect(strstr(err.fix, "zImage"), "%s", err.fix);

	set_up();
	config.aarch32 = ARCH_OFF;
	cr_assert_eq(boot(zimage(image), sizeof(image), &where), -EINVAL);
	cr_expect(err_says(&err, "aarch32"), "%s", err.what);
}

Test(arm, a_gicv3_is_not_given)
{
	cr_expect_not(vgic_host_has(&vm, VGIC_V3));
	cr_expect(vgic_host_has(&vm, VGIC_V2));
	cr_assert_eq(vgic_create(&vm, VGIC_AUTO, 0, &vm.vgic, &err), 0);
	cr_expect_eq(kvm.device_type, KVM_DEV_TYPE_ARM_VGIC_V2);
	vgic_destroy(vm.vgic);
	cr_expect_lt(vgic_create(&vm, VGIC_V3, 0, &vm.vgic, &err), 0);
	cr_expect(strstr(err.fix, "--irqchip gicv2"), "%s", err.fix);
}

static void expect(const void *tree, const char *path, const char *name, const void *want, int size)
{
	int n;
	const void *value = fdt_getprop(tree, fdt_path_offset(tree, path), name, &n);

	cr_assert(value, "%s %s", path, name);
	cr_assert_eq(n, size, "%s %s", path, name);
	cr_expect_arr_eq(value, want, (size_t)size, "%s %s", path, name);
}

Test(arm, its_nodes)
{
	static const char *const cores[] = { "arm,cortex-a15", "arm,cortex-a7" };
	const fdt32_t one = cpu_to_fdt32(1);

	for (uint32_t target = 0; target <= 1; target++) {
		struct dt dt;
		void *tree;
		size_t size;

		set_up();
		kvm.target = target;
		cr_assert_eq(arch_vcpus_init(&vm, &config, &err), 0);
		cr_assert_eq(vgic_create(&vm, VGIC_V2, 0, &vm.vgic, &err), 0);
		dt_init(&dt);
		arch_describe(&vm, &config, NULL, &dt);
		cr_assert_eq(dt_finish(&dt, &tree, &size, &err), 0, "%s", err.what);
		dt_destroy(&dt);
		expect(tree, "/cpus", "#address-cells", &one, 4);
		expect(tree, "/cpus/cpu@1", "reg", &one, 4);
		expect(tree, "/cpus/cpu@1", "compatible", cores[target],
		       (int)strlen(cores[target]) + 1);
		expect(tree, "/cpus/cpu@1", "enable-method", "psci", 5);
		expect(tree, "/psci", "method", "hvc", 4);
		expect(tree, "/timer", "compatible", "arm,armv7-timer", 16);
		cr_expect_lt(fdt_path_offset(tree, "/pmu"), 0);
		free(tree);
		vgic_destroy(vm.vgic);
	}
}
