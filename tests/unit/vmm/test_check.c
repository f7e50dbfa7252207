// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "tests/fakes/fake_confine.h"
#include "tests/fixtures/fixture_use.h"
#include "tests/unit/vmm/check_host.h"

static void setup(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
	make_host();
}

TestSuite(check, .init = setup);

Test(check, a_host_that_is_ready)
{
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK);
	cr_expect_eq(count("blocks"), 0u, "%s", command_text);
	cr_expect_eq(count("warns"), 0u, "%s", command_text);
	expect_finding("fine", "48 address bits and 512 vCPUs", NULL);
	expect_finding("fine", BOUND " is bound to VFIO", NULL);
	expect_finding("fine", BOUND " can be passed", NULL);
	expect_finding("fine", "pages are 4 KiB", NULL);
	expect_finding("fine", "vfio-amba is there, which Linux 7.3 calls deprecated", NULL);
	expect_finding("fine", "IOMMU backends: iommufd, type1", NULL);
	cr_expect_eq(fake_n_device_opens(), 1u, "/dev/kvm, and nothing of VFIO");
	cr_expect_eq(check("--json", BOUND, NULL), EXIT_STATUS_OK);
	make_host();
	cr_expect_eq(check("--json", NULL), EXIT_STATUS_OK);
	cr_expect_eq(count("warns"), 0u, "%s", command_text);
}

/* One file of the host is another one, or is not there, and what is found then. */
static const struct broken {
	const char *path;
	const char *text; /* NULL: removed, or … */
	int code;         /* … it fails so */
	const char *severity, *what, *fix;
} broken[] = {
	{ "/boot/config-6.12.0", NULL, 0, "warns", "configuration is neither", "modprobe configs" },
	{ "/boot/config-6.12.0", OPTIONS_BUT_KVM, 0, "blocks", "CONFIG_KVM", "-e KVM " },
	{ "/dev/kvm", NULL, ENOENT, "blocks", "this kernel has no KVM", "CONFIG_KVM" },
	{ "/dev/kvm", NULL, EACCES, "blocks", "this user may not use KVM", "sudo usermod -aG kvm" },
	{ "/Image", NULL, ENOENT, "blocks", "/vm.conf: open the kernel /Image", "" },
	{ "/Image", "........................................................ARMd....", 0, "blocks",
	  "the header of the kernel /Image is corrupt", "download it again" },
	{ "/vm.conf", VM "memroy = 1G\n", 0, "blocks", "/vm.conf:4", "memory" },
	{ "/vm.conf", "[vm]\nkernel = Image\nmemory = 64M\n" DEVICE("fff50000.ethrnet"), 0,
	  "blocks", "there is no device", "did you mean " BOUND },
	{ "/vm.conf", VM "[device x]\ntype = vfio-platform\n", 0, "blocks",
	  "there is no host=", "dais list" },
	{ "/vm.conf", VM DEVICE(UNBOUND), 0, "blocks", UNBOUND " is not bound to vfio-platform",
	  UNBOUND },
	{ "/vm.conf", VM DEVICE(BOUND) "overlay = /none.dtbo\n", 0, "blocks", "/none.dtbo", "" },
	{ "/vm.conf", VM DEVICE(BOUND) "irq-mode = frward\n", 0, "blocks",
	  "/vm.conf:7: irq-mode=frward", "auto, forward, irqfd or eventfd" },
	{ "/vm.conf", VM DEVICE(BOUND) "drop = nosuch\n", 0, "blocks",
	  "drop=nosuch: " BOUND " has nothing", "dais plan" },
	{ "/vm.conf", VM DEVICE(BOUND) "clock.x = 1\n", 0, "blocks",
	  "clock.x: " BOUND " has nothing", "dais plan" },
	{ "/vm.conf", VM DEVICE("soc:timer"), 0, "blocks", "soc:timer cannot be passed",
	  "dais plan -c /vm.conf" },
	{ "/vm.conf", "[vm]\nkernel = Image\nmem-path = /huge\nmemory = 66M\n", 0, "blocks",
	  "33 huge pages of 2 MiB are needed, 32 are free",
	  "echo 65 | sudo tee " POOL "nr_hugepages" },
	{ "/vm.conf", VM "memory-file = /none\n", 0, "blocks", "memory-file = /none: No such file",
	  "ls -l /none" },
	{ "/vm.conf", VM "memory-base = 0x8000000\n" DEVICE(BOUND), 0, "blocks", "0x8000000", "" },
	{ "/vm.conf", VM "mem-path = /none\n", 0, "blocks", "mem-path = /none: No such file",
	  "mount -t hugetlbfs" },
	{ "/vm.conf", VM DEVICE(BOUND) "irq-mode = forward\n", 0, "blocks",
	  "does not forward interrupts", "dais's patches" },
	{ "/sys/module/kvm/parameters/forward_irqs", "N\n", 0, "warns", "switched off",
	  "echo Y | sudo tee /sys/module/kvm/parameters/forward_irqs" },
	{ "/sys/bus/amba/drivers/vfio-amba", NULL, 0, "warns", "no driver vfio-amba", "VFIO_AMBA" },
	{ "/sys/bus/platform/drivers/vfio-platform", NULL, 0, "blocks", "no driver vfio-platform",
	  "VFIO_PLATFORM" },
	{ "/sys/class/iommu/smmu", NULL, 0, "blocks", "no IOMMU works", "smmu" },
	{ TYPE1_UNSAFE, "N\n", 0, "blocks", "iommu=type1 VFIO refuses " BOUND,
	  "echo Y | sudo tee " TYPE1_UNSAFE },
	{ IOMMUFD_UNSAFE, "N\n", 0, "warns", "iommu=iommufd VFIO refuses " BOUND,
	  "echo Y | sudo tee " IOMMUFD_UNSAFE },
	{ GROUP, NULL, 0, "blocks", "has no file below /dev/vfio", "ls" },
	{ "/proc/sys/kernel/seccomp/actions_avail", NULL, 0, "blocks", "seccomp",
	  "SECCOMP_FILTER" },
	{ "/proc/self/status", "Name:\tdais\nCapEff:\t0000000000004000\n", 0, "blocks",
	  "no_new_privs", "4.10" },
	{ "/proc/sys/user/max_user_namespaces", "0\n", 0, "warns", "may not make namespaces",
	  "sudo sysctl user.max_user_namespaces" },
	{ "/proc/sys/kernel/unprivileged_userns_clone", "0\n", 0, "warns",
	  "may not make namespaces", "sudo sysctl kernel.unprivileged_userns_clone=1" },
	{ "/sys/firmware/devicetree/base", NULL, 0, "blocks", "this host has no device tree",
	  "acpi=off" },
};

