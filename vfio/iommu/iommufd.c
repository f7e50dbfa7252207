// SPDX-License-Identifier: GPL-2.0-only
/*
 * The iommufd backend: /dev/iommu and a file for each device,
 * Documentation/userspace-api/iommufd.rst and Documentation/driver-api/vfio.rst. Each address space
 * has a /dev/iommu of its own: a device that does not fit into one is bound to another.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "vfio/host/device.h"
#include "vfio/host/owner.h"
#include "vfio/iommu/diagnosis.h"
#include "vfio/iommu/iommu.h"
#include "vfio/iommu/iommufd_uapi.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"

#define IOMMUFD "/dev/iommu"

struct iommufd {
	struct vfio_iommu iommu; /* base; first */
	uint32_t ioas;
	bool is_used; /* a device was attached */
};

static struct iommufd *to_iommufd(struct vfio_iommu *iommu)
{
	return (struct iommufd *)iommu;
}

static int iommufd_open(struct passed_fds *passed, struct vfio_iommu **iommu, struct err *err)
{
	struct ioas_alloc alloc = { .size = sizeof(alloc) };
	owned_fd int fd = fd_to_range(passed_fds_open(passed, IOMMUFD, O_RDWR, err), FD_IOMMU);
	struct iommufd *iommufd;
	int ret;

	if (fd < 0)
		return vfio_no_control(IOMMUFD, fd, "the host's kernel has no iommufd",
				       "modprobe iommufd (CONFIG_IOMMUFD), or give iommu=type1",
				       err);
	ret = sys_ioctl(fd, IOAS_ALLOC, &alloc);
	if (ret < 0)
		return err_set(err, ret, "IOMMU_IOAS_ALLOC");
	iommufd = calloc(1, sizeof(*iommufd));
	if (!iommufd)
		return err_set(err, ENOMEM, "IOMMU address space");
	*iommu = (struct vfio_iommu *)iommufd;
	iommufd->ioas = alloc.id;
	iommufd->iommu.ops = &vfio_iommufd_ops;
	iommufd->iommu.passed = passed;
	iommufd->iommu.fd = take_fd(&fd);
	return 0;
}

static int no_cdev(const struct vfio_host_device *host, struct err *err)
{
	err_set(err, 0, "%s has no file of its own in /dev/vfio/devices", host->name);
	err_why(err, "the host's kernel does not make any (CONFIG_VFIO_DEVICE_CDEV, Linux 6.6 or "
		     "newer), or no IOMMU serves the device");
	err_fix(err, "give iommu=type1");
	return err_host(err);
}

static bool allows_unsafe_interrupts(void)
{
	char value[8];

	return file_read_line(value, sizeof(value),
			      "/sys/module/iommufd/parameters/allow_unsafe_interrupts") == 0 &&
	       value[0] == 'Y';
}

/* vfio_device_fops_unl_ioctl(): nothing else is answered before. */
static bool is_bound(int fd)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return !sys_ioctl(fd, VFIO_DEVICE_GET_INFO, &info);
}

static int bind_failed(const struct vfio_host_device *host, const char *path, int fd, int code,
		       struct err *err)
{
	err_set(err, code, "VFIO_DEVICE_BIND_IOMMUFD of %s", path);
	switch (-code) {
	case EPERM: /* iommufd_device_bind(); once that is allowed, iommu_device_claim_dma_owner()
		     */
		if (allows_unsafe_interrupts())
			vfio_diagnose_siblings(err, host->group);
		else
			vfio_diagnose_unsafe_interrupts(err, "iommufd");
		break;
	case EINVAL: /* vfio_df_open(): another file has opened it */
		if (is_bound(fd)) {
			err_why(err, "whoever passed it has bound it already, and nobody can tell "
				     "to which iommufd");
			err_fix(err, "pass it as it was opened");
		} else if (BUILT(REMEDIES) && vfio_diagnose_owner(err, host, false))
			err->code = -EBUSY;
		else
			vfio_diagnose_no_start(err);
		break;
	case EBUSY:
		if (!BUILT(REMEDIES) || !vfio_diagnose_owner(err, host, false))
			vfio_diagnose_siblings(err, host->group);
		break;
	default:
		vfio_diagnose_no_start(err);
		break;
	}
	return err_host(err);
}

static int attach_failed(const struct iommufd *iommufd, const char *path, int code, struct err *err)
{
	err_set(err, code, "VFIO_DEVICE_ATTACH_IOMMUFD_PT of %s", path);
	/* iommufd_hw_pagetable_attach(), iommu_attach_group(): another page table than the others'
	 */
	if (code == -EINVAL && iommufd->is_used)
		return -EXDEV;
	if (code == -ENODEV)
		vfio_diagnose_not_served(err);
	return err_host(err);
}

