// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/common/kvm_arm.h"
#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define N_CPUS 2
#define BIT(n) (1U << (n))
#define PMUS   "/sys/bus/event_source/devices/"

static struct kvm_side {
	bool knows_generic;
	struct kvmarm_vcpu_init init[N_CPUS];
	unsigned int n_inits, n_finalized;
	struct {
		uint64_t attr;
		int value;
	} pmu[16];
	unsigned int n_pmu;
} kvm;

static struct vm vm;
static struct vcpu vcpus[N_CPUS];

static int vcpu_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	const struct vcpu *vcpu = opaque;
	const struct kvmarm_vcpu_init *init = arg;
	const struct kvm_device_attr *attr = arg;
	const struct kvm_one_reg *reg = arg;

	(void)fd;
	switch (request) {
	case KVMARM_VCPU_INIT:
		if (init->target != (kvm.knows_generic ? 5 : 2))
			return -EINVAL;
		kvm.init[vcpu->index] = *init;
		kvm.n_inits++;
		return 0;
	case KVMARM_VCPU_FINALIZE:
		cr_assert_eq(*(int *)arg, KVMARM_FEATURE_SVE);
		kvm.n_finalized++;
		return 0;
	case KVM_GET_ONE_REG:
		cr_assert_eq(reg->id, 0x603000000013c005); /* MPIDR_EL1 */
		*(uint64_t *)(uintptr_t)reg->addr = 0x80000000 | vcpu->index;
		return 0;
	case KVM_SET_DEVICE_ATTR:
		cr_assert_eq(attr->group, KVMARM_VCPU_GRP_PMU_V3);
		kvm.pmu[kvm.n_pmu].attr = attr->attr;
		if (attr->addr)
			kvm.pmu[kvm.n_pmu].value = *(int *)(uintptr_t)attr->addr;
		kvm.n_pmu++;
		return 0;
	}
	return -ENOTTY;
}

static int vm_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	(void)fd;
	(void)opaque;
	cr_assert_eq(request, KVMARM_PREFERRED_TARGET);
	((struct kvmarm_vcpu_init *)arg)->target = 2;
	return 0;
}

static const struct fake_fd_ops vcpu_ops = { .ioctl = vcpu_ioctl }, vm_ops = { .ioctl = vm_ioctl };

static void set_up(void)
{
	fake_sys_reset();
	memset(&kvm, 0, sizeof(kvm));
	kvm.knows_generic = true;
	memset(&vm, 0, sizeof(vm));
	memset(vcpus, 0, sizeof(vcpus));
	vm.fd = fake_fd_new(&vm_ops, NULL);
	vm.vcpus = vcpus;
	vm.n_vcpus = N_CPUS;
	for (unsigned int i = 0; i < N_CPUS; i++) {
		vcpus[i].vm = &vm;
		vcpus[i].index = i;
		vcpus[i].fd = fake_fd_new(&vcpu_ops, &vcpus[i]);
	}
}

TestSuite(arm64_vcpu, .init = set_up);

Test(arm64_vcpu, all_but_the_first_wait_for_psci)
{
	struct arch_cpu_config config = { 0 };
	struct err err;

	cr_assert_eq(arch_vcpus_init(&vm, &config, &err), 0);
	cr_expect_eq(kvm.init[0].target, 5);
	cr_expect_eq(kvm.init[0].features[0], BIT(2));
	cr_expect_eq(kvm.init[1].features[0], BIT(2) | BIT(0));
	cr_expect_eq(vcpus[1].mpidr, 1);
	cr_expect_eq(config.pmu, ARCH_OFF);
	cr_expect_eq(config.sve, ARCH_OFF);
	cr_expect_eq(config.pauth, ARCH_OFF);
}

Test(arm64_vcpu, old_kernels_get_their_preferred_target)
{
	struct arch_cpu_config config = { 0 };
	struct err err;

	kvm.knows_generic = false;
	cr_assert_eq(arch_vcpus_init(&vm, &config, &err), 0);
	cr_expect_eq(kvm.init[0].target, 2);
	cr_expect_eq(kvm.init[1].target, 2);
	cr_assert_eq(arch_vcpus_reset(&vm, &config, &err), 0);
	cr_expect_eq(kvm.n_inits, 4);
}

