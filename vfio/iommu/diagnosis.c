// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/iommu/diagnosis.h"

#include <sys/resource.h>

#include "vfio/host/device.h"
#include "vfio/host/owner.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

void vfio_diagnose_unsafe_interrupts(struct err *err, const char *module)
{
	err_why(err, "the host does not isolate MSIs (no \"interrupt remapping\"), and its kernel "
		     "then wants your word for it, although a platform device has wired "
		     "interrupts and cannot reach the MSI doorbell through the IOMMU");
	err_fix(err,
		"echo Y >/sys/module/%s/parameters/allow_unsafe_interrupts "
		"(at boot: %s.allow_unsafe_interrupts=1)",
		module, module);
}

void vfio_diagnose_siblings(struct err *err, int group)
{
	char members[400];

	vfio_host_group_members(group, members, sizeof(members));
	err_why(err,
		"the IOMMU cannot tell the devices of group %d apart, and the host, or another process, uses one of them: %s",
		group, members);
	err_fix(err, "unbind the siblings from their host drivers, or bind them to VFIO too");
}

void vfio_diagnose_no_start(struct err *err)
{
	/* vfio_platform_open_device() hands on what the reset handler or runtime PM said. */
	err_why(err, "the kernel could not power the device or reset it; its log (dmesg) says "
		     "which");
	err_fix(err, "where the reset handler is missing or broken, boot the host with "
		     "vfio_platform.reset_required=0");
}

void vfio_diagnose_not_served(struct err *err)
{
	err_why(err, "the host's IOMMU driver does not serve the device");
	err_fix(err, "see dmesg; the device's node must name the IOMMU (iommus)");
}

void vfio_diagnose_no_rawio(struct err *err)
{
	err_why(err, "a device without an IOMMU takes CAP_SYS_RAWIO");
	err_fix(err, "run dais as root");
}

int vfio_open_failed(const struct vfio_host_device *host, const char *path, int code,
		     struct err *err)
{
	err_set(err, code, "open %s", path);
	switch (-code) {
	case EBUSY:
		if (!BUILT(REMEDIES) || !vfio_diagnose_owner(err, host, false)) {
			err_why(err, "another process has the device, or one of its IOMMU group");
			err_fix(err, "stop that process, or assign another device");
		}
		break;
	case EACCES:
		err_why(err, "this user may not open it");
		err_fix(err, "give it to the user: chown USER %s", path);
		break;
	case EPERM:
		vfio_diagnose_no_rawio(err);
		break;
	case ENOENT:
	case ENODEV:
		err_why(err,
			"VFIO has no such group or device: it was unbound, it has no IOMMU, or "
			"/dev is not the kernel's devtmpfs");
		err_fix(err, "bind the device to its VFIO driver again, and see dmesg");
		break;
	}
	return err_host(err);
}

int vfio_no_control(const char *path, int code, const char *why, const char *fix, struct err *err)
{
	if (code == -EBADF) /* of what was passed: it is told */
		return code;
	err_set(err, code, "open %s", path);
	err_why(err, "%s", code == -EACCES ? "this user may not open it" : why);
	if (code == -EACCES)
		err_fix(err, "chmod 666 %s (it gives no right without a device's or group's file)",
			path);
	else
		err_fix(err, "%s", fix);
	return err_host(err);
}

int vfio_map_failed(struct range iova, int code, struct err *err)
{
	struct rlimit limit = { 0 };
	char size[32];

	err_set(err, code, "map %s of guest RAM at %#llx for DMA", str_size(iova.size, size),
		(unsigned long long)iova.start);
	if (code != -ENOMEM)
		return err->code;
	sys_getrlimit(RLIMIT_MEMLOCK, &limit);
	err_why(err,
		"all guest RAM must be locked in memory, and RLIMIT_MEMLOCK is %llu bytes, or "
		"the host has not enough free memory",
		(unsigned long long)limit.rlim_cur);
	return err_host(err);
}
