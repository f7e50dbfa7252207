// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "vfio/context.h"
#include "vfio/vfio.h"

static void add(int fd, int *fds, unsigned int n_max, unsigned int *n)
{
	if (fd < 0)
		return;
	if (*n < n_max)
		fds[*n] = fd;
	++*n;
}

unsigned int vfio_files(const struct vfio *vfio, enum vfio_file kind, int *fds, unsigned int n_max)
{
	unsigned int n = 0;

	switch (kind) {
	case VFIO_FILE_DEVICE:
		for (const struct vfio_handle *h = vfio->handles; h; h = h->next)
			add(h->fd, fds, n_max, &n);
		break;
	case VFIO_FILE_IOMMU:
		for (const struct vfio_iommu *iommu = vfio->iommus; iommu; iommu = iommu->next)
			add(iommu->fd, fds, n_max, &n);
		break;
	case VFIO_FILE_KVM:
		add(vfio->kvm_fd, fds, n_max, &n);
		break;
	default:
		break;
	}
	return n;
}
