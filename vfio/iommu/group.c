// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/iommu/group.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>

#include "vfio/host/device.h"
#include "vfio/host/owner.h"
#include "vfio/iommu/diagnosis.h"
#include "vfio/iommu/iommu.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

static int open_failed(const struct vfio_host_device *host, const char *path, int code,
		       struct err *err)
{
	err_set(err, code, "open %s", path);
	switch (-code) {
	case EBUSY:
		if (!BUILT(REMEDIES) || !vfio_diagnose_owner(err, host)) {
			err_why(err, "another process has the group or one of its devices");
			err_fix(err, "stop that process, or assign another device");
		}
		break;
	case EACCES:
		err_why(err, "this user may not open the group");
		err_fix(err, "give it to the user: chown USER %s", path);
		break;
	case EPERM:
		err_why(err, "the group has no IOMMU, which takes CAP_SYS_RAWIO");
		err_fix(err, "run dais as root");
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

static int check_status(struct vfio_group *group, struct err *err)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int ret = sys_ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status);

	if (ret < 0)
		return err_set(err, ret, "VFIO_GROUP_GET_STATUS of %s", group->path);
	group->has_container = status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET;
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	err_set(err, 0, "IOMMU group %d is not viable", group->number);
	vfio_diagnose_siblings(err, group->number);
	return err_host(err);
}

struct vfio_group *vfio_group_find(struct vfio_group *groups, int number)
{
	while (groups && groups->number != number)
		groups = groups->next;
	return groups;
}

static void close_group(struct vfio_group *group)
{
	close_fd(&group->fd);
	free(group);
}

static int open_group(struct vfio_group *group, struct vfio_iommu *iommu,
		      const struct vfio_host_device *host, struct err *err)
{
	group->number = host->group;
	snprintf(group->path, sizeof(group->path), "/dev/vfio/%s%d",
		 vfio_host_group_is_noiommu(host->group) ? "noiommu-" : "", host->group);
	group->fd = passed_fds_open(iommu->passed, group->path, O_RDWR, err);
	if (group->fd >= 0)
		return check_status(group, err);
	return group->fd == -EBADF ? group->fd : open_failed(host, group->path, group->fd, err);
}

static int open_device(const struct vfio_group *group, const struct vfio_host_device *host,
		       struct err *err)
{
	char name[sizeof(host->name)];
	int fd;

	str_copy(name, sizeof(name), host->name);
	fd = fd_to_range(sys_ioctl(group->fd, VFIO_GROUP_GET_DEVICE_FD, name), FD_VFIO_DEVICE);
	trace_line(TRACE_VFIO, "%s: device %s: fd %d", group->path, name, fd);
	if (fd >= 0)
		return fd;
	err_set(err, fd, "open %s in %s", name, group->path);
	if (fd == -ENODEV) {
		err_why(err, "the group has no such device: it was unbound a moment ago");
		err_fix(err, "bind it to %s again", host->driver);
	} else {
		vfio_diagnose_no_start(err);
	}
	return err_host(err);
}

int vfio_group_open_device(struct vfio_iommu *iommu, const struct vfio_host_device *host,
			   int (*attach)(struct vfio_iommu *iommu, const struct vfio_group *group,
					 struct err *err),
			   const struct vfio_group **group, struct err *err)
{
	struct vfio_group *g = vfio_group_find(iommu->groups, host->group);
	int ret;

	if (!g) {
		g = calloc(1, sizeof(*g));
		if (!g)
			return err_set(err, ENOMEM, "IOMMU group %d", host->group);
		ret = open_group(g, iommu, host, err);
		if (!ret)
			ret = attach(iommu, g, err);
		if (ret) {
			close_group(g);
			return ret;
		}
		g->next = iommu->groups;
		iommu->groups = g;
	}
	*group = g;
	return open_device(g, host, err);
}

void vfio_groups_close(struct vfio_group **groups)
{
	while (*groups) {
		struct vfio_group *group = *groups;

		*groups = group->next;
		close_group(group);
	}
}
