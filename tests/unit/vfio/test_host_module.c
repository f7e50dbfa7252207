// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "devices/device.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/unit/err_says.h"
#include "vfio/host/module.h"
#include "vfio/vfio.h"
#include "vmm/base/range.h"
#include "vmm/core/vm.h"

#define RELEASE  "/proc/sys/kernel/osrelease"
#define MODULES  "/lib/modules/6.12.0/modules.dep"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define ENFORCED "/sys/module/module/parameters/sig_enforce"
#define VARIABLE "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define DKMS     "updates/dkms/vfio_dais.ko.xz: kernel/x.ko\n"
#define DAIS     "/sys/bus/platform/drivers/vfio-dais/bind"
#define VERSION  "/sys/module/vfio_dais/version"

static const struct {
	const char *files[4][2];
	bool secure_boot;
	const char *bus, *what, *why, *fix; /* NULL: all is well */
} hosts[] = {
	{ { { "", "" } },
	  false,
	  "platform",
	  "no driver vfio-platform",
	  "without CONFIG_VFIO",
	  "boot a kernel with CONFIG_VFIO" },
	{ { { "/sys/class/vfio-dev/x", "" } },
	  false,
	  "platform",
	  "no driver vfio-platform",
	  "without CONFIG_VFIO_PLATFORM",
	  "sudo apt install dais-dkms" },
	{ { { MODULES, "kernel/drivers/vfio/vfio.ko.xz:\n" } },
	  false,
	  "amba",
	  "no driver vfio-amba",
	  "without CONFIG_VFIO_AMBA",
	  "sudo apt install dais-dkms" },
	{ { { "/sys/class/vfio-dev/x", "" } },
	  true,
	  "platform",
	  "no driver vfio-platform",
	  "dais' own module is not installed",
	  "Secure Boot: between the two, sudo mokutil" },
	{ { { MODULES, "kernel/drivers/vfio/platform/vfio-platform.ko.xz:\n" } },
	  false,
	  "platform",
	  "vfio-platform is not loaded",
	  "a module of this kernel",
	  "sudo modprobe vfio-platform reset_required=0" },
	{ { { MODULES, "kernel/drivers/vfio/platform/vfio-amba.ko.xz:\n" } },
	  false,
	  "amba",
	  "vfio-amba is not loaded",
	  "",
	  "sudo modprobe vfio-amba" },
	{ { { MODULES, DKMS } },
	  false,
	  "platform",
	  "vfio-dais is not loaded",
	  "",
	  "sudo modprobe vfio-dais" },
	{ { { MODULES, DKMS },
	    { LOCKDOWN, "[none] integrity confidentiality\n" },
	    { ENFORCED, "N\n" } },
	  false,
	  "amba",
	  "vfio-dais is not loaded",
	  "",
	  "sudo modprobe vfio-dais" },
	{ { { MODULES, DKMS }, { LOCKDOWN, "none [integrity] confidentiality\n" } },
	  false,
	  "platform",
	  "vfio-dais is not loaded",
	  "the kernel is locked down",
	  "boot without lockdown=" },
	{ { { MODULES, DKMS }, { ENFORCED, "Y\n" } },
	  false,
	  "platform",
	  "vfio-dais is not loaded",
	  "the kernel is locked down",
	  "module.sig_enforce=" },
	{ { { MODULES, DKMS } },
	  true,
	  "platform",
	  "vfio-dais is not loaded",
	  "Secure Boot is on",
	  "sudo mokutil --import /var/lib/dkms/mok.pub" },
	{ { { DAIS, "" }, { VERSION, "99\n" } },
	  false,
	  "platform",
	  "vfio-dais is not this dais' own",
	  "version 99 of its interface",
	  "install dais and dais-dkms of one version" },
	{ { { DAIS, "" } }, false, "platform", NULL, NULL, NULL },
	{ { { "/sys/bus/amba/drivers/vfio-amba/bind", "" }, { VERSION, "99\n" } },
	  false,
	  "amba",
	  NULL,
	  NULL,
	  NULL },
};

Test(host_module, what_is_missing_and_the_way_to_it)
{
	static const char on[] = { 6, 0, 0, 0, 1 };

	for (size_t i = 0; i < n_elems(hosts); i++) {
		struct err err = { 0 };
		int ret;

		fake_sys_reset();
		fake_file(RELEASE, "6.12.0\n");
		for (size_t n = 0; n < 4 && hosts[i].files[n][0] && hosts[i].files[n][0][0]; n++)
			fake_file(hosts[i].files[n][0], hosts[i].files[n][1]);
		if (hosts[i].secure_boot)
			fake_file_bytes(VARIABLE, on, sizeof(on));
		ret = vfio_host_driver_check(hosts[i].bus, &err);
		if (!hosts[i].what) {
			cr_expect_eq(ret, 0, "%zu: %s", i, err.what);
			continue;
		}
		cr_expect_lt(ret, 0, "%zu", i);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
		cr_expect(strstr(err.what, hosts[i].what), "%zu: %s", i, err.what);
		cr_expect(strstr(err.why, hosts[i].why), "%zu: %s", i, err.why);
		cr_expect(strstr(err.fix, hosts[i].fix), "%zu: %s", i, err.fix);
	}
}

/* Nothing of it is opened then. */
Test(host_module, a_run_wants_the_version_that_it_knows)
{
	static const struct device_config config = {
		.name = "disk",
		.class = &vfio_platform_class,
		.where = "--device",
		.settings = { { .key = "host", .value = "10000000.ahci", .where = "--device" } },
		.n_settings = 1,
	};
	static struct fake_vfio_device disk = { .name = "10000000.ahci", .group = 1 };
	static struct vm vm;
	struct device *device = NULL;
	struct err err;

	fake_vm_create(&vm);
	fake_vfio_add(&disk);
	fake_link("/sys/devices/platform/10000000.ahci/driver",
		  "/sys/bus/platform/drivers/vfio-dais");
	fake_file(VERSION, "99\n");
	cr_expect_lt(vfio_platform_class.create(&config, &vm, &device, &err), 0);
	cr_expect(strstr(err.what, "vfio-dais is not this dais' own"), "%s", err.what);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0u);
}