Test(arm64_vcpu, features_by_switch_and_host)
{
	static const struct {
		bool host_has;
		enum arch_switch wanted, got; /* got ARCH_AUTO: an error */
	} cases[] = {
		{ true, ARCH_AUTO, ARCH_ON },  { true, ARCH_ON, ARCH_ON },
		{ true, ARCH_OFF, ARCH_OFF },  { false, ARCH_AUTO, ARCH_OFF },
		{ false, ARCH_ON, ARCH_AUTO }, { false, ARCH_OFF, ARCH_OFF },
	};
	static const char *const names[] = { "pmu=on", "sve=on", "pauth=on" };
	static const uint32_t bits[] = { BIT(3), BIT(4), BIT(5) | BIT(6) };

	for (size_t i = 0; i < n_elems(cases) * 3; i++) {
		const size_t f = i / n_elems(cases), c = i % n_elems(cases);
		struct arch_cpu_config config = { .pmu = ARCH_OFF,
						  .sve = ARCH_OFF,
						  .pauth = ARCH_OFF };
		enum arch_switch *s = f == 0 ? &config.pmu : f == 1 ? &config.sve : &config.pauth;
		struct err err;
		int ret;

		set_up();
		vm.kvm.caps.pmu_v3 = vm.kvm.caps.sve = vm.kvm.caps.pauth = cases[c].host_has;
		*s = cases[c].wanted;
		ret = arch_vcpus_init(&vm, &config, &err);
		if (cases[c].got == ARCH_AUTO) {
			cr_expect_eq(ret, -ENOTSUP);
			cr_expect(strstr(err.what, names[f]), "%s", err.what);
			cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
			cr_expect_eq(kvm.n_inits, 0);
			continue;
		}
		cr_assert_eq(ret, 0);
		cr_expect_eq(*s, cases[c].got);
		cr_expect_eq(kvm.init[1].features[0],
			     BIT(0) | BIT(2) | (cases[c].got == ARCH_ON ? bits[f] : 0));
		cr_expect_eq(kvm.n_finalized, config.sve == ARCH_ON ? N_CPUS : 0);

		/* again the same, but SVE cannot be finalised twice */
		cr_assert_eq(arch_vcpus_reset(&vm, &config, &err), 0);
		cr_expect_eq(kvm.n_inits, 2 * N_CPUS);
		cr_expect_eq(kvm.n_finalized, config.sve == ARCH_ON ? N_CPUS : 0);
	}
}

