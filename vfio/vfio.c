// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/vfio.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "vfio/context.h"
#include "vfio/host/device.h"
#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/ram/ram.h"
#include "vmm/core/vm.h"

int vfio_create(struct vfio **vfio, enum vfio_backend backend, struct passed_fds *passed,
		struct err *err)
{
	*vfio = calloc(1, sizeof(**vfio));
	if (!*vfio)
		return err_set(err, ENOMEM, "VFIO");
	(*vfio)->backend = backend;
	(*vfio)->passed = passed;
	(*vfio)->kvm_fd = -1;
	(*vfio)->interrupts_fd = BUILT(SUMMARY) ? sys_open(HOST_IRQ_FILE, O_RDONLY) : -1;
	return 0;
}

/* What is direct-relaxable may be mapped by whom the device is assigned to. */
static int add_group_reserved(struct iova_list *list, int group)
{
	owned_ptr char *text = vfio_host_group_reserved(group);
	struct vfio_reserved reserved;
	int ret = 0;

	for (char *next = text; !ret && vfio_reserved_next(&next, &reserved);)
		if (strcmp(reserved.kind, "direct-relaxable"))
			ret = iova_list_add(list, reserved.iova);
	return ret;
}

int vfio_reserved(struct vfio *vfio, const struct range **ranges, unsigned int *n_ranges,
		  struct err *err)
{
	struct iova_list *list = &vfio->reserved;
	int ret;

	list->n_ranges = 0;
	for (struct vfio_iommu *iommu = vfio->iommus; iommu; iommu = iommu->next) {
		ret = iommu->ops->reserved ? iommu->ops->reserved(iommu, list, err) : 0;
		if (ret)
			return ret;
	}
	for (const struct vfio_handle *handle = vfio->handles; handle; handle = handle->next) {
		ret = add_group_reserved(list, handle->host->group);
		if (ret)
			return err_set(err, ret, "reserved IOVA ranges");
	}
	ret = vfio_reserve_carveouts(vfio, err);
	if (ret)
		return ret;
	*ranges = list->ranges;
	*n_ranges = list->n_ranges;
	return 0;
}

static int map_ram(struct vfio_iommu *iommu, const struct ram *ram, struct err *err)
{
	assert(!iommu->mapped);
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		const struct ram_bank *bank = &ram->banks[i];
		int ret = iommu->ops->map(iommu, bank->gpa, bank->hva, err);

		if (ret)
			return ret;
		iommu->mapped += bank->gpa.size;
		trace_line(TRACE_VFIO, "DMA map iova %#" PRIx64 " size %#" PRIx64, bank->gpa.start,
			   bank->gpa.size);
	}
	return 0;
}

int vfio_dma_map(struct vfio *vfio, const struct ram *ram, struct err *err)
{
	int ret = 0;

	for (struct vfio_iommu *iommu = vfio->iommus; iommu && !ret; iommu = iommu->next)
		ret = map_ram(iommu, ram, err);
	if (!ret && BUILT(VFIO_NOIOMMU))
		ret = vfio_pin_ram(vfio, ram, err);
	if (!ret)
		return 0;
	/* The kernel counts the pages of each container. */
	if (ret == -ENOMEM)
		vfio_fix_locking(ram->size * vfio_mapped(vfio, NULL, 0), err);
	vfio_dma_unmap(vfio, &(struct err){ 0 });
	return ret;
}

static int unmap_all(struct vfio_iommu *iommu, struct err *err)
{
	uint64_t size = 0;
	int ret = iommu->ops->unmap_all(iommu, &size, err);

	trace_line(TRACE_VFIO, "DMA unmap all: size %#" PRIx64 ": %d", size, ret);
	if (ret)
		return err_prefix(err, "unmap guest RAM from DMA");
	if (size < iommu->mapped) {
		err_set(err, EIO, "unmap guest RAM from DMA");
		err_why(err,
			"the kernel unmapped %" PRIu64 " bytes of %" PRIu64
			", so devices may still reach the rest",
			size, iommu->mapped);
		ret = err->code;
	}
	iommu->mapped = 0;
	return ret;
}

int vfio_dma_unmap(struct vfio *vfio, struct err *err)
{
	int first = 0;

	/* All that can be unmapped is, whatever fails; the first failure is told. */
	for (struct vfio_iommu *iommu = vfio->iommus; iommu; iommu = iommu->next) {
		int ret = unmap_all(iommu, first ? &(struct err){ 0 } : err);

		first = first ? first : ret;
	}
	return first;
}

bool vfio_is_empty(const struct vfio *vfio)
{
	return !vfio->devices;
}

void vfio_kvm_detach(struct vfio *vfio)
{
	if (vfio)
		close_fd(&vfio->kvm_fd);
}

void vfio_destroy(struct vfio *vfio)
{
	if (!vfio)
		return;
	assert(!vfio->devices && !vfio->handles);
	vfio_nodes_destroy(&vfio->nodes);
	if (BUILT(SCMI))
		vfio_scmi_destroy(vfio);
	host_live_destroy(vfio->live);
	host_tree_destroy(vfio->tree);
	vfio_kvm_detach(vfio);
	vfio_dma_unmap(vfio, &(struct err){ 0 });
	while (vfio->iommus) {
		struct vfio_iommu *iommu = vfio->iommus;

		vfio->iommus = iommu->next;
		iommu->ops->close(iommu);
	}
	close_fd(&vfio->interrupts_fd);
	free(vfio->irq_lines);
	free(vfio->reserved.ranges);
	free(vfio);
}
