// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <libfdt.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/common/kvm_arm.h"
#include "fdt/guest/tree.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/fixtures/fixture_machine.h"
#include "vfio/iommu/iommufd_uapi.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

#define RAM_START FIXTURE_RAM_START
#define RAM_SIZE  FIXTURE_RAM_SIZE

#define TREE "/sys/firmware/devicetree/base"

static struct vm_config config;
static struct machine machine;
static struct err err;

static void setup(void)
{
	fixture_begin(&config, "no");
}

static void teardown(void)
{
	fixture_end(&config);
}

TestSuite(machine, .init = setup, .fini = teardown);

Test(machine, nothing_is_left_open_or_mapped)
{
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	machine_destroy(&machine);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
	cr_expect_eq(fake_kvm.n_irqfds, 0);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 0);
	cr_expect_eq(fixture_disk.irqs[0].trigger_fd, -1);
}

/* Devices are opened once, and a VM is built on them: its end leaves them open, and no more. */
Test(machine, a_build_stops_where_it_shall)
{
	unsigned int n_fds;

	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_DEVICES, &err), 0, "%s",
		     err.what);
	cr_expect_eq(fixture_disk.irqs[0].trigger_fd, -1);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 0);
	n_fds = fake_n_open_fds();
	cr_assert_eq(machine_build_on(&machine, MACHINE_FOR_TRIAL, &err), 0, "%s", err.what);
	cr_expect_geq(fixture_disk.irqs[0].trigger_fd, 0);
	cr_expect_gt(fake_vfio.containers[0].n_maps, 0);
	cr_expect(machine.vm.vcpus[0].has_thread);
	cr_expect(machine_destroy(&machine));
	cr_expect_eq(fixture_disk.irqs[0].trigger_fd, -1);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 0);
	cr_expect_eq(fake_n_open_fds(), n_fds);
	machine.n_kept = 0;
	cr_expect(machine_destroy(&machine));
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
	cr_expect_eq(fake_kvm.n_irqfds, 0);
}

Test(machine, only_ram_is_mapped_for_dma)
{
	const size_t page_sizes[] = { 4096, 16384, 65536 };

	for (size_t i = 0; i < n_elems(page_sizes); i++) {
		fixture_host();
		fake_set_page_size(page_sizes[i]);
		cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s",
			     err.what);
		cr_assert_eq(fake_vfio.n_containers, 1);
		cr_assert_eq(fake_vfio.containers[0].n_maps, 1);
		cr_expect_eq(fake_vfio.containers[0].maps[0].start, RAM_START);
		cr_expect_eq(fake_vfio.containers[0].maps[0].size, RAM_SIZE);
		cr_expect_eq(fake_vfio.containers[0].hvas[0], machine.vm.ram.banks[0].hva);
		machine_destroy(&machine);
		cr_expect_eq(fake_n_open_fds(), 0);
		cr_expect_eq(fake_n_mappings(), 0);
	}
}

Test(machine, RAM_is_mapped_by_the_backend_that_was_asked_for)
{
	static const struct {
		enum vfio_backend backend;
		unsigned long map, not ;
	} cases[] = {
		{ VFIO_BACKEND_IOMMUFD, IOAS_MAP, VFIO_IOMMU_MAP_DMA },
		{ VFIO_BACKEND_TYPE1, VFIO_IOMMU_MAP_DMA, IOAS_MAP },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		fixture_host();
		config.iommu = cases[i].backend;
		cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s",
			     err.what);
		cr_expect_neq(fake_find_ioctl(cases[i].map, 0), UINT32_MAX);
		cr_expect_eq(fake_find_ioctl(cases[i].not, 0), UINT32_MAX);
		machine_destroy(&machine);
	}
}

Test(machine, RAM_is_where_the_user_wants_it_and_all_there_before_it_is_pinned)
{
	unsigned char there[RAM_SIZE / 4096];

	config.memory_base = 2ULL << 30;
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	cr_expect_eq(fake_vfio.containers[0].maps[0].start, 2ULL << 30);
	cr_assert_eq(mincore(machine.vm.ram.banks[0].hva, RAM_SIZE, there), 0);
	for (size_t i = 0; i < sizeof(there); i++)
		cr_assert(there[i] & 1);
	machine_destroy(&machine);
}

/* The message has the number; nothing was made for nothing. */
Test(machine, a_locked_memory_limit_that_is_too_low_is_found_first)
{
	fake_set_memlock(65536, RAM_SIZE - 1);
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), -ENOMEM);
	cr_expect(strstr(err.fix, "LimitMEMLOCK="), "%s", err.fix);
	cr_expect_null(machine.vm.ram.banks[0].hva);
	machine_destroy(&machine);
	fake_set_memlock(65536, RAM_SIZE);
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	cr_expect_eq(fake_memlock(), RAM_SIZE);
	machine_destroy(&machine);
}

