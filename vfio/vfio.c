// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/vfio.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/context.h"
#include "vfio/group.h"
#include "vfio/host_device.h"
#include "vfio/nodes.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/ram.h"
#include "vmm/core/vm.h"

int iova_list_add(struct iova_list *list, struct range range)
{
	struct range *bigger;

	if (!range_valid(range))
		return 0;
	for (unsigned int i = 0; i < list->n_ranges; i++)
		if (range_contains(list->ranges[i], range))
			return 0;
	bigger = reallocarray(list->ranges, list->n_ranges + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	bigger[list->n_ranges++] = range;
	list->ranges = bigger;
	return 0;
}

int vfio_create(struct vfio **vfio, struct err *err)
{
	*vfio = calloc(1, sizeof(**vfio));
	if (!*vfio)
		return err_set(err, ENOMEM, "VFIO");
	(*vfio)->kvm_fd = -1;
	return 0;
}

/* Put @group where the kernel lets it be with others, else into an address space of its own. */
static int attach_group(struct vfio *vfio, struct vfio_group *group, struct err *err)
{
	struct vfio_iommu *iommu;
	int ret;

	for (iommu = vfio->iommus; iommu; iommu = iommu->next) {
		ret = iommu->ops->attach(iommu, group, err);
		if (ret == 0)
			iommu->n_groups++;
		if (ret != -EXDEV)
			return ret;
	}
	ret = vfio_type1_ops.open(&iommu, err);
	if (ret)
		return ret;
	iommu->next = vfio->iommus;
	vfio->iommus = iommu;
	ret = iommu->ops->attach(iommu, group, err);
	if (ret)
		return ret;
	iommu->n_groups++;
	if (iommu->next)
		log_info("%s: the kernel wants a container of its own for it", group->path);
	return 0;
}

int vfio_get_group(struct vfio *vfio, const struct vfio_host_device *host,
		   struct vfio_group **group, struct err *err)
{
	struct vfio_group *g;
	int ret;

	for (g = vfio->groups; g; g = g->next) {
		if (g->number == host->group) {
			*group = g;
			return 0;
		}
	}
	ret = vfio_group_open(host, &g, err);
	if (ret)
		return ret;
	ret = attach_group(vfio, g, err);
	if (ret) {
		vfio_group_close(g);
		return ret;
	}
	g->next = vfio->groups;
	vfio->groups = g;
	*group = g;
	return 0;
}

/*
 * "0x0000000008000000 0x00000000080fffff msi", a line each:
 * Documentation/ABI/testing/sysfs-kernel-iommu_groups. What is direct-relaxable may be mapped by
 * whom the device is assigned to.
 */
static int add_group_reserved(struct iova_list *list, const struct vfio_group *group)
{
	owned_ptr char *text = NULL;
	char path[80], type[32], *line, *next;
	size_t size;
	int ret = 0;

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/reserved_regions", group->number);
	if (file_read(path, 1 << 20, &text, &size))
		return 0;
	for (next = text; !ret && (line = strsep(&next, "\n"));) {
		uint64_t first, last;

		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %31s", &first, &last, type) == 3 &&
		    strcmp(type, "direct-relaxable") && last >= first)
			ret = iova_list_add(list, (struct range){ first, last - first + 1 });
	}
	return ret;
}

int vfio_reserved(struct vfio *vfio, const struct range **ranges, unsigned int *n_ranges,
		  struct err *err)
{
	struct iova_list *list = &vfio->reserved;

	list->n_ranges = 0;
	for (struct vfio_iommu *iommu = vfio->iommus; iommu; iommu = iommu->next) {
		int ret = iommu->ops->reserved(iommu, list, err);

		if (ret)
			return ret;
	}
	for (const struct vfio_group *group = vfio->groups; group; group = group->next) {
		int ret = add_group_reserved(list, group);

		if (ret)
			return err_set(err, ret, "reserved IOVA ranges");
	}
	*ranges = list->ranges;
	*n_ranges = list->n_ranges;
	return 0;
}

