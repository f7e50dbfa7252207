// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_passed.h"
#include "tests/unit/vmm/check_host.h"

static void setup(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
	make_host();
}

TestSuite(check_vms, .init = setup);

Test(check_vms, iommu_backends)
{
	fake_file("/vm.conf", VM "iommu = iommufd\n" DEVICE(BOUND));
	fake_remove("/dev/iommu");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "there is no /dev/iommu", "modprobe iommufd");
	expect_finding("blocks", BOUND " has no file", "ls");
	fake_file("/dev/iommu", "");
	fake_file("/sys/devices/platform/" BOUND "/vfio-dev/vfio3/dev", "1:2");
	fake_file("/dev/vfio/devices/vfio3", "");
	fake_file(TYPE1_UNSAFE, "N\n"); /* it is no business of iommufd */
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK, "%s", command_text);
	fake_access_error("/dev/iommu", EACCES);
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "may not open /dev/iommu", "sudo chmod 666 /dev/iommu");
	fake_file("/vm.conf", VM "iommu = type1\n" DEVICE(BOUND));
	fake_remove("/dev/vfio/vfio");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "there is no /dev/vfio/vfio", "vfio_iommu_type1");
	fake_remove("/dev/iommu");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "neither /dev/vfio/vfio nor /dev/iommu", "modprobe -a");
}

Test(check_vms, what_the_file_wants_of_the_host)
{
	fake_file("/sys/module/vfio_platform/initstate", "live\n");
	fake_file("/vm.conf", VM DEVICE(BOUND) "[host]\ncompatible = other,board calxeda,ecx-2000\n"
					       "kernel = 4.5-6.12\nmodules = vfio_platform\n"
					       "options = KVM VFIO\n");
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK, "%s", command_text);
	cr_expect_eq(count("blocks"), 0u);
	fake_file("/vm.conf", VM DEVICE(BOUND) "[host]\ncompatible = arm,juno\nkernel = 6.13\n"
					       "modules = none_such\noptions = KVM NOT_HERE\n");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "for \"arm,juno\", and this is \"calxeda,ecx-2000\"",
		       "--force-board");
	expect_finding("blocks", "wants kernel 6.13 or newer, and this is 6.12.0", "boot");
	expect_finding("warns", "the module none_such is not loaded", "modprobe none_such");
	expect_finding("blocks", "the kernel has no CONFIG_NOT_HERE", "scripts/config -e NOT_HERE");
	fake_file("/vm.conf", VM DEVICE(BOUND) "[host]\nkernel = 4.5-5.6\n");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "wants kernel 4.5-5.6, and this is 6.12.0", "boot");
}

Test(check_vms, who_serves_virtio_devices)
{
	fake_file("/vm.conf", VM "[device net]\ntype = virtio-net\ntap = tap0\n"
				 "[device vsock]\ntype = virtio-vsock\ncid = 3\n"
				 "[device root]\ntype = virtio-blk\nsocket = /run/disk.sock\n");
	fake_file("/dev/net/tun", "");
	fake_access_error("/dev/net/tun", EACCES);
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "open /dev/vhost-net", "modprobe vhost_net");
	expect_finding("blocks", "open /dev/net/tun", "setfacl");
	expect_finding("blocks", "open /dev/vhost-vsock", "modprobe vhost_vsock");
	expect_finding("blocks", "find the tap tap0", "ip tuntap add dev tap0");
	expect_finding("blocks", "find the back end of root at /run/disk.sock", "start it");
	fake_file("/run/disk.sock", "");
	fake_file("/dev/vhost-net", "");
	fake_file("/dev/vhost-vsock", "");
	fake_dir("/sys/class/net/tap0");
	fake_access_error("/dev/net/tun", 0);
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "Socket operation on non-socket", "start it");
	cr_expect_eq(count("blocks"), 1u, "%s", command_text);
}

Test(check_vms, a_tap_that_would_be_passed)
{
	fake_file("/vm.conf", VM "[device net]\ntype = virtio-net\nfd = 77\n");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("warns", "net = fd:77: descriptor 77 is not open", "as dais run is started");
	expect_finding("blocks", "open /dev/vhost-net", "modprobe vhost_net");
}

