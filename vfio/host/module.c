// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/module/uapi/vfio_dais.h"
#include "vfio/host/device.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"

/* In modules.dep: "kernel/drivers/vfio/platform/vfio-platform.ko.xz: …". */
static bool is_installed(const char *module)
{
	owned_ptr char *text = NULL;
	char release[96], file[64];

	if (file_read_line(release, sizeof(release), "/proc/sys/kernel/osrelease"))
		return false;
	snprintf(file, sizeof(file), "/%s.ko", module);
	text = file_text(16 << 20, "/lib/modules/%s/modules.dep", release);
	return text && strstr(text, file);
}

/* The firmware's variable, behind its attributes (UEFI 2.10, 3.3). */
static bool is_secure_boot(void)
{
	owned_ptr char *data = NULL;
	size_t size;

	return !file_read(&data, &size, 64,
			  "/sys/firmware/efi/efivars/"
			  "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c") &&
	       size == 5 && data[4] == 1;
}

/*
 * Whether the kernel takes only modules with a signature that it knows: locked down, which the file
 * shows as "none [integrity] confidentiality", or told so (module.sig_enforce).
 */
static bool wants_signature(void)
{
	char text[64];

	return (!file_read_line(text, sizeof(text), "/sys/kernel/security/lockdown") &&
		!strstr(text, "[none]")) ||
	       (!file_read_line(text, sizeof(text), "/sys/module/module/parameters/sig_enforce") &&
		text[0] == 'Y');
}

static int not_loaded(struct err *err)
{
	err_set(err, 0, "the driver vfio-dais is not loaded");
	if (is_secure_boot()) {
		err_why(err, "Secure Boot is on, and lets the kernel load only modules whose "
			     "signer it knows");
		err_fix(err, "sudo modprobe vfio-dais; if the key is rejected: sudo mokutil "
			     "--import /var/lib/dkms/mok.pub, and boot: the firmware asks for it");
	} else if (wants_signature()) {
		err_why(err, "the kernel is locked down, and loads only modules whose signer it "
			     "knows");
		err_fix(err, "sudo modprobe vfio-dais; if the key is rejected: boot without "
			     "lockdown= and module.sig_enforce= on the kernel's command line");
	} else {
		err_why(err, "it is installed, and nobody loads it by itself");
		err_fix(err, "sudo modprobe vfio-dais");
	}
	return err_host(err);
}

/* /sys/module/vfio_dais/version is that of its interface. */
int vfio_host_module_check(struct err *err)
{
	uint64_t version;

	if (file_read_u64(&version, "/sys/module/vfio_dais/version") ||
	    version == VFIO_DAIS_VERSION)
		return 0;
	err_set(err, 0, "the driver vfio-dais is not this dais' own");
	err_why(err, "the module speaks version %llu of its interface, dais version %d",
		(unsigned long long)version, VFIO_DAIS_VERSION);
	err_fix(err, "install dais and dais-dkms of one version; sudo modprobe -r vfio-dais; "
		     "sudo modprobe vfio-dais");
	return err_host(err);
}

int vfio_host_driver_check(const char *bus, struct err *err)
{
	const char *vfio = vfio_host_driver(bus);
	const char *symbol = strcmp(bus, "amba") ? "VFIO_PLATFORM" : "VFIO_AMBA";

	if (file_exists("/sys/bus/%s/drivers/%s", bus, vfio))
		return strcmp(vfio, "vfio-dais") ? 0 : vfio_host_module_check(err);
	if (!BUILT(REMEDIES)) {
		err_set(err, 0, "the host has no driver %s, and no vfio-dais", vfio);
		return err_host(err);
	}
	if (is_installed("vfio_dais"))
		return not_loaded(err);
	if (is_installed(vfio)) {
		err_set(err, 0, "the driver %s is not loaded", vfio);
		err_why(err, "it is a module of this kernel, and nobody loads it by itself");
		err_fix(err, "sudo modprobe %s%s", vfio,
			strcmp(bus, "amba") ? " reset_required=0" : "");
		return err_host(err);
	}
	err_set(err, 0, "the host has no driver %s, and no vfio-dais", vfio);
	if (!file_exists("/sys/class/vfio-dev") && !is_installed("vfio")) {
		err_why(err, "the kernel has no VFIO: it was built without CONFIG_VFIO");
		err_fix(err, "boot a kernel with CONFIG_VFIO, as Debian's have it");
	} else {
		err_why(err,
			"the kernel was built without CONFIG_%s, as Debian's are, and dais' "
			"own module is not installed",
			symbol);
		err_fix(err,
			"sudo apt install dais-dkms linux-headers-arm64 && sudo modprobe "
			"vfio-dais%s; 32-bit hosts: boot a kernel with CONFIG_%s",
			is_secure_boot() ? " (Secure Boot: between the two, sudo mokutil --import "
					   "/var/lib/dkms/mok.pub, and boot)"
					 : "",
			symbol);
	}
	return err_host(err);
}
