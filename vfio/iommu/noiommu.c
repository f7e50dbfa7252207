// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend for devices that no IOMMU stands before: VFIO_NOIOMMU_IOMMU,
 * drivers/vfio/container.c. A device reaches all memory of the host, by physical address, from the
 * moment that somebody tells it an address. Nothing is mapped here, and nothing can be cut; what
 * "map" does is to look whether guest RAM is where the guest believes it to be.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <string.h>

#include "vfio/host/device.h"
#include "vfio/iommu/iommu.h"
#include "vmm/base/built.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/ram/pagemap.h"

struct noiommu {
	struct vfio_iommu iommu; /* first */
	/* Opened by who maps: a pagemap shows the process that opened it. -1: not yet. Stays open,
	 * for guest resets, when the right to open another is gone. */
	int pagemap;
	/* Where the kernel has files of their own for such devices: their iommufd. Else NULL. */
	struct vfio_iommu *cdevs;
	bool has_cdev;  /* a device is open by it: it pins guest RAM, and tells where that is … */
	bool is_pinned; /* … which it did, once and for all */
};

static int noiommu_open(struct passed_fds *passed, struct vfio_iommu **iommu, struct err *err)
{
	owned_fd int fd = fd_to_range(sys_open(CONTAINER, O_RDWR), FD_IOMMU);
	struct noiommu *n;

	(void)passed; /* it takes rights that no descriptor gives */
	if (fd < 0) {
		err_set(err, fd, "open " CONTAINER);
		err_fix(err, "modprobe vfio (CONFIG_VFIO_CONTAINER), and run dais as root");
		return err_host(err);
	}
	n = calloc(1, sizeof(*n));
	if (!n)
		return err_set(err, ENOMEM, "VFIO container");
	n->iommu.ops = &vfio_noiommu_ops;
	n->iommu.fd = take_fd(&fd);
	n->pagemap = -1;
	*iommu = (struct vfio_iommu *)n;
	return 0;
}