static int iommufd_open_device(struct vfio_iommu *iommu, const struct vfio_host_device *host,
			       struct vfio_handle *handle, struct err *err)
{
	struct iommufd *iommufd = to_iommufd(iommu);
	struct cdev_bind bind = { .argsz = sizeof(bind), .iommufd = iommu->fd };
	struct cdev_attach attach = { .argsz = sizeof(attach), .ioas_id = iommufd->ioas };
	char path[64];
	owned_fd int fd = -1;
	int ret;

	/* The kernel would let a device without an IOMMU in as one that has one. */
	if (!vfio_host_device_cdev(host, path, sizeof(path)) ||
	    !strncmp(path, NOIOMMU_CDEV, strlen(NOIOMMU_CDEV)) !=
		    (iommu->type == VFIO_NOIOMMU_IOMMU))
		return no_cdev(host, err);
	fd = fd_to_range(passed_fds_open(iommu->passed, path, O_RDWR, err), FD_VFIO_DEVICE);
	if (fd < 0)
		return fd == -EBADF ? fd : vfio_open_failed(host, path, fd, err);
	ret = sys_ioctl(fd, CDEV_BIND, &bind);
	if (ret < 0)
		return bind_failed(host, path, fd, ret, err);
	ret = sys_ioctl(fd, CDEV_ATTACH, &attach);
	trace_line(TRACE_VFIO, "%s: fd %d of %s in iommufd %d: %d", host->name, fd, path, iommu->fd,
		   ret);
	if (ret < 0)
		return attach_failed(iommufd, path, ret, err);
	iommufd->is_used = true;
	handle->kvm_fd = fd;
	handle->fd = take_fd(&fd);
	return 0;
}

static int iommufd_reserved(struct vfio_iommu *iommu, struct iova_list *list, struct err *err)
{
	struct ioas_iova_ranges ask = { .size = sizeof(ask), .id = to_iommufd(iommu)->ioas };
	owned_ptr struct vfio_iova_range *usable = NULL;
	int ret = sys_ioctl(iommu->fd, IOAS_IOVA_RANGES, &ask);

	if (ret == -EMSGSIZE) {
		usable = calloc(ask.n_ranges, sizeof(*usable));
		if (!usable)
			return err_set(err, ENOMEM, "reserved IOVA ranges");
		ask.ranges = (uintptr_t)usable;
		ret = sys_ioctl(iommu->fd, IOAS_IOVA_RANGES, &ask);
	}
	if (ret < 0)
		return err_set(err, ret, "IOMMU_IOAS_IOVA_RANGES");
	ret = iova_list_add_complement(list, usable, usable ? ask.n_ranges : 0);
	return ret ? err_set(err, ret, "reserved IOVA ranges") : 0;
}

static int iommufd_map(struct vfio_iommu *iommu, struct range iova, void *hva, struct err *err)
{
	struct ioas_map map = {
		.size = sizeof(map),
		.flags = IOAS_MAP_FIXED_IOVA | IOAS_MAP_READABLE | IOAS_MAP_WRITEABLE,
		.id = to_iommufd(iommu)->ioas,
		.hva = (uintptr_t)hva,
		.length = iova.size,
		.iova = iova.start,
	};
	int ret = sys_ioctl(iommu->fd, IOAS_MAP, &map);

	return ret < 0 ? vfio_map_failed(iova, ret, err) : 0;
}

int vfio_iommufd_get_pa(struct vfio_iommu *iommu, uint64_t iova, uint64_t *length, uint64_t *pa,
			struct err *err)
{
	struct ioas_get_pa ask = {
		.size = sizeof(ask),
		.id = to_iommufd(iommu)->ioas,
		.iova = iova,
		.length = *length,
	};
	int ret = sys_ioctl(iommu->fd, IOAS_GET_PA, &ask);

	if (!ret && (!ask.length || ask.length > *length))
		ret = -EPROTO;
	if (ret)
		return err_set(err, ret, "IOMMU_IOAS_NOIOMMU_GET_PA");
	*length = ask.length;
	*pa = ask.pa;
	return 0;
}

static int iommufd_unmap_all(struct vfio_iommu *iommu, uint64_t *size, struct err *err)
{
	struct ioas_unmap unmap = {
		.size = sizeof(unmap),
		.id = to_iommufd(iommu)->ioas,
		.length = UINT64_MAX,
	};
	int ret = sys_ioctl(iommu->fd, IOAS_UNMAP, &unmap);

	if (ret < 0)
		return err_set(err, ret, "IOMMU_IOAS_UNMAP");
	*size = unmap.length;
	return 0;
}

const struct vfio_iommu_ops vfio_iommufd_ops = {
	.name = "iommufd",
	.open = iommufd_open,
	.open_device = iommufd_open_device,
	.reserved = iommufd_reserved,
	.map = iommufd_map,
	.unmap_all = iommufd_unmap_all,
	.close = vfio_iommu_close,
};