Test(check_vms, what_dais_would_have_served)
{
	setenv("PATH", "/usr/bin", 1);
	fake_file("/vm.conf", VM "[device root]\ntype = virtio-blk\nfile = /root.img\n"
				 "[device files]\ntype = virtio-fs\nshare = /srv\ntag = t\n");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "open the image /root.img", "qemu-img create");
	expect_finding("blocks", "share=/srv", "mkdir /srv");
	fake_file("/root.img", "QFI\xfb");
	fake_dir("/srv");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "the image is qcow2, and not raw", "format=qcow2");
	expect_finding("blocks", "find virtiofsd", "apt install virtiofsd");
	fake_file("/root.img", "");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "find qemu-storage-daemon", "apt install qemu-utils");
	fake_file("/usr/bin/qemu-storage-daemon", "");
	fake_file("/usr/bin/virtiofsd", "");
	check("--json", "-c", "/vm.conf", NULL);
	cr_expect_eq(count("blocks"), 0u, "%s", command_text);
}

/* The device of the file is taken only where the file belongs. */
Test(check_vms, a_run_on_another_board)
{
	FILE *said = cr_get_redirected_stderr();
	char lines[4][300]; /* a message of three, and the next */

	fake_file("/vm.conf", VM DEVICE(BOUND) "[host]\ncompatible = arm,juno\n");
	fake_remove("/Image"); /* of which dais complains, when it comes so far */
	cr_expect_eq(run_command(cmd_run, "-c", "/vm.conf", NULL), EXIT_STATUS_USAGE);
	run_command(cmd_run, "-c", "/vm.conf", "--force-board", NULL);
	for (size_t i = 0; i < n_elems(lines); i++)
		cr_assert_not_null(fgets(lines[i], sizeof(lines[i]), said));
	cr_expect(strstr(lines[0], "is for another board"), "%s", lines[0]);
	cr_expect(strstr(lines[2], "--force-board"), "%s", lines[2]);
	cr_expect(strstr(lines[3], "/Image"), "%s", lines[3]);
}

Test(check_vms, a_device_behind_an_its_is_isolated)
{
	static const unsigned char phandle[4] = { 0, 0, 0, 77 };

	fake_file_bytes("/sys/firmware/devicetree/base/soc/its/compatible", "arm,gic-v3-its", 15);
	fake_file_bytes("/sys/firmware/devicetree/base/soc/its/phandle", phandle, 4);
	fake_file_bytes("/sys/firmware/devicetree/base/soc/ethernet@fff50000/msi-parent", phandle,
			4);
	fake_file(TYPE1_UNSAFE, "N\n");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("warns", "VFIO refuses devices", TYPE1_UNSAFE);
}

Test(check_vms, a_reset_handler_is_required)
{
	fake_file(RESET_REQUIRED, "Y\n");
	fake_file("/vm.conf", VM DEVICE(UNBOUND) DEVICE("ffe08000.sata"));
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "the driver refuses ffe08000.sata", "kernel's command line");
	cr_expect_null(strstr(command_text, "refuses " UNBOUND), "the kernel has one for it");
	fake_file("/sys/module/vfio_platform/initstate", "live\n");
	fake_remove("/lib/modules/6.12.0/modules.alias");
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("warns", "the driver refuses ffe08000.sata", "sudo modprobe -r");
}

Test(check_vms, a_group_that_another_process_holds_or_the_user_may_not_open)
{
	fake_device(GROUP, NULL, NULL);
	fake_access_error(GROUP, EACCES);
	fake_link("/proc/4121/fd/9", GROUP);
	fake_file_bytes("/proc/4121/cmdline", "dais\0run", 9);
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "is held by pid 4121 (dais run)", "stop");
	expect_finding("blocks", "may not open " GROUP, "sudo chown $USER " GROUP);
}

/* What a VM gets from somebody who may open it; this user may open nothing of /dev. */
static void pass_files(const char *const *files)
{
	static const char *const all[] = { "/dev/kvm", "/dev/iommu", "/dev/vfio/vfio", GROUP };
	char text[256] = VM "memory-file = fd:77\n" DEVICE(BOUND) "[vm]\nfd = ";
	size_t used = strlen(text);

	fake_pass_at(77, "/dev/null");
	fake_device("/dev/vfio/vfio", NULL, NULL);
	fake_device(GROUP, NULL, NULL);
	for (unsigned int i = 0; files[i]; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%d", i ? "," : "",
					 fake_pass(files[i], O_RDWR));
	fake_file("/vm.conf", text);
	for (size_t i = 0; i < n_elems(all); i++)
		fake_access_error(all[i], EACCES);
}

