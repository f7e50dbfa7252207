// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>

#include "vfio/host/device.h"
#include "vfio/iommu/diagnosis.h"
#include "vfio/iommu/iommu.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/str.h"

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

static int open_group(struct vfio_group *group, struct vfio_iommu *iommu,
		      const struct vfio_host_device *host, struct err *err)
{
	group->number = host->group;
	snprintf(group->path, sizeof(group->path), "/dev/vfio/%s%d",
		 iommu->type == VFIO_NOIOMMU_IOMMU ? "noiommu-" : "", host->group);
	group->fd = passed_fds_open(iommu->passed, group->path, O_RDWR, err);
	if (group->fd >= 0)
		return check_status(group, err);
	return group->fd == -EBADF ? group->fd
				   : vfio_open_failed(host, group->path, group->fd, err);
}

static int attach_failed(const struct vfio_iommu *iommu, const struct vfio_group *group,
			 const char *what, int code, struct err *err)
{
	err_set(err, code, "%s of %s", what, group->path);
	switch (-code) {
	case EPERM:
		if (iommu->type == VFIO_NOIOMMU_IOMMU)
			vfio_diagnose_no_rawio(err);
		else
			vfio_diagnose_unsafe_interrupts(err, "vfio_iommu_type1");
		break;
	case EBUSY:
		vfio_diagnose_siblings(err, group->number);
		break;
	case EINVAL:
		err_why(err, "whoever passed " CONTAINER " has put another group into it");
		err_fix(err, "pass it as it was opened");
		break;
	case ENODEV:
		vfio_diagnose_not_served(err);
		break;
	default:
		break;
	}
	return err_host(err);
}

/* One that is in a container when it is passed leaves it: nobody can tell which one that is. */
static int detach_group(const struct vfio_group *group, struct err *err)
{
	int ret = group->has_container ? sys_ioctl(group->fd, VFIO_GROUP_UNSET_CONTAINER, NULL) : 0;

	if (ret >= 0)
		return 0;
	err_set(err, ret, "VFIO_GROUP_UNSET_CONTAINER of %s", group->path);
	err_why(err, "whoever passed it has put it into a container, and uses a device of it");
	err_fix(err, "pass it as it was opened");
	return err_host(err);
}

static int attach_group(struct vfio_iommu *iommu, const struct vfio_group *group, struct err *err)
{
	int ret = detach_group(group, err);

	if (ret)
		return ret;
	ret = sys_ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &iommu->fd);
	trace_line(TRACE_VFIO, "%s: set container %d: %d", group->path, iommu->fd, ret);
	/* vfio_iommu_type1_attach_group(): another aperture or reserved range than the others'. */
	if (ret == -EINVAL && iommu->groups) {
		err_set(err, ret, "VFIO_GROUP_SET_CONTAINER of %s", group->path);
		return -EXDEV;
	}
	if (ret < 0)
		return attach_failed(iommu, group, "VFIO_GROUP_SET_CONTAINER", ret, err);
	if (iommu->groups)
		return 0;
	ret = sys_ioctl(iommu->fd, VFIO_SET_IOMMU, (void *)iommu->type);
	return ret < 0 ? attach_failed(iommu, group, "VFIO_SET_IOMMU", ret, err) : 0;
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
			   struct vfio_handle *handle, struct err *err)
{
	struct vfio_group *g = vfio_group_find(iommu->groups, host->group);
	int ret;

	if (!g) {
		g = calloc(1, sizeof(*g));
		if (!g)
			return err_set(err, ENOMEM, "IOMMU group %d", host->group);
		ret = open_group(g, iommu, host, err);
		if (!ret)
			ret = attach_group(iommu, g, err);
		if (ret) {
			close_fd(&g->fd);
			free(g);
			return ret;
		}
		g->next = iommu->groups;
		iommu->groups = g;
	}
	ret = open_device(g, host, err);
	if (ret < 0)
		return ret;
	handle->fd = ret;
	handle->kvm_fd = g->fd;
	return 0;
}

void vfio_iommu_close(struct vfio_iommu *iommu)
{
	while (iommu->groups) {
		struct vfio_group *group = iommu->groups;

		iommu->groups = group->next;
		close_fd(&group->fd);
		free(group);
	}
	close_fd(&iommu->fd);
	free(iommu);
}
