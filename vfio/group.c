// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/group.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/host_device.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

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

/* "pid 4121 (dais run -c disk.conf)" of the process that has @path open, as far as /proc may be
 * read. */
static bool find_holder(const char *path, char *buf, size_t size)
{
	DIR *proc = sys_opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (proc && !found && (entry = sys_readdir(proc))) {
		char file[32 + NAME_MAX];
		owned_ptr char *command = NULL;
		size_t n = 0;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
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

static int open_failed(const char *path, int code, struct err *err)
{
	char holder[256];

	err_set(err, code, "open %s", path);
	switch (-code) {
	case EBUSY:
		if (find_holder(path, holder, sizeof(holder)))
			err_why(err, "the group is held by %s", holder);
		else
			err_why(err, "another process has the group or one of its devices");
		err_fix(err, "stop that process, or assign another device");
		break;
	case EACCES:
		err_why(err, "this user may not open the group");
		err_fix(err, "give it to the user: chown USER %s", path);
		break;
	case EPERM:
		err_why(err, "the group has no IOMMU, which takes CAP_SYS_RAWIO");
		break;
	case ENOENT:
	case ENODEV:
		err_why(err, "VFIO has no such group: the device was unbound, it has no IOMMU, or "
			     "/dev is not the kernel's devtmpfs");
		err_fix(err, "bind the device to its VFIO driver again, and see dmesg");
		break;
	default:
		break;
	}
	return err_host(err);
}

static int check_viable(const struct vfio_group *group, struct err *err)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char members[400];
	int ret = sys_ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status);

	if (ret < 0)
		return err_set(err, ret, "VFIO_GROUP_GET_STATUS of %s", group->path);
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	vfio_host_group_members(group->number, members, sizeof(members));
	err_set(err, 0, "IOMMU group %d is not viable", group->number);
	err_why(err, "the IOMMU cannot tell its devices apart, and the host uses one of them: %s",
		members);
	err_fix(err, "unbind the siblings from their host drivers, or bind them to VFIO too");
	return err_host(err);
}

struct vfio_group *vfio_group_find(struct vfio_group *groups, int number)
{
	while (groups && groups->number != number)
		groups = groups->next;
	return groups;
}

int vfio_group_open(const struct vfio_host_device *host, struct vfio_group **group, struct err *err)
{
	struct vfio_group *g = calloc(1, sizeof(*g));
	int ret;

	if (!g)
		return err_set(err, ENOMEM, "IOMMU group %d", host->group);
	g->number = host->group;
	snprintf(g->path, sizeof(g->path), "/dev/vfio/%d", host->group);
	g->fd = sys_open(g->path, O_RDWR);
	ret = g->fd < 0 ? open_failed(g->path, g->fd, err) : check_viable(g, err);
	if (ret < 0) {
		vfio_group_close(g);
		return ret;
	}
	*group = g;
	return 0;
}

int vfio_group_open_device(struct vfio_group *group, const struct vfio_host_device *host,
			   struct err *err)
{
	char name[sizeof(host->name)];
	int fd;

	str_copy(name, sizeof(name), host->name);
	fd = sys_ioctl(group->fd, VFIO_GROUP_GET_DEVICE_FD, name);
	trace_line(TRACE_VFIO, "%s: device %s: fd %d", group->path, name, fd);
	if (fd >= 0)
		return fd;
	err_set(err, fd, "open %s in %s", name, group->path);
	if (fd == -ENODEV) {
		err_why(err, "the group has no such device: it was unbound a moment ago");
		err_fix(err, "bind it to %s again", host->driver);
	} else {
		/* vfio_platform_open_device() hands on what the reset handler or runtime PM said.
		 */
		err_why(err, "the kernel could not power the device or reset it; its log (dmesg) "
			     "says which");
		err_fix(err, "where the reset handler is missing or broken, boot the host with "
			     "vfio_platform.reset_required=0");
	}
	return err_host(err);
}

void vfio_group_close(struct vfio_group *group)
{
	if (!group)
		return;
	close_fd(&group->fd);
	free(group);
}