Test(machine, the_order_that_the_kernel_wants)
{
	unsigned int vcpu_init, vgic_init, irqfd, trigger;

	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	vcpu_init = fake_find_ioctl(KVMARM_VCPU_INIT, 0);
	vcpu_init = fake_find_ioctl(KVMARM_VCPU_INIT, vcpu_init + 1);
	vgic_init = fake_find_ioctl(KVM_SET_DEVICE_ATTR, vcpu_init);
	irqfd = fake_find_ioctl(KVM_IRQFD, 0);
	trigger = fake_find_ioctl(VFIO_DEVICE_SET_IRQS, irqfd);
	cr_expect_lt(fake_find_ioctl(CDEV_ATTACH, 0), fake_find_ioctl(KVM_CREATE_VM, 0));
	cr_expect_lt(vcpu_init, vgic_init);
	cr_expect_lt(vgic_init, irqfd);
	cr_expect_lt(irqfd, trigger);
	cr_expect(machine.vm.mmio.sealed);
	cr_expect_eq(fake_find_ioctl(KVM_RUN, 0), UINT32_MAX, "a vCPU ran before machine_run()");
	machine_destroy(&machine);
}

Test(machine, the_tree_describes_it)
{
	owned_ptr void *blob = NULL;
	const char *bootargs;
	size_t size;
	int node, n = 0;

	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	cr_assert_eq(machine_describe(&machine, &blob, &size, &err), 0, "%s", err.what);
	cr_assert_eq(fdt_check_full(blob, size), 0);
	cr_assert_eq(dt_check(blob, size, &err), 0, "%s", err.what);
	node = fdt_path_offset(blob, "/chosen");
	bootargs = fdt_getprop(blob, node, "bootargs", NULL);
	cr_expect_str_eq(bootargs, "quiet");
	cr_expect_not_null(fdt_getprop(blob, node, "rng-seed", NULL));
	cr_expect_not_null(fdt_getprop(blob, node, "linux,initrd-start", NULL));
	cr_expect_geq(fdt_path_offset(blob, "/memory@40000000"), 0);
	cr_expect_geq(fdt_path_offset(blob, "/psci"), 0);
	cr_expect_geq(fdt_path_offset(blob, "/timer"), 0);
	cr_expect_geq(fdt_node_offset_by_compatible(blob, -1, "arm,gic-v3"), 0);
	cr_expect_geq(fdt_node_offset_by_compatible(blob, -1, "dais,test-device"), 0);
	fdt_for_each_subnode(node, blob, fdt_path_offset(blob, "/cpus")) n +=
		fdt_getprop(blob, node, "reg", NULL) != NULL;
	cr_expect_eq(n, 2);
	machine_destroy(&machine);
}

/* The guest reads the host's counter, and Linux there works around what its own node tells. */
Test(machine, the_timer_has_the_flaws_of_the_hosts)
{
	static const uint8_t hz[] = { 0, 0x7a, 0x12, 0 };
	owned_ptr void *blob = NULL;
	size_t size;
	int timer, n;

	fake_file_bytes(TREE "/timer/compatible", "arm,armv8-timer", sizeof("arm,armv8-timer"));
	fake_file_bytes(TREE "/timer/clock-frequency", hz, sizeof(hz));
	fake_file(TREE "/timer/arm,no-tick-in-suspend", "");
	fake_file(TREE "/timer/allwinner,erratum-unknown1", "");
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	cr_assert_eq(machine_describe(&machine, &blob, &size, &err), 0, "%s", err.what);
	timer = fdt_path_offset(blob, "/timer");
	cr_expect_not_null(fdt_getprop(blob, timer, "allwinner,erratum-unknown1", &n));
	cr_expect_eq(n, 0);
	cr_expect_null(fdt_getprop(blob, timer, "fsl,erratum-a008585", NULL));
	cr_expect_null(fdt_getprop(blob, timer, "arm,no-tick-in-suspend", NULL));
	cr_assert_not_null(fdt_getprop(blob, timer, "clock-frequency", &n));
	cr_expect_arr_eq(fdt_getprop(blob, timer, "clock-frequency", NULL), hz, sizeof(hz));
	cr_expect_eq(n, 4);
	machine_destroy(&machine);
}

/* What a build can do without: the host's tables of counts, and what is asked only for a better
 * message. */
static bool may_fail(int ret)
{
	return ret == 0;
}

/* Fails the n-th call, for every n. */
Test(machine, each_failing_call_is_an_error_and_leaks_nothing)
{
	unsigned int n_tolerated = 0, n;

	for (n = 1;; n++) {
		bool failed;
		int ret;

		fixture_host();
		memset(&err, 0, sizeof(err));
		fake_fail_at(n, ENOTTY);
		ret = machine_build(&machine, &config, MACHINE_FOR_RUN, &err);
		failed = fake_failed();
		if (!failed)
			fake_fail_at(0, 0);
		machine_destroy(&machine);
		cr_assert_eq(fake_n_open_fds(), 0, "call %u: %s", n, err.what);
		cr_assert_eq(fake_n_mappings(), 0, "call %u: %s", n, err.what);
		cr_assert_eq(fake_kvm.n_irqfds, 0, "call %u: %s", n, err.what);
		if (!failed)
			break;
		if (may_fail(ret)) {
			n_tolerated++;
			continue;
		}
		cr_assert_lt(ret, 0);
		cr_assert_eq(err.code, ret, "call %u", n);
		cr_assert_neq(err.what[0], '\0', "call %u", n);
	}
	cr_expect_gt(n, 100);
	cr_expect_lt(n_tolerated, n / 3, "%u of %u", n_tolerated, n);
}

