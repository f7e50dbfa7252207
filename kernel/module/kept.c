// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that is unbound while it may still be at work. A driver cannot refuse to be unbound; but
 * as long as somebody else owns the device's DMA, no driver that does DMA is given the device, and
 * its IOMMU lets nothing through.
 */
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "vfio_dais.h"

struct kept {
	struct kept *next;
	struct device *dev;
};

static struct kept *all_kept;
static DEFINE_MUTEX(kept_lock);

bool dv_keep(struct device *dev, const char *why)
{
	struct kept *kept = kzalloc(sizeof(*kept), GFP_KERNEL);

	if (!kept || iommu_device_claim_dma_owner(dev, &all_kept)) {
		dev_err(dev, "unbound at work (%s): no driver is kept from it\n", why);
		kfree(kept);
		return false;
	}
	dev_warn(dev, "unbound at work (%s): vfio-dais alone gets it again\n", why);
	kept->dev = get_device(dev);
	mutex_lock(&kept_lock);
	kept->next = all_kept;
	all_kept = kept;
	mutex_unlock(&kept_lock);
	return true;
}

bool dv_take_kept(struct device *dev)
{
	struct kept **link = &all_kept, *kept;

	mutex_lock(&kept_lock);
	while (*link && (*link)->dev != dev)
		link = &(*link)->next;
	kept = *link;
	if (kept)
		*link = kept->next;
	mutex_unlock(&kept_lock);
	if (!kept)
		return false;
	iommu_device_release_dma_owner(dev);
	put_device(dev);
	kfree(kept);
	return true;
}