static void break_it(const struct broken *b)
{
	if (b->text)
		fake_file(b->path, b->text);
	else if (b->code)
		fake_open_error(b->path, b->code);
	else
		fake_remove(b->path);
}

Test(check, each_broken_file_is_found)
{
	for (size_t i = 0; i < n_elems(broken); i++) {
		const struct broken *b = &broken[i];
		bool blocks = !strcmp(b->severity, "blocks");

		make_host();
		break_it(b);
		cr_expect_eq(check("--json", "-c", "/vm.conf", NULL),
			     blocks ? EXIT_STATUS_HOST : EXIT_STATUS_OK, "%s: %s", b->path,
			     b->what);
		expect_finding(b->severity, b->what, b->fix);
	}
}

Test(check, all_at_once)
{
	fake_file("/vm.conf", "[vm]\nkernel = Image\nmemory = 1G\nmem-path = /huge\n" DEVICE(
				      UNBOUND) DEVICE("nothing"));
	fake_open_error("/dev/kvm", EACCES);
	fake_file(TYPE1_UNSAFE, "N\n");
	fake_file("/proc/self/status", "Name:\tdais\nCapEff:\t0\nNoNewPrivs:\t0\n");
	fake_set_memlock(65536, 65536);
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "may not use KVM", "usermod");
	expect_finding("blocks", "iommu=type1 VFIO refuses", "tee");
	expect_finding("blocks", "RLIMIT_MEMLOCK is 64 KiB",
		       "sudo prlimit --pid $$ --memlock=1073741824:1073741824");
	expect_finding("blocks", "huge pages", "nr_hugepages");
	expect_finding("blocks", UNBOUND " is not bound", UNBOUND);
	expect_finding("blocks", "there is no device nothing", "");
	cr_expect_eq(count("blocks"), 6u, "%s", command_text);
}