Test(machine, a_reset_brings_all_back)
{
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	memset(machine.vm.ram.banks[0].hva, 0x5a, RAM_SIZE);
	fixture_disk.n_resets = fixture_rtc.n_resets = 0;
	cr_assert_eq(machine_reset(&machine, &err), 0, "%s", err.what);
	cr_expect_eq(fixture_disk.n_resets, 1);
	cr_expect_eq(fixture_rtc.n_resets, 0);
	cr_expect_eq(fake_kvm.vcpus[0].n_inits, 2);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 1);
	cr_expect_eq(machine.vm.n_resets, 1);
	cr_expect_arr_eq((char *)machine.vm.ram.banks[0].hva + fixture_image.text_offset,
			 &fixture_image, sizeof(fixture_image));
	cr_expect_eq(((uint8_t *)machine.vm.ram.banks[0].hva)[RAM_SIZE / 2], 0);
	cr_expect_geq(fixture_disk.irqs[0].trigger_fd, 0);
	cr_expect_geq(fixture_rtc.irqs[0].trigger_fd, 0);
	machine_destroy(&machine);
	cr_expect_eq(fake_n_open_fds(), 0);
}

/* A zImage of 64 bytes; KVM takes the feature of the first KVM_ARM_VCPU_INIT at each later one. */
Test(machine, a_32_bit_guest_stays_one)
{
	static const uint8_t zimage[64] = {
		[0x24] = 0x18, 0x28, 0x6f, 0x01, 0, 0, 0, 0, 64, 0, 0, 0, 1, 2, 3, 4,
	};
	uint64_t r0, r1, r2;

	fake_file_bytes("/boot/Image", zimage, sizeof(zimage));
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s: %s", err.what,
		     err.why);
	for (unsigned int boots = 1; boots <= 2; boots++) {
		cr_expect_eq(fake_kvm.vcpus[1].n_inits, boots);
		for (unsigned int i = 0; i < 2; i++)
			cr_expect(fake_kvm.vcpus[i].features[0] & 1 << KVMARM_FEATURE_EL1_32BIT);
		cr_assert(fake_kvm_reg(0, KVMARM_REG_X(0), &r0));
		cr_assert(fake_kvm_reg(0, KVMARM_REG_X(1), &r1));
		cr_assert(fake_kvm_reg(0, KVMARM_REG_X(2), &r2));
		cr_expect_eq(r0, 0);
		cr_expect_eq(r1, UINT32_MAX);
		cr_expect_eq(fdt_check_header(ram_ptr(&machine.vm.ram, r2, 4096)), 0);
		cr_expect_eq(range_last(machine.vm.memmap.ram), UINT32_MAX);
		if (boots == 1)
			cr_assert_eq(machine_reset(&machine, &err), 0, "%s", err.what);
	}
	machine_destroy(&machine);
}

Test(machine, dma_is_cut_while_a_reset_clears_ram)
{
	unsigned int from, unmap, init, map;

	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	from = fake_n_ioctls();
	cr_assert_eq(machine_reset(&machine, &err), 0, "%s", err.what);
	unmap = fake_find_ioctl(IOAS_UNMAP, from);
	init = fake_find_ioctl(KVMARM_VCPU_INIT, from);
	map = fake_find_ioctl(IOAS_MAP, from);
	cr_expect_lt(fake_find_ioctl(VFIO_DEVICE_SET_IRQS, from), unmap, "lines are masked first");
	cr_expect_lt(unmap, fake_find_ioctl(VFIO_DEVICE_RESET, from));
	cr_expect_lt(fake_find_ioctl(VFIO_DEVICE_RESET, from), init);
	cr_expect_lt(init, map);
	cr_expect_lt(map, fake_find_ioctl(KVM_IRQFD, map), "lines are armed last");
	machine_destroy(&machine);
}

Test(machine, each_failing_call_of_a_reset_is_an_error_and_leaks_nothing)
{
	for (unsigned int n = 1;; n++) {
		bool failed;
		int ret;

		fixture_host();
		fake_populate_nothing();
		cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s",
			     err.what);
		memset(&err, 0, sizeof(err));
		fake_fail_at(n, ENOTTY);
		ret = machine_reset(&machine, &err);
		failed = fake_failed();
		if (!failed)
			fake_fail_at(0, 0);
		machine_destroy(&machine);
		cr_assert_eq(fake_n_open_fds(), 0, "call %u: %s", n, err.what);
		cr_assert_eq(fake_n_mappings(), 0, "call %u: %s", n, err.what);
		cr_assert(ret <= 0 && (ret == 0 || err.what[0]), "call %u", n);
		if (!failed)
			break;
	}
}
