// SPDX-License-Identifier: GPL-2.0-only
/* The type1 backend: /dev/vfio/vfio, Documentation/driver-api/vfio.rst and
 * drivers/vfio/vfio_iommu_type1.c. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>

#include "vfio/iommu/diagnosis.h"
#include "vfio/iommu/info_cap.h"
#include "vfio/iommu/iommu.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"

static int check_container(int fd, struct err *err)
{
	int version = sys_ioctl(fd, VFIO_GET_API_VERSION, NULL);
	int type1 = sys_ioctl(fd, VFIO_CHECK_EXTENSION, (void *)VFIO_TYPE1v2_IOMMU);

	if (version != VFIO_API_VERSION) {
		err_set(err, version < 0 ? version : 0, "VFIO_GET_API_VERSION of " CONTAINER);
		err_why(err, "version %d is needed, the kernel has %d", VFIO_API_VERSION, version);
		return err_host(err);
	}
	if (type1 <= 0) {
		err_set(err, type1, CONTAINER " has no type1 IOMMU");
		err_fix(err, "modprobe vfio_iommu_type1 (CONFIG_VFIO_IOMMU_TYPE1)");
		return err_host(err);
	}
	return 0;
}

static int type1_open(struct passed_fds *passed, struct vfio_iommu **iommu, struct err *err)
{
	owned_fd int fd = fd_to_range(passed_fds_open(passed, CONTAINER, O_RDWR, err), FD_IOMMU);
	int ret;

	if (fd < 0)
		return vfio_no_control(CONTAINER, fd, "the host's kernel has no VFIO container",
				       "modprobe vfio_iommu_type1 (CONFIG_VFIO_CONTAINER, "
				       "CONFIG_VFIO_IOMMU_TYPE1)",
				       err);
	ret = check_container(fd, err);
	if (ret)
		return ret;
	*iommu = calloc(1, sizeof(**iommu));
	if (!*iommu)
		return err_set(err, ENOMEM, "IOMMU container");
	(*iommu)->ops = &vfio_type1_ops;
	(*iommu)->passed = passed;
	(*iommu)->type = VFIO_TYPE1v2_IOMMU;
	(*iommu)->fd = take_fd(&fd);
	return 0;
}

static int type1_reserved(struct vfio_iommu *iommu, struct iova_list *list, struct err *err)
{
	const struct vfio_iommu_type1_info_cap_iova_range *usable;
	owned_ptr struct vfio_iommu_type1_info *info = NULL;
	int ret = vfio_info_read(iommu->fd, VFIO_IOMMU_GET_INFO,
				 &(struct vfio_iommu_type1_info){ .argsz = sizeof(*info) },
				 sizeof(*info), (void **)&info);

	if (ret < 0)
		return err_set(err, ret, "VFIO_IOMMU_GET_INFO");
	if (!(info->flags & VFIO_IOMMU_INFO_CAPS))
		return 0;
	usable = vfio_info_cap(info, info->argsz, info->cap_offset,
			       VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, sizeof(*usable));
	if (!usable)
		return 0;
	if (usable->nr_iovas > vfio_info_cap_room(info, info->argsz, usable->iova_ranges) /
				       sizeof(usable->iova_ranges[0]))
		return err_set(err, EPROTO, "VFIO_IOMMU_GET_INFO: list of IOVA ranges");
	ret = iova_list_add_complement(list, usable->iova_ranges, usable->nr_iovas);
	return ret ? err_set(err, ret, "reserved IOVA ranges") : 0;
}

static int type1_map(struct vfio_iommu *iommu, struct range iova, void *hva, struct err *err)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)hva,
		.iova = iova.start,
		.size = iova.size,
	};
	int ret = sys_ioctl(iommu->fd, VFIO_IOMMU_MAP_DMA, &map);

	return ret < 0 ? vfio_map_failed(iova, ret, err) : 0;
}

static int type1_unmap_all(struct vfio_iommu *iommu, uint64_t *size, struct err *err)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};
	int ret = sys_ioctl(iommu->fd, VFIO_IOMMU_UNMAP_DMA, &unmap);

	*size = unmap.size;
	return ret < 0 ? err_set(err, ret, "VFIO_IOMMU_UNMAP_DMA") : 0;
}

const struct vfio_iommu_ops vfio_type1_ops = {
	.name = "type1",
	.open = type1_open,
	.open_device = vfio_group_open_device,
	.reserved = type1_reserved,
	.map = type1_map,
	.unmap_all = type1_unmap_all,
	.close = vfio_iommu_close,
};