Test(check_vms, descriptors_that_are_passed_need_no_rights)
{
	unsigned int n_opens;

	pass_files((const char *const[]){ "/dev/kvm", "/dev/vfio/vfio", GROUP, NULL });
	n_opens = fake_n_device_opens();
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK, "%s", command_text);
	expect_finding("fine", "/vm.conf: 4 descriptors are passed", NULL);
	cr_expect_eq(fake_n_device_opens(), n_opens);
}

Test(check_vms, descriptors_that_are_missing)
{
	pass_files((const char *const[]){ "/dev/vfio/vfio", NULL });
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks", "/vm.conf: /dev/kvm is not among the passed", "pass it");
	expect_finding("blocks", "/vm.conf: " GROUP " is not among the passed", "pass it");
}

Test(check_vms, descriptors_that_only_the_run_will_have)
{
	fake_open_error("/dev/kvm", EACCES);
	fake_access_error(GROUP, EACCES);
	fake_file("/vm.conf", VM "fd = kvm,iommu,disk\n" DEVICE(BOUND));
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK, "%s", command_text);
	expect_finding("warns", "is not passed to this check", "as dais run is started");
	expect_finding("warns", "this user may not use KVM", "usermod");
}

Test(check_vms, a_sibling_that_the_host_uses)
{
	fake_host_device("platform", "fff60000.sibling", "busy", 0);
	fake_host_device("platform", "fff70000.sibling", NULL, 0);
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "the host's driver busy has fff60000.sibling", "fff60000.sibling");
	cr_expect_null(strstr(command_text, "fff70000"));
}

Test(check_vms, an_answer_that_is_missing)
{
	fake_sys_reset();
	fake_kvm_reset();
	fake_board("zynqmp");
	check("--json", "ff0e0000.ethernet", NULL);
	expect_finding("blocks", "ff0e0000.ethernet wants an answer",
		       "dais plan ff0e0000.ethernet");
}

Test(check_vms, clocks_that_are_cut)
{
	fake_sys_reset();
	fake_kvm_reset();
	fake_board("juno");
	fake_file("/sys/kernel/debug/clk/clk_summary",
		  "   clock   count count count rate accuracy phase cycle enable consumer id\n"
		  "-------------------------------------------------------------------------\n"
		  " smc_clk  1  1  0  50000000  0  0  50000  Y  7ffb0000.usb  no_connection_id\n");
	check("--json", "7ffb0000.usb", NULL);
	expect_finding("warns", "clocks smc_clk: goes off when its driver is unbound",
		       "clk_ignore_unused");
}

Test(check_vms, huge_pages_of_two_vms)
{
	fake_file("/vm.conf", VM "mem-path = /huge\n");
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK);
	fake_file("/two.conf", VM "mem-path = /huge\n");
	cr_expect_eq(check("--json", "-c", "/vm.conf", "-c", "/two.conf", NULL), EXIT_STATUS_HOST);
	expect_finding("blocks",
		       "/two.conf: mem-path = /huge: 32 huge pages of 2 MiB are needed, 0 are free",
		       "echo 96 ");
	fake_set_statfs(1, 4096);
	check("--json", "-c", "/vm.conf", NULL);
	expect_finding("blocks", "this is no hugetlbfs", "mount -t hugetlbfs");
}

