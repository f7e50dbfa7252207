// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/cause.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vfio/host_device.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

void vfio_cause_unsafe_interrupts(struct err *err, const char *module)
{
	err_why(err, "the host does not isolate MSIs (no \"interrupt remapping\"), and its kernel "
		     "then wants your word for it, although a platform device has wired "
		     "interrupts and cannot reach the MSI doorbell through the IOMMU");
	err_fix(err,
		"echo Y >/sys/module/%s/parameters/allow_unsafe_interrupts "
		"(at boot: %s.allow_unsafe_interrupts=1)",
		module, module);
}

void vfio_cause_siblings(struct err *err, int group)
{
	char members[400];

	vfio_host_group_members(group, members, sizeof(members));
	err_why(err,
		"the IOMMU cannot tell the devices of group %d apart, and the host, or another process, uses one of them: %s",
		group, members);
	err_fix(err, "unbind the siblings from their host drivers, or bind them to VFIO too");
}

void vfio_cause_no_start(struct err *err)
{
	/* vfio_platform_open_device() hands on what the reset handler or runtime PM said. */
	err_why(err, "the kernel could not power the device or reset it; its log (dmesg) says "
		     "which");
	err_fix(err, "where the reset handler is missing or broken, boot the host with "
		     "vfio_platform.reset_required=0");
}

static bool process_holds(const char *pid, const char *path)
{
	char dir[32 + NAME_MAX], link[sizeof(dir) + 1 + NAME_MAX], target[PATH_MAX];
	struct dirent *entry;
	bool holds = false;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%s/fd", pid);
	d = sys_opendir(dir);
	if (!d)
		return false;
	while (!holds && (entry = sys_readdir(d))) {
		snprintf(link, sizeof(link), "%s/%s", dir, entry->d_name);
		holds = sys_readlink(link, target, sizeof(target)) > 0 && strcmp(target, path) == 0;
	}
	sys_closedir(d);
	return holds;
}

/* "pid 4121 (dais run -c disk.conf)" of another process that has @path open. */
static bool find_holder(const char *path, char *buf, size_t size)
{
	DIR *proc = sys_opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (proc && !found && (entry = sys_readdir(proc))) {
		char file[32 + NAME_MAX];
		owned_ptr char *command = NULL;
		size_t n = 0;

		if (!isdigit((unsigned char)entry->d_name[0]) || atoi(entry->d_name) == getpid() ||
		    !process_holds(entry->d_name, path))
			continue;
		found = true;
		snprintf(file, sizeof(file), "/proc/%s/cmdline", entry->d_name);
		if (file_read(file, 1 << 20, &command, &n))
			n = 0;
		for (size_t i = 0; i + 1 < n; i++)
			if (!command[i])
				command[i] = ' ';
		snprintf(buf, size, "pid %.20s (%s)", entry->d_name, n ? command : "?");
	}
	if (proc)
		sys_closedir(proc);
	return found;
}

bool vfio_cause_holder(struct err *err, const char *path)
{
	char holder[256];

	if (!find_holder(path, holder, sizeof(holder)))
		return false;
	err_why(err, "%s is held by %s", path, holder);
	err_fix(err, "stop that process, or assign another device");
	return true;
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
