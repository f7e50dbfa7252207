// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <libfdt.h>
#include <linux/kvm.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/common/vgic.h"
#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

static struct vm vm;
static struct vcpu vcpus[2];
static void *tree;

static int any_ioctl(int fd, void *opaque, unsigned long request, void *arg);
static const struct fake_fd_ops ops = { .ioctl = any_ioctl };

static int any_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	(void)fd;
	(void)opaque;
	if (request == KVM_CREATE_DEVICE)
		((struct kvm_create_device *)arg)->fd = (uint32_t)fake_fd_new(&ops, NULL);
	return 0;
}

static void describe_with(enum vgic_version version, const struct arch_cpu_config *config)
{
	struct err err;
	struct dt dt;
	size_t size;

	fake_sys_reset();
	memset(&vm, 0, sizeof(vm));
	vm.fd = fake_fd_new(&ops, NULL);
	vm.vcpus = vcpus;
	vm.n_vcpus = 2;
	vcpus[1].mpidr = 0x100;
	cr_assert_eq(vgic_create(&vm, version, 0, &vm.vgic, &err), 0);
	dt_init(&dt);
	vgic_describe(vm.vgic, &dt);
	arch_describe(&vm, config, NULL, &dt);
	free(tree);
	cr_assert_eq(dt_finish(&dt, &tree, &size, &err), 0, "%s", err.what);
	dt_destroy(&dt);
	vgic_destroy(vm.vgic);
}

static void describe(enum vgic_version version, enum arch_switch pmu)
{
	describe_with(version, &(struct arch_cpu_config){ .pmu = pmu });
}

static void expect_cells(const char *path, const char *name, const uint32_t *want, size_t n)
{
	int size, node = fdt_path_offset(tree, path);
	const fdt32_t *cells = fdt_getprop(tree, node, name, &size);

	cr_assert(cells, "%s %s", path, name);
	cr_assert_eq((size_t)size, n * 4, "%s %s has %d bytes", path, name, size);
	for (size_t i = 0; i < n; i++)
		cr_expect_eq(fdt32_to_cpu(cells[i]), want[i], "%s %s[%zu]", path, name, i);
}

#define EXPECT_CELLS(path, name, ...)                                      \
	do {                                                               \
		const uint32_t want_cells[] = { __VA_ARGS__ };             \
		expect_cells(path, name, want_cells, n_elems(want_cells)); \
	} while (0)

static void expect_str(const char *path, const char *name, const char *want)
{
	const char *value = fdt_getprop(tree, fdt_path_offset(tree, path), name, NULL);

	cr_assert(value, "%s %s", path, name);
	cr_expect_str_eq(value, want);
}

Test(arm64_describe, gicv2)
{
	const char *gic = "/interrupt-controller@a000000";

	describe(VGIC_V2, ARCH_OFF);
	expect_str(gic, "compatible", "arm,cortex-a15-gic");
	EXPECT_CELLS(gic, "reg", 0, 0x0a000000, 0, 0x1000, 0, 0x0a010000, 0, 0x2000);
	EXPECT_CELLS(gic, "phandle", DT_PHANDLE_GIC);
	EXPECT_CELLS(gic, "#interrupt-cells", 3);
	/* PPIs name the CPUs that they are wired to */
	EXPECT_CELLS("/timer", "interrupts", 1, 13, 0x304, 1, 14, 0x304, 1, 11, 0x304, 1, 10,
		     0x304);
	cr_expect_lt(fdt_path_offset(tree, "/pmu"), 0);
	free(tree);
}

Test(arm64_describe, gicv3)
{
	const char *gic = "/interrupt-controller@a000000";

	describe(VGIC_V3, ARCH_ON);
	expect_str(gic, "compatible", "arm,gic-v3");
	EXPECT_CELLS(gic, "reg", 0, 0x0a000000, 0, 0x10000, 0, 0x0c000000, 0, 0x40000);
	cr_expect(fdt_getprop(tree, fdt_path_offset(tree, gic), "interrupt-controller", NULL));
	EXPECT_CELLS("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	expect_str("/timer", "compatible", "arm,armv8-timer");
	expect_str("/pmu", "compatible", "arm,armv8-pmuv3");
	EXPECT_CELLS("/pmu", "interrupts", 1, 7, 4);
	free(tree);
}

Test(arm64_describe, cpus_of_a_32_bit_guest)
{
	describe_with(VGIC_V3, &(struct arch_cpu_config){ .aarch32 = ARCH_ON });
	EXPECT_CELLS("/cpus", "#address-cells", 1);
	EXPECT_CELLS("/cpus/cpu@0", "reg", 0);
	EXPECT_CELLS("/cpus/cpu@100", "reg", 0x100);
	expect_str("/cpus/cpu@100", "enable-method", "psci");
	free(tree);
}

Test(arm64_describe, cpus_and_psci)
{
	int psci;

	describe(VGIC_V3, ARCH_OFF);
	EXPECT_CELLS("/cpus", "#address-cells", 2);
	EXPECT_CELLS("/cpus", "#size-cells", 0);
	EXPECT_CELLS("/cpus/cpu@0", "reg", 0, 0);
	EXPECT_CELLS("/cpus/cpu@100", "reg", 0, 0x100);
	expect_str("/cpus/cpu@100", "device_type", "cpu");
	expect_str("/cpus/cpu@100", "enable-method", "psci");
	psci = fdt_path_offset(tree, "/psci");
	cr_expect_eq(fdt_stringlist_contains(fdt_getprop(tree, psci, "compatible", NULL),
					     (int)sizeof("arm,psci-1.0\0arm,psci-0.2"),
					     "arm,psci-0.2"),
		     1);
	expect_str("/psci", "compatible", "arm,psci-1.0");
	expect_str("/psci", "method", "hvc");
	free(tree);
}
