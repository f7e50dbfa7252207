// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/iommu/diagnosis.h"

#include <errno.h>
#include <sys/resource.h>

#include "vfio/host/device.h"
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
