// SPDX-License-Identifier: GPL-2.0-only
/* Which address space a device joins. */
#include <errno.h>
#include <linux/kvm.h>

#include "vfio/context.h"
#include "vfio/host/device.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/core/vm.h"

/* Whoever opened a group has it for all members. */
static struct vfio_iommu *iommu_of_group(const struct vfio *vfio, int number)
{
	struct vfio_iommu *iommu = vfio->iommus;

	while (iommu && !vfio_group_find(iommu->groups, number))
		iommu = iommu->next;
	return iommu;
}

/* In an address space with others where the kernel lets it, else in one of its own. */
static int open_with(struct vfio *vfio, const struct vfio_iommu_ops *ops,
		     const struct vfio_host_device *host, struct vfio_handle *handle,
		     struct err *err)
{
	struct vfio_iommu *iommu;
	int ret;

	for (iommu = vfio->iommus; iommu; iommu = iommu->next) {
		ret = iommu->ops == ops ? ops->open_device(iommu, host, handle, err) : -EXDEV;
		if (ret != -EXDEV)
			return ret;
	}
	ret = ops->open(vfio->passed, &iommu, err);
	if (ret)
		return ret;
	ret = ops->open_device(iommu, host, handle, err);
	if (ret) {
		ops->close(iommu);
		return ret;
	}
	if (vfio->iommus)
		log_info("%s: the kernel wants an address space of its own for it", host->name);
	iommu->next = vfio->iommus;
	vfio->iommus = iommu;
	return 0;
}

static int not_built(enum vfio_backend backend, struct err *err)
{
	static const char *const symbols[] = {
		[VFIO_BACKEND_AUTO] = "VFIO_IOMMUFD or CONFIG_VFIO_TYPE1",
		[VFIO_BACKEND_IOMMUFD] = "VFIO_IOMMUFD",
		[VFIO_BACKEND_TYPE1] = "VFIO_TYPE1",
		[VFIO_BACKEND_NONE] = "VFIO_NOIOMMU",
	};

	err_not_built(err, symbols[backend]);
	if (backend != VFIO_BACKEND_AUTO)
		err_fix(err, "give iommu=auto, or build dais with it");
	return err->code;
}

/*
 * The better backend that the host has, but rather that of the devices before: in two of them, all
 * RAM would be pinned and counted twice.
 */
static int open_auto(struct vfio *vfio, const struct vfio_host_device *host,
		     struct vfio_handle *handle, struct err *err)
{
	const struct vfio_iommu_ops *first = vfio_backends[VFIO_BACKEND_IOMMUFD];
	const struct vfio_iommu_ops *second = vfio_backends[VFIO_BACKEND_TYPE1];
	struct err why_not;
	int ret;

	if (!first || (vfio->iommus && vfio->iommus->ops == second)) {
		second = first;
		first = vfio_backends[VFIO_BACKEND_TYPE1];
	}
	if (!first)
		return not_built(VFIO_BACKEND_AUTO, err);
	ret = open_with(vfio, first, host, handle, &why_not);
	if (!ret) {
		log_info("%s: DMA through %s", host->name, first->name);
		return 0;
	}
	/* A process that has the device, or its group, has it for both. */
	if (ret == -EBUSY || !second) {
		*err = why_not;
		return ret;
	}
	ret = open_with(vfio, second, host, handle, err);
	if (!ret)
		log_info("%s: DMA through %s, not %s: %s: %s (%s)", host->name, second->name,
			 first->name, why_not.what, why_not.why, why_not.fix);
	return ret;
}

static int has_no_iommu(const struct vfio_host_device *host, struct err *err)
{
	err_usage(err, "%s has no IOMMU", host->name);
	err_why(err, "nothing would keep its DMA in the guest's memory; vfio-dais hands it out "
		     "because of its parameter allow_dma_without_iommu");
	return err_fix(err, "give iommu=none and what that takes (dais(1) tells the danger)");
}

static int open_any(struct vfio *vfio, const struct vfio_host_device *host,
		    struct vfio_handle *handle, struct err *err)
{
	struct vfio_iommu *iommu = iommu_of_group(vfio, host->group);

	if (iommu)
		return iommu->ops->open_device(iommu, host, handle, err);
	/* The kernel would take it for one that has an IOMMU. */
	if (vfio->backend != VFIO_BACKEND_NONE && vfio_host_device_is_emulated(host))
		return has_no_iommu(host, err);
	if (vfio->backend == VFIO_BACKEND_AUTO)
		return open_auto(vfio, host, handle, err);
	if (!vfio_backends[vfio->backend])
		return not_built(vfio->backend, err);
	return open_with(vfio, vfio_backends[vfio->backend], host, handle, err);
}

int vfio_handle_open(struct vfio *vfio, const struct vfio_host_device *host,
		     struct vfio_handle *handle, struct err *err)
{
	int ret;

	*handle = (struct vfio_handle){ .host = host, .fd = -1, .kvm_fd = -1 };
	ret = open_any(vfio, host, handle, err);
	if (ret)
		return ret;
	if (vfio->passed && vfio->passed->has_devices)
		log_info("%s: it stays bound to VFIO in the end; whoever passed the descriptors "
			 "gives it back with \"dais unbind %s\"",
			 host->name, host->name);
	handle->next = vfio->handles;
	vfio->handles = handle;
	return 0;
}

static bool has_kvm_fd(const struct vfio_handle *list, int kvm_fd)
{
	while (list && list->kvm_fd != kvm_fd)
		list = list->next;
	return list;
}

void vfio_handle_close(struct vfio *vfio, struct vfio_handle *handle)
{
	struct vfio_handle **link = &vfio->handles;
	int32_t kvm_fd = handle->kvm_fd;

	if (handle->fd < 0)
		return;
	while (*link != handle)
		link = &(*link)->next;
	*link = handle->next;
	/* KVM keeps the file open until told otherwise. */
	if (vfio->kvm_fd >= 0 && kvm_fd >= 0 && !has_kvm_fd(vfio->handles, kvm_fd))
		kvm_attr_set(vfio->kvm_fd, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_DEL, &kvm_fd);
	close_fd(&handle->fd);
}

int vfio_kvm_attach(struct vfio *vfio, struct vm *vm, struct err *err)
{
	if (!vfio->handles)
		return 0;
	vfio->kvm_fd = kvm_device_create(vm, KVM_DEV_TYPE_VFIO, false);
	if (vfio->kvm_fd < 0)
		return err_set(err, vfio->kvm_fd, "create the KVM-VFIO device");
	for (const struct vfio_handle *handle = vfio->handles; handle; handle = handle->next) {
		int32_t fd = handle->kvm_fd;
		int ret;

		if (fd < 0 || has_kvm_fd(handle->next, fd))
			continue;
		ret = kvm_attr_set(vfio->kvm_fd, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, &fd);
		/*
		 * EPERM: KVM does not take a group without IOMMU; EINVAL: older kernels, no
		 * device's own file. Neither needs it.
		 */
		if (ret < 0 && ret != -EPERM && !(ret == -EINVAL && fd == handle->fd))
			return err_set(err, ret, "tell KVM of %s", handle->host->name);
	}
	return 0;
}