static int map_ram(struct vfio_iommu *iommu, const struct ram *ram, struct err *err)
{
	assert(iommu->n_mapped == 0);
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		const struct ram_bank *bank = &ram->banks[i];
		int ret = iommu->ops->map(iommu, bank->gpa, bank->hva, err);

		if (ret)
			return ret;
		iommu->mapped[iommu->n_mapped++] = bank->gpa;
		trace_line(TRACE_VFIO, "DMA map iova %#" PRIx64 " size %#" PRIx64, bank->gpa.start,
			   bank->gpa.size);
	}
	return 0;
}

int vfio_dma_map(struct vfio *vfio, const struct ram *ram, struct err *err)
{
	unsigned int n_iommus = 0;
	int ret = 0;

	for (struct vfio_iommu *iommu = vfio->iommus; iommu && !ret; iommu = iommu->next)
		ret = map_ram(iommu, ram, err);
	if (!ret)
		return 0;
	for (struct vfio_iommu *iommu = vfio->iommus; iommu; iommu = iommu->next)
		n_iommus++;
	/* The kernel counts the pages of each container. */
	if (ret == -ENOMEM)
		err_fix(err,
			"allow %" PRIu64 " bytes: ulimit -l %" PRIu64 " (a systemd unit: "
			"LimitMEMLOCK=%" PRIu64 "), or give dais CAP_IPC_LOCK, or the guest "
			"less memory",
			ram->size * n_iommus, ram->size * n_iommus / 1024, ram->size * n_iommus);
	vfio_dma_unmap(vfio, &(struct err){ 0 });
	return ret;
}

int vfio_dma_unmap(struct vfio *vfio, struct err *err)
{
	int first = 0;

	/* All that can be unmapped is, whatever fails; the first failure is told. */
	for (struct vfio_iommu *iommu = vfio->iommus; iommu; iommu = iommu->next) {
		while (iommu->n_mapped) {
			struct range iova = iommu->mapped[--iommu->n_mapped];
			int ret = iommu->ops->unmap(iommu, iova, first ? &(struct err){ 0 } : err);

			first = first ? first : ret;
		}
	}
	return first;
}

int vfio_kvm_attach(struct vfio *vfio, struct vm *vm, struct err *err)
{
	if (!vfio->groups)
		return 0;
	vfio->kvm_fd = kvm_device_create(vm, KVM_DEV_TYPE_VFIO, false);
	if (vfio->kvm_fd < 0)
		return err_set(err, vfio->kvm_fd, "create the KVM-VFIO device");
	for (const struct vfio_group *group = vfio->groups; group; group = group->next) {
		int32_t fd = group->fd;
		int ret =
			kvm_attr_set(vfio->kvm_fd, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, &fd);

		/* EPERM: KVM does not take a group without IOMMU, and needs not. */
		if (ret < 0 && ret != -EPERM)
			return err_set(err, ret, "tell KVM of %s", group->path);
	}
	return 0;
}

bool vfio_is_empty(const struct vfio *vfio)
{
	return !vfio->devices;
}

/* KVM holds each group's file until told otherwise; an open group cannot be opened again. */
static void kvm_detach(struct vfio *vfio)
{
	if (vfio->kvm_fd < 0)
		return;
	for (const struct vfio_group *group = vfio->groups; group; group = group->next) {
		int32_t fd = group->fd;

		kvm_attr_set(vfio->kvm_fd, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_DEL, &fd);
	}
	close_fd(&vfio->kvm_fd);
}

void vfio_destroy(struct vfio *vfio)
{
	if (!vfio)
		return;
	assert(!vfio->devices);
	vfio_nodes_destroy(vfio);
	kvm_detach(vfio);
	vfio_dma_unmap(vfio, &(struct err){ 0 });
	while (vfio->groups) {
		struct vfio_group *group = vfio->groups;

		vfio->groups = group->next;
		vfio_group_close(group);
	}
	while (vfio->iommus) {
		struct vfio_iommu *iommu = vfio->iommus;

		vfio->iommus = iommu->next;
		iommu->ops->close(iommu);
	}
	free(vfio->reserved.ranges);
	free(vfio);
}