Test(check, of_a_32_bit_guest)
{
	/* the magic, the end, the byte order */
	static const uint8_t zimage[64] = {
		[0x24] = 0x18, 0x28, 0x6f, 0x01, 0, 0, 0, 0, 64, 0, 0, 0, 1, 2, 3, 4,
	};

	fake_file_bytes("/Image", zimage, sizeof(zimage));
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK);
	fake_file("/vm.conf", VM "aarch32 = no\n");
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "is a 32-bit (a zImage) one", "arm64 Image");
	fake_file("/vm.conf", "[vm]\nkernel = Image\nmemory = 4G\n");
	fake_kvm.caps[KVM_CAP_ARM_EL1_32BIT] = 0;
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "EL1 is 64-bit only", "arm64 Image");
	expect_finding("blocks", "there is room for 3 GiB", "");
}

Test(check, what_kvm_lacks)
{
	fake_file("/vm.conf", "[vm]\nkernel = Image\nmemory = 64G\ncpus = 9\n");
	fake_kvm.caps[KVM_CAP_ARM_VM_IPA_SIZE] = 36;
	fake_kvm.caps[KVM_CAP_MAX_VCPUS] = 4;
	fake_kvm.caps[KVM_CAP_IRQFD_RESAMPLE] = 0;
	fake_kvm.device_errors[KVM_DEV_TYPE_ARM_VGIC_V3] = ENODEV;
	fake_kvm.device_errors[KVM_DEV_TYPE_ARM_VGIC_V2] = 0;
	fake_kvm.device_errors[KVM_DEV_TYPE_VFIO] = ENODEV;
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "KVM gives a guest 4 at most", "cpus = 4");
	expect_finding("blocks", "9 vCPUs: a GICv2 serves 8 vCPUs at most", "--cpus 8");
	expect_finding("blocks", "/vm.conf: ", "");
	expect_finding("warns", "KVM_CAP_IRQFD_RESAMPLE", "3.19");
	expect_finding("warns", "no KVM-VFIO device", "CONFIG_KVM_VFIO");
	expect_finding("fine", "GICv2, with 8 vCPUs at most", NULL);

	fake_kvm.device_errors[KVM_DEV_TYPE_ARM_VGIC_V2] = ENODEV;
	cr_expect_eq(check("--json", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "no interrupt controller for guests", "dmesg");

	fake_file("/vm.conf", VM "irqchip = gicv3\n");
	fake_kvm.device_errors[KVM_DEV_TYPE_ARM_VGIC_V2] = 0;
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "create a GICv3: No such device: KVM on this host can only give",
		       "--irqchip gicv2, or auto");
	fake_file("/vm.conf", VM "irqchip = gicv2\ncpus = 9\n");
	fake_kvm.device_errors[KVM_DEV_TYPE_ARM_VGIC_V3] = 0;
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "9 vCPUs: a GICv2 serves 8 vCPUs at most",
		       "--irqchip gicv3, or --cpus 8");
	fake_kvm_fail(KVM_CREATE_VM, EBUSY);
	check("--json", NULL);
	expect_finding("blocks", "another hypervisor has the processor", "stop it");
	fake_kvm.api_version = 13;
	check("--json", NULL);
	expect_finding("blocks", "API version 13", NULL);
}

Test(check, whether_kvm_resamples)
{
	check("--json", NULL);
	expect_finding("fine", "KVM resamples level interrupts of a guest with a GICv3", NULL);
	fake_kvm.n_resamples = 0;
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK);
	expect_finding("warns", "a guest with a GICv3 ends without an exit", "resample patch");
	fake_kvm.device_errors[KVM_DEV_TYPE_ARM_VGIC_V2] = 0;
	fake_kvm.n_resamples = 2; /* for the GICv2, which comes first */
	check("--json", NULL);
	expect_finding("fine", "a guest with a GICv2", NULL);
	expect_finding("warns", "a guest with a GICv3 ends without an exit", "irqchip = gicv2");
	fake_kvm_fail(KVM_IRQFD, EIO);
	cr_expect_eq(check("--json", NULL), EXIT_STATUS_OK);
	expect_finding("warns", "try whether KVM resamples: wire an event descriptor", "");
	fake_open_error("/dev/kvm", EACCES);
	check("--json", NULL);
	expect_finding("fine", "not tried, without /dev/kvm: whether KVM resamples", NULL);
}