/* A container takes devices of one type: the first one's. */
static int set_type(struct vfio_iommu *iommu, unsigned long type, struct err *err)
{
	if (iommu->type)
		return iommu->type == type ? 0 : -EXDEV;
	iommu->type = type;
	if (sys_ioctl(iommu->fd, VFIO_CHECK_EXTENSION, (void *)type) > 0)
		return 0;
	if (type == VFIO_TYPE1v2_IOMMU) {
		err_set(err, 0, CONTAINER " has no type1 IOMMU");
		err_why(err, "a group that vfio-dais makes for a device without an IOMMU takes it");
		err_fix(err, "modprobe vfio_iommu_type1 (CONFIG_VFIO_IOMMU_TYPE1)");
		return err_host(err);
	}
	err_set(err, 0, CONTAINER " takes no device without an IOMMU");
	err_why(err, "the host's kernel cannot, or may not");
	err_fix(err, "CONFIG_VFIO_NOIOMMU=y in the host's kernel, then "
		     "echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	return err_host(err);
}

/* False: by its group, then, whatever stands against it. */
static bool open_cdev(struct noiommu *n, const struct vfio_host_device *host,
		      struct vfio_handle *handle)
{
	char path[64];
	struct err err;

	if (!BUILT(VFIO_IOMMUFD) || !vfio_host_device_cdev(host, path, sizeof(path)) ||
	    strncmp(path, NOIOMMU_CDEV, strlen(NOIOMMU_CDEV)) ||
	    (!n->cdevs && vfio_iommufd_ops.open(NULL, &n->cdevs, &err)))
		return false;
	n->cdevs->type = VFIO_NOIOMMU_IOMMU;
	if (vfio_iommufd_ops.open_device(n->cdevs, host, handle, &err)) {
		trace_line(TRACE_VFIO, "%s: by its group: %s", host->name, err.what);
		return false;
	}
	n->has_cdev = true;
	return true;
}

/*
 * KVM does not take such a group (EPERM), and needs not: there is no DMA to keep coherent behind
 * its back.
 */
static int noiommu_open_device(struct vfio_iommu *iommu, const struct vfio_host_device *host,
			       struct vfio_handle *handle, struct err *err)
{
	bool emulated = vfio_host_device_is_emulated(host);
	int ret =
		vfio_host_device_check_noiommu(host, err)
			?: set_type(iommu, emulated ? VFIO_TYPE1v2_IOMMU : VFIO_NOIOMMU_IOMMU, err);

	if (!ret && emulated)
		ret = vfio_group_open_device(iommu, host, handle, err);
	else if (!ret && !open_cdev((struct noiommu *)iommu, host, handle))
		ret = vfio_group_open_device(iommu, host, handle, err);
	handle->kvm_fd = -1;
	handle->can_pin = emulated;
	return ret;
}

int vfio_misplaced(struct range iova, const struct pagemap_misfit *misfit, int code,
		   struct err *err)
{
	uint64_t wanted = iova.start + misfit->offset;

	err_set(err, code, "guest RAM at 0x%" PRIx64, wanted);
	if (code == -ESTALE) {
		err_why(err,
			"its page is at physical address 0x%" PRIx64
			", so devices would read and write memory of others",
			misfit->pa);
		err_fix(err, "let nothing on this host migrate huge pages (memory hotplug, soft "
			     "offlining); a memory-base must be the physical address of the file");
	} else if (code == -EPERM) {
		err_why(err, "the kernel tells physical addresses only to CAP_SYS_ADMIN");
		err_fix(err, "run dais as root");
	} else if (code == -ENODATA) {
		err_why(err, "the kernel does not tell the physical address of its page");
		err_fix(err, "take guest RAM from a hugetlbfs (mem-path)");
	}
	return err_host(err);
}

static int pin(struct noiommu *n, struct range iova, void *hva, struct err *err)
{
	struct pagemap_misfit misfit = { 0 };
	uint64_t length;
	int ret;

	if (n->is_pinned)
		return 0;
	ret = vfio_iommufd_ops.map(n->cdevs, iova, hva, err);
	for (; !ret && misfit.offset < iova.size; misfit.offset += length) {
		const uint64_t wanted = iova.start + misfit.offset;

		length = iova.size - misfit.offset;
		ret = vfio_iommufd_get_pa(n->cdevs, wanted, &length, &misfit.pa, err);
		if (!ret && misfit.pa != wanted)
			return vfio_misplaced(iova, &misfit, -ESTALE, err);
	}
	return ret;
}

static int noiommu_map(struct vfio_iommu *iommu, struct range iova, void *hva, struct err *err)
{
	struct noiommu *n = (struct noiommu *)iommu;
	struct pagemap_misfit misfit;
	int ret;

	if (iommu->type == VFIO_TYPE1v2_IOMMU)
		return 0; /* vfio_pin_ram() */
	if (BUILT(VFIO_IOMMUFD) && n->has_cdev)
		return pin(n, iova, hva, err);
	if (n->pagemap < 0)
		n->pagemap = pagemap_open(err);
	if (n->pagemap < 0)
		return n->pagemap;
	ret = pagemap_check(n->pagemap, hva, iova, &misfit);
	return ret ? vfio_misplaced(iova, &misfit, ret, err) : 0;
}

/* There is nothing to cut a device off with: only its reset quiets it. */
static int noiommu_unmap_all(struct vfio_iommu *iommu, uint64_t *size, struct err *err)
{
	(void)err;
	*size = iommu->mapped;
	((struct noiommu *)iommu)->is_pinned = iommu->mapped; /* until it is closed */
	return 0;
}

static void noiommu_close(struct vfio_iommu *iommu)
{
	struct vfio_iommu *cdevs = ((struct noiommu *)iommu)->cdevs;

	if (cdevs)
		cdevs->ops->close(cdevs);
	close_fd(&((struct noiommu *)iommu)->pagemap);
	vfio_iommu_close(iommu);
}

const struct vfio_iommu_ops vfio_noiommu_ops = {
	.name = "noiommu",
	.open = noiommu_open,
	.open_device = noiommu_open_device,
	.map = noiommu_map,
	.unmap_all = noiommu_unmap_all,
	.close = noiommu_close,
};