Test(arm64_vcpu, a_32_bit_guest)
{
	static const struct {
		bool host_has;
		enum arch_switch sve, pauth;
		const char *says; /* NULL: boots */
	} cases[] = {
		{ true, ARCH_AUTO, ARCH_AUTO, NULL },
		{ true, ARCH_OFF, ARCH_OFF, NULL },
		{ false, ARCH_AUTO, ARCH_AUTO, "KVM_CAP_ARM_EL1_32BIT" },
		{ true, ARCH_ON, ARCH_AUTO, "sve=on" },
		{ true, ARCH_AUTO, ARCH_ON, "pauth=on" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct arch_cpu_config config = { .aarch32 = ARCH_ON,
						  .sve = cases[i].sve,
						  .pauth = cases[i].pauth };
		struct err err;
		int ret;

		set_up();
		vm.kvm.caps.el1_32bit = cases[i].host_has;
		vm.kvm.caps.pmu_v3 = vm.kvm.caps.sve = vm.kvm.caps.pauth = true;
		ret = arch_vcpus_init(&vm, &config, &err);
		if (cases[i].says) {
			cr_expect_lt(ret, 0);
			cr_expect(err_says(&err, cases[i].says), "%s", err.what);
			cr_expect_eq(err_exit_status(&err),
				     cases[i].host_has ? EXIT_STATUS_USAGE : EXIT_STATUS_HOST);
			cr_expect_eq(kvm.n_inits, 0);
			continue;
		}
		cr_assert_eq(ret, 0);
		cr_expect_eq(kvm.init[0].features[0], BIT(1) | BIT(2) | BIT(3));
		cr_expect_eq(kvm.init[1].features[0], BIT(0) | BIT(1) | BIT(2) | BIT(3));
		cr_expect_eq(kvm.n_finalized, 0);
	}
}

static void big_little(void)
{
	fake_file(PMUS "armv8_cortex_a53/cpus", "0,3-5\n");
	fake_file(PMUS "armv8_cortex_a53/type", "8\n");
	fake_file(PMUS "armv8_cortex_a57/cpus", "1-2\n");
	fake_file(PMUS "armv8_cortex_a57/type", "9\n");
	fake_file(PMUS "arm_ccn/cpumask", "0\n"); /* not of cores */
	fake_file(PMUS "arm_ccn/type", "10\n");
	vm.kvm.caps.pmu_v3 = true;
}

Test(arm64_vcpu, pmu_of_the_cores_that_all_vcpus_are_bound_to)
{
	static const struct {
		uint64_t cpus[N_CPUS];
		int type; /* 0: none serves */
	} cases[] = {
		{ { 0x02, 0x06 }, 9 }, { { 0x39, 0x08 }, 8 },
		{ { 0x02, 0x08 }, 0 }, /* a vCPU on each kind */
		{ { 0x3f, 0x3f }, 0 }, /* anywhere */
		{ { 0x42, 0x02 }, 0 }, /* CPU 6 has no PMU */
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		uint64_t affinity[N_CPUS * VCPU_AFFINITY_WORDS] = { 0 };
		struct arch_cpu_config config = { .affinity = affinity };
		struct err err;

		set_up();
		big_little();
		affinity[0] = cases[i].cpus[0];
		affinity[VCPU_AFFINITY_WORDS] = cases[i].cpus[1];
		cr_assert_eq(arch_vcpus_init(&vm, &config, &err), 0);
		cr_assert_eq(arch_vcpus_finish(&vm, &config, &err), 0);
		cr_expect_eq(config.pmu, cases[i].type ? ARCH_ON : ARCH_OFF, "case %zu", i);
		cr_expect_eq(kvm.init[0].features[0] & BIT(3), cases[i].type ? BIT(3) : 0);
		cr_assert_eq(kvm.n_pmu, cases[i].type ? 3 * N_CPUS : 0);
		if (cases[i].type) {
			cr_expect_eq(kvm.pmu[0].attr, KVMARM_PMU_V3_SET_PMU);
			cr_expect_eq(kvm.pmu[0].value, cases[i].type);
			cr_expect_eq(kvm.pmu[1].attr, KVMARM_PMU_V3_IRQ);
			cr_expect_eq(kvm.pmu[1].value, 23);
			cr_expect_eq(kvm.pmu[2].attr, KVMARM_PMU_V3_INIT);
			continue;
		}
		config.pmu = ARCH_ON;
		cr_expect_eq(arch_vcpus_init(&vm, &config, &err), -EINVAL);
		cr_expect(strstr(err.why, "armv8_cortex_a53"), "%s", err.why);
		cr_expect(strstr(err.why, "armv8_cortex_a57"), "%s", err.why);
		cr_expect_not(strstr(err.why, "ccn"), "%s", err.why);
		cr_expect(strstr(err.fix, "cpu-affinity"), "%s", err.fix);
	}
}

Test(arm64_vcpu, one_pmu_or_none_known_is_left_to_kvm)
{
	for (int known = 0; known <= 1; known++) {
		struct arch_cpu_config config = { 0 };
		struct err err;

		set_up();
		vm.kvm.caps.pmu_v3 = true;
		if (known) {
			fake_file(PMUS "armv8_pmuv3_0/cpus", "0-3\n");
			fake_file(PMUS "armv8_pmuv3_0/type", "8\n");
		}
		cr_assert_eq(arch_vcpus_init(&vm, &config, &err), 0);
		cr_assert_eq(arch_vcpus_finish(&vm, &config, &err), 0);
		cr_expect_eq(config.pmu, ARCH_ON);
		cr_assert_eq(kvm.n_pmu, 2 * N_CPUS);
		cr_expect_eq(kvm.pmu[0].attr, KVMARM_PMU_V3_IRQ);
	}
}

Test(arm64_vcpu, each_failing_ioctl_is_told)
{
	for (unsigned int n = 1;; n++) {
		struct arch_cpu_config config = { .pmu = ARCH_OFF };
		struct err err = { 0 };
		int ret;

		set_up();
		vm.kvm.caps.sve = true;
		fake_fail_at(n, EIO);
		ret = arch_vcpus_init(&vm, &config, &err);
		if (!ret) {
			config.pmu = ARCH_ON;
			ret = arch_vcpus_finish(&vm, &config, &err);
		}
		if (!ret)
			ret = arch_vcpus_reset(&vm, &config, &err);
		if (!fake_failed()) {
			cr_expect_eq(ret, 0);
			break;
		}
		cr_expect_eq(ret, -EIO);
		cr_expect(strstr(err.what, "of vCPU "), "%s", err.what);
	}
}
