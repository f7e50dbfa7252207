// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "vfio/iommu/iommu.h"
#include "vmm/base/built.h"

const struct vfio_iommu_ops *const vfio_backends[N_VFIO_BACKENDS] = {
	[VFIO_BACKEND_IOMMUFD] = BUILT(VFIO_IOMMUFD) ? &vfio_iommufd_ops : NULL,
	[VFIO_BACKEND_TYPE1] = BUILT(VFIO_TYPE1) ? &vfio_type1_ops : NULL,
	[VFIO_BACKEND_NONE] = BUILT(VFIO_NOIOMMU) ? &vfio_noiommu_ops : NULL,
};