/* Two files that do not go together, and why. */
static const struct {
	const char *a, *b, *severity, *what;
} pairs[] = {
	{ DEVICE(BOUND), DEVICE(BOUND), "blocks", "/a and /b: " BOUND " is wanted twice" },
	{ DEVICE(BOUND), DEVICE("fff60000.group"), "blocks", "are in one IOMMU group, 0" },
	{ DEVICE(BOUND), DEVICE("fff80000.spi"), "blocks", "share the host's SPI 78" },
	{ DEVICE(BOUND) DEVICE("fff80000.spi"), "", "blocks", "/a: " BOUND },
	{ DEVICE("fff90000.page"), DEVICE("fff90800.page"), "warns",
	  "registers in one page of the host, so that both are trapped, which is slow, 0xfff90800" },
	{ DEVICE("fffa0000.page"), DEVICE("fffa0400.page"), "blocks",
	  "registers at the same address, 0xfffa0400" },
	{ DEVICE(BOUND) "carveout.pool = host\n", DEVICE("fff80000.spi") "carveout.pool = host\n",
	  "blocks", "both have carveout.pool=host, the same memory of the host" },
	{ "memory-file = /huge/file\n", "memory-file = /huge/file,offset=32M\n", "blocks",
	  "/a and /b: both have their RAM in the same part of /huge/file" },
	{ "cpus = 2\ncpu-affinity = 1,3\n", "cpu-affinity = 3\n", "warns",
	  "/a and /b: both have vCPUs on host CPU 3" },
	{ "cpus = 2\ncpu-affinity = 1,3\nrt-priority = 3\n", "cpu-affinity = 3\n", "warns",
	  "starves the other" },
};

/* A device of the board of our own making; @spi 0: none. */
static void add_device(const char *name, const char *node, uint32_t at, uint32_t size, uint32_t spi,
		       int group)
{
	const unsigned char reg[8] = { at >> 24, at >> 16 & 255, at >> 8 & 255, at & 255, 0,
				       0,        size >> 8,      size & 255 };
	const unsigned char interrupts[12] = { [7] = (unsigned char)spi, [11] = 4 };
	char dir[128], path[192];

	fake_host_device("platform", name, "vfio-platform", group);
	snprintf(dir, sizeof(dir), "/sys/firmware/devicetree/base/soc/%s", node);
	snprintf(path, sizeof(path), "/sys/devices/platform/%s/of_node", name);
	fake_link(path, dir);
	snprintf(path, sizeof(path), "%s/compatible", dir);
	fake_file_bytes(path, "test,device", 12);
	snprintf(path, sizeof(path), "%s/reg", dir);
	fake_file_bytes(path, reg, sizeof(reg));
	snprintf(path, sizeof(path), "%s/interrupts", dir);
	if (spi)
		fake_file_bytes(path, interrupts, sizeof(interrupts));
	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	fake_file(path, "");
}

Test(check_vms, the_limit_of_locked_memory_is_for_all)
{
	fake_file("/proc/self/status", "Name:\tdais\nCapEff:\t0\nNoNewPrivs:\t0\n");
	fake_set_memlock(0, 100 << 20); /* a run raises it as far as the hard limit */
	cr_expect_eq(check("--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK, "%s", command_text);
	fake_file("/two.conf", VM DEVICE(UNBOUND));
	check("--json", "-c", "/vm.conf", "-c", "/two.conf", NULL);
	expect_finding("warns", "RAM of all these VMs, 128 MiB", "--memlock=134217728:134217728");
}

Test(check_vms, vms_that_want_the_same)
{
	add_device("fff60000.group", "group@fff60000", 0xfff60000, 0x1000, 0, 0);
	add_device("fff80000.spi", "spi@fff80000", 0xfff80000, 0x1000, 78, 8);
	add_device("fff90000.page", "page@fff90000", 0xfff90000, 0x800, 0, 9);
	add_device("fffa0000.page", "page@fffa0000", 0xfffa0000, 0x800, 0, 12);
	add_device("fffa0400.page", "page@fffa0400", 0xfffa0400, 0x100, 0, 10);
	add_device("fff90800.page", "page@fff90800", 0xfff90800, 0x100, 0, 11);
	for (size_t i = 0; i < n_elems(pairs); i++) {
		char a[300], b[300];

		snprintf(a, sizeof(a), VM "%s", pairs[i].a);
		snprintf(b, sizeof(b), VM "%s", pairs[i].b);
		fake_file("/a", a);
		fake_file("/b", b);
		cr_expect_eq(check("--json", "-c", "/a", "-c", "/b", NULL),
			     strcmp(pairs[i].severity, "blocks") ? EXIT_STATUS_OK
								 : EXIT_STATUS_HOST,
			     "%s: %s", pairs[i].what, command_text);
		expect_finding(pairs[i].severity, pairs[i].what,
			       strstr(pairs[i].what, "which is slow") ? NULL : "");
	}
}