Test(check, forwarding)
{
	fake_kvm.can_forward = true;
	check("--json", NULL);
	expect_finding("fine", "the kernel forwards level interrupts", NULL);
}

Test(check, a_layer_of_the_sandbox_that_is_missing)
{
	fake_confine.landlock_version = -EOPNOTSUPP;
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "no Landlock", "lsm=landlock");
	fake_file("/vm.conf", VM "sandbox-allow-missing = landlock\n");
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK);
	expect_finding("warns", "no Landlock", "lsm=landlock");
}

Test(check, options_of_a_packed_configuration)
{
	static const char options[] = OPTIONS_BUT_KVM;
	z_stream z = { .next_in = (Bytef *)options, .avail_in = sizeof(options) - 1 };
	unsigned char packed[1024];

	/* 16: with the head of a gzip file */
	cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	fake_file_bytes("/proc/config.gz", packed, z.total_out);
	deflateEnd(&z);
	check("--json", NULL);
	expect_finding("blocks", "the kernel has no CONFIG_KVM", "scripts/config -e KVM");
}

Test(check, who_has_a_device_and_what_was_not_given_back)
{
	fake_use();
	cr_expect_eq(check("--json", NULL), EXIT_STATUS_OK);
	expect_finding("fine",
		       BOUND " is in use: it, or a device of its IOMMU group, is held by VM "
			     "disk, pid 77",
		       NULL);
	expect_finding("warns",
		       UNBOUND
		       " is still bound to vfio-platform, as a VM left it: no reset handler",
		       "sudo dais unbind " UNBOUND);
	expect_finding("warns", "fff35000.rtc may still write to /huge/dais-1",
		       "dais unbind fff35000.rtc");
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "held by VM disk", "stop that process");
	cr_expect_eq(count("blocks"), 1u, "%s", command_text);
}

#define NOIOMMU_MODE "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

Test(check, devices_without_an_iommu)
{
	fake_file("/vm.conf",
		  VM "iommu = none\nallow-unsafe-dma = yes\nmem-path = /huge\n" DEVICE(BOUND));
	fake_file(NOIOMMU_MODE, "N\n");
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "iommu = none, and vfio.enable_unsafe_noiommu_mode is off",
		       "echo Y | sudo tee " NOIOMMU_MODE);
	expect_finding("blocks", "iommu=none: " BOUND " has an IOMMU", "iommu=auto");
	cr_expect_eq(count("blocks"), 2u, "%s", command_text);
	fake_file(NOIOMMU_MODE, "Y\n");
	fake_file("/sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK, "%s", command_text);
	fake_remove(NOIOMMU_MODE);
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "VFIO has no enable_unsafe_noiommu_mode", "VFIO_NOIOMMU");
}

/* vfio-dais binds none of these without a parameter of its own. */
Test(check, devices_without_an_iommu_for_vfio_dais)
{
	fake_file("/vm.conf",
		  VM "iommu = none\nallow-unsafe-dma = yes\nmem-path = /huge\n" DEVICE(UNBOUND));
	fake_file("/sys/bus/platform/drivers/vfio-dais/bind", "");
	fake_file("/sys/bus/amba/drivers/vfio-dais/bind", "");
	fake_file(NOIOMMU_MODE, "N\n");
	fake_file("/sys/module/vfio_dais/parameters/allow_dma_without_iommu", "N\n");
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding(
		"blocks", "vfio_dais.allow_dma_without_iommu is off",
		"echo Y | sudo tee /sys/module/vfio_dais/parameters/allow_dma_without_iommu");
	fake_file("/sys/module/vfio_dais/parameters/allow_dma_without_iommu", "Y\n");
	check("--json", "-c", "/vm.conf", NULL);
	cr_expect_not(strstr(command_text, "allow_dma_without_iommu"), "%s", command_text);
}

