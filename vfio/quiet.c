// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/quiet.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stddef.h>
#include <string.h>

#include "fdt/host/tree.h"
#include "kernel/module/quiet.h"
#include "vfio/host/device.h"
#include "vfio/iommu/iommu.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

static bool has_name(const char *names, size_t size, const char *name)
{
	for (size_t at = 0; at < size; at += strnlen(names + at, size - at) + 1)
		if (!strncmp(names + at, name, size - at))
			return true;
	return false;
}

const struct quiet_kind *vfio_quiet_kind(const struct vfio_host_device *host,
					 const struct host_node *node)
{
	owned_ptr char *names = NULL;
	size_t size = 0;

	if (!node && file_read(&names, &size, 4096, "%s/of_node/compatible", host->path))
		return NULL;
	for (size_t i = 0; i < n_elems(quiet_kinds); i++) {
		const char *compatible = quiet_kinds[i].compatible;

		if (node ? host_node_is_compatible(node, compatible)
			 : has_name(names, size, compatible))
			return quiet_kinds[i].kind;
	}
	return NULL;
}

struct registers {
	int fd;
	uint64_t offset, size;
};

static int read_register(void *opaque, uint32_t offset, uint32_t *value)
{
	const struct registers *r = opaque;

	if (offset + sizeof(*value) > r->size)
		return -EINVAL;
	return sys_pread(r->fd, value, sizeof(*value), (off_t)(r->offset + offset)) ==
			       sizeof(*value)
		       ? 0
		       : -EIO;
}

static int write_register(void *opaque, uint32_t offset, uint32_t value)
{
	const struct registers *r = opaque;

	if (offset + sizeof(value) > r->size)
		return -EINVAL;
	return sys_pwrite(r->fd, &value, sizeof(value), (off_t)(r->offset + offset)) ==
			       sizeof(value)
		       ? 0
		       : -EIO;
}

static void pause_ms(unsigned int ms)
{
	sys_sleep_ms((int)ms);
}

int vfio_quiet(const struct quiet_kind *kind, int fd, uint64_t offset, uint64_t size,
	       struct err *err)
{
	struct registers registers = { fd, offset, size };
	const struct quiet_access access = {
		.read = read_register,
		.write = write_register,
		.sleep_ms = pause_ms,
		.opaque = &registers,
	};
	const char *what;

	what = kind ? quiet_rest(&access, kind)
		    : "it has no reset handler, and how a device of its kind is stopped is not known";
	return what ? err_set(err, 0, "it may still be at work: %s", what) : 0;
}

/* Only a handler that has run, and has not failed, says that the device is quiet. */
static int reset(int fd, struct err *err)
{
	int ret = sys_ioctl(fd, VFIO_DEVICE_RESET, NULL);

	return ret < 0 ? err_set(err, ret, "its reset") : 0;
}

static int rest(int fd, const struct vfio_host_device *host, struct err *err)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info region = { .argsz = sizeof(region) };
	const struct quiet_kind *kind;
	int ret = sys_ioctl(fd, VFIO_DEVICE_GET_INFO, &info);

	if (ret < 0)
		return err_set(err, ret, "VFIO_DEVICE_GET_INFO");
	if (info.flags & VFIO_DEVICE_FLAGS_RESET)
		return reset(fd, err);
	ret = info.num_regions ? sys_ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &region) : -ENODEV;
	kind = ret < 0 ? NULL : vfio_quiet_kind(host, NULL);
	return vfio_quiet(kind, fd, region.offset, region.size, err);
}

static int open_and_rest(const struct vfio_iommu_ops *ops, const struct vfio_host_device *host,
			 bool *opened, struct err *err)
{
	struct vfio_handle handle = { .host = host, .fd = -1, .kvm_fd = -1 };
	struct vfio_iommu *iommu;
	int ret = ops->open(NULL, &iommu, err);

	if (ret)
		return ret;
	ret = ops->open_device(iommu, host, &handle, err);
	*opened = !ret;
	if (!ret)
		ret = rest(handle.fd, host, err);
	close_fd(&handle.fd);
	ops->close(iommu);
	return ret;
}

int vfio_check_at_work(int fd, bool force, char *why, size_t size)
{
	char text[128];
	ssize_t n = fd < 0 ? 0 : sys_pread(fd, text, sizeof(text), 0);
	struct text to = text_start(why, size);

	/* An empty line: it is not. */
	if (n <= 1)
		return 0;
	if (force)
		return sys_pwrite(fd, "0", 1, 0) < 0 ? -EBUSY : 0;
	text_add(&to, "it may still be at work: ");
	text_add_escaped(&to, text, (size_t)n - 1);
	return -EBUSY;
}

int vfio_bring_to_rest(const struct vfio_host_device *host, struct err *err)
{
	bool no_iommu = vfio_host_group_is_noiommu(host->group), opened = false;
	int ret = fd_ranges_allow(err);

	if (ret)
		return ret;
	ret = err_set(err, ENODEV, "open %s", host->name);
	for (enum vfio_backend i = VFIO_BACKEND_IOMMUFD; i <= VFIO_BACKEND_NONE && !opened; i++)
		if (vfio_backends[i] && (i == VFIO_BACKEND_NONE) == no_iommu)
			ret = open_and_rest(vfio_backends[i], host, &opened, err);
	if (!opened)
		err_prefix(err, "it may still be at work, and cannot be opened to be stopped");
	return ret;
}
