// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/vfio.h>

#include "vfio/iommu/iommu.h"
#include "vmm/base/array.h"

int iova_list_add(struct iova_list *list, struct range range)
{
	if (!range_valid(range))
		return 0;
	for (unsigned int i = 0; i < list->n_ranges; i++)
		if (range_contains(list->ranges[i], range))
			return 0;
	return array_append(list->ranges, list->n_ranges, &range);
}

int iova_list_add_complement(struct iova_list *list, const struct vfio_iova_range *usable,
			     unsigned int n_usable)
{
	uint64_t next = 0;
	int ret = 0;

	for (unsigned int i = 0; i < n_usable && !ret; i++) {
		ret = iova_list_add(list, (struct range){ next, usable[i].start - next });
		next = usable[i].end + 1;
		if (next == 0)
			return ret;
	}
	return ret ? ret
		   : iova_list_add(list, (struct range){ next, UINT64_MAX - next + (next > 0) });
}