/* Only what a VM wants blocks. */
Test(check, without_a_vm_the_same_warns)
{
	static const char *const paths[][2] = {
		{ "/sys/bus/platform/drivers/vfio-platform", "no driver vfio-platform" },
		{ "/sys/class/iommu/smmu", "no IOMMU works" },
	};

	for (size_t i = 0; i < n_elems(paths); i++) {
		make_host();
		fake_remove(paths[i][0]);
		cr_expect_eq(check("--json", NULL), EXIT_STATUS_OK);
		expect_finding("warns", paths[i][1], "");
	}
	fake_file(IOMMUFD_UNSAFE, "N\n");
	fake_file(RESET_REQUIRED, "Y\n");
	cr_expect_eq(check("--json", NULL), EXIT_STATUS_OK);
	expect_finding("warns", "VFIO refuses devices", IOMMUFD_UNSAFE);
	expect_finding("warns", "refuses devices of the platform bus",
		       "vfio_platform.reset_required=0 to the kernel's command line");
}

Test(check, modules_that_are_not_loaded)
{
	fake_file("/lib/modules/6.12.0/modules.dep",
		  "kernel/drivers/vfio/platform/vfio-platform.ko.xz: kernel/x.ko\n"
		  "kernel/drivers/vfio/platform/vfio-amba.ko:\n");
	fake_remove("/sys/bus/platform/drivers/vfio-platform");
	fake_remove("/sys/bus/amba/drivers/vfio-amba");
	check("--json", NULL);
	expect_finding("warns", "vfio-platform is not loaded",
		       "sudo modprobe vfio-platform reset_required=0");
	expect_finding("warns", "vfio-amba is not loaded", "sudo modprobe vfio-amba");
	fake_file("/lib/modules/6.12.0/modules.dep", "updates/dkms/vfio_dais.ko.xz: kernel/x.ko\n");
	check("--json", NULL);
	expect_finding("warns", "vfio-dais is not loaded", "sudo modprobe vfio-dais");
	cr_expect_eq(count("warns"), 1u, "one module serves both buses: %s", command_text);
	fake_file("/sys/bus/platform/drivers/vfio-dais/bind", "");
	check("--json", NULL);
	expect_finding("fine", "the driver vfio-dais is there", "");
}

Test(check, text_has_the_worst_first_in_80_columns)
{
	const char *blocks, *warns, *fine;

	fake_file(TYPE1_UNSAFE, "N\n");
	fake_file("/proc/sys/user/max_user_namespaces", "0\n");
	cr_expect_eq(check("-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	blocks = strstr(command_text, "blocks  unsafe-interrupts: ");
	warns = strstr(command_text, "\nwarns   sandbox: ");
	fine = strstr(command_text, "\nfine    kernel: ");
	cr_expect(blocks == command_text && blocks < warns && warns < fine, "%s", command_text);
	cr_expect(strstr(command_text, "\n        fix: echo Y | sudo tee " TYPE1_UNSAFE "\n"));
	cr_expect(strstr(command_text, "\nblocks: 1, warns: 1, fine: "));
	for (char *line = strtok(command_text, "\n"); line; line = strtok(NULL, "\n"))
		cr_expect(strlen(line) <= 80 || strstr(line, "fix: "), "%s", line);
}

Test(check, wrong_usage)
{
	cr_expect_eq(check("--jsn", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(check("-c", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(check("--irq", BOUND, "--json", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(check("--json", "--irq", BOUND, NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(check("--irq", BOUND, "--sandbox", "show", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(check("--help", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "usage: dais check"));
}

/* What cannot be read is a finding or unknown, and nothing stays open. */
Test(check, every_failed_call)
{
	for (unsigned int n = 1;; n++) {
		int status;

		make_host();
		fake_fail_at(n, EIO);
		status = check("-c", "/vm.conf", NULL);
		if (!fake_failed())
			break;
		cr_expect(status == EXIT_STATUS_OK || status == EXIT_STATUS_HOST ||
				  status == EXIT_STATUS_FAILURE,
			  "call %u: %d", n, status);
	}
}
