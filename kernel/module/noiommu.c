// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that no IOMMU stands before. They reach all memory of the host, and so does who is given
 * one. What this file cares for is that a device does not write to a page that has got another
 * owner: pages that user space is to tell the device of are pinned first, and stay so until the
 * device is known to be quiet, because it was reset or because a driver of the host has it. Before
 * there are such pages, registers are out of reach: who takes the device for one that has an IOMMU
 * gets no further.
 *
 * The pins are this driver's own, made of addresses in the caller's memory. Those of
 * vfio_pin_pages() go when user space unmaps the memory, and not when the device is quiet; type1
 * stops the kernel if others come meanwhile ten times.
 */
#include <linux/amba/bus.h>
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "vfio_dais.h"

static bool allow_dma_without_iommu;
module_param(allow_dma_without_iommu, bool, 0644);
MODULE_PARM_DESC(allow_dma_without_iommu,
		 "take devices without an IOMMU, too: users reach all memory of the host");

/* Of a page of an earlier opening, after which the device was not known to be quiet */
#define KEPT XA_MARK_1

struct dv_pins {
	struct list_head all;
	struct device *dev;
	struct mutex lock;   /* for what follows */
	struct xarray pages; /* by the number of the first frame that the pin holds */
	bool in_use;         /* the device may be told of its pages: registers can be reached */
	bool kept;           /* there are such pages; the module stays */
};

static LIST_HEAD(all_pins);
static DEFINE_MUTEX(all_lock);

bool dv_is_without_iommu(struct device *dev)
{
	return allow_dma_without_iommu && !device_iommu_mapped(dev);
}

static struct dv_pins *find(struct device *dev)
{
	struct dv_pins *pins;

	list_for_each_entry(pins, &all_pins, all)
		if (pins->dev == dev)
			return pins;
	return NULL;
}

int dv_pins_get(struct dv_device *dv)
{
	struct dv_pins *pins;

	mutex_lock(&all_lock);
	pins = find(dv_dev(dv));
	if (!pins)
		pins = kzalloc(sizeof(*pins), GFP_KERNEL);
	if (pins && !pins->dev) {
		pins->dev = get_device(dv_dev(dv));
		mutex_init(&pins->lock);
		xa_init(&pins->pages);
		list_add(&pins->all, &all_pins);
	}
	mutex_unlock(&all_lock);
	dv->pins = pins;
	return pins ? 0 : -ENOMEM;
}

static void unpin(struct dv_pins *pins, unsigned long pfn)
{
	struct page *page = xa_erase(&pins->pages, pfn);

	unpin_user_pages_dirty_lock(&page, 1, true);
}

/* All, or only what is kept */
static void unpin_all(struct dv_pins *pins, bool kept_only)
{
	unsigned long pfn;
	struct page *page;

	xa_for_each(&pins->pages, pfn, page) {
		if (!kept_only || xa_get_mark(&pins->pages, pfn, KEPT))
			unpin(pins, pfn);
		cond_resched();
	}
	if (!pins->kept)
		return;
	dev_info(pins->dev, "quiet: the memory that was kept for it goes back\n");
	pins->kept = false;
	module_put(THIS_MODULE);
}

static void free_pins(struct dv_pins *pins)
{
	list_del(&pins->all);
	put_device(pins->dev);
	xa_destroy(&pins->pages);
	kfree(pins);
}

void dv_pins_put(struct dv_device *dv)
{
	if (!dv->pins)
		return;
	mutex_lock(&all_lock);
	if (!dv->pins->kept)
		free_pins(dv->pins);
	mutex_unlock(&all_lock);
	dv->pins = NULL;
}

int dv_pins_open(struct dv_device *dv)
{
	if (!dv->pins)
		return 0;
	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	add_taint(TAINT_USER, LOCKDEP_STILL_OK);
	dev_warn(dv_dev(dv), "opened without an IOMMU by %s (%d), which taints the kernel\n",
		 current->comm, task_pid_nr(current));
	return 0;
}

/* What the device was never told of needs not be kept. */
static void keep(struct dv_pins *pins)
{
	unsigned long pfn;
	struct page *page;

	xa_for_each(&pins->pages, pfn, page) {
		if (pins->in_use)
			xa_set_mark(&pins->pages, pfn, KEPT);
		else if (!xa_get_mark(&pins->pages, pfn, KEPT))
			unpin(pins, pfn);
		cond_resched();
	}
	if (pins->kept || xa_empty(&pins->pages))
		return;
	__module_get(THIS_MODULE);
	pins->kept = true;
	dev_warn(pins->dev,
		 "it may still write to memory that it was told of: that is kept, and\n");
	dev_warn(pins->dev, "so is this module, until its driver has it or its at_work is 0\n");
}

void dv_pins_settle(struct dv_device *dv, bool is_quiet)
{
	struct dv_pins *pins = dv->pins;

	if (!pins)
		return;
	mutex_lock(&pins->lock);
	if (is_quiet)
		unpin_all(pins, false);
	else
		keep(pins);
	WRITE_ONCE(pins->in_use, false);
	mutex_unlock(&pins->lock);
}

void dv_pins_let_go(struct dv_device *dv)
{
	if (!dv->pins)
		return;
	mutex_lock(&dv->pins->lock);
	unpin_all(dv->pins, true);
	mutex_unlock(&dv->pins->lock);
}

bool dv_pins_allow_access(struct dv_device *dv)
{
	return !dv->pins || READ_ONCE(dv->pins->in_use);
}

/* A huge page is pinned as a whole by any part of it: *@size is what there is of it from @vaddr on.
 */
static int pin_at(struct dv_pins *pins, u64 vaddr, u64 *pa, u64 *size)
{
	unsigned long first;
	struct folio *folio;
	struct page *page;
	int ret;

	ret = pin_user_pages_fast(vaddr, 1, FOLL_WRITE | FOLL_LONGTERM, &page);
	if (ret != 1)
		return ret < 0 ? ret : -EFAULT;
	folio = page_folio(page);
	first = page_to_pfn(page);
	*pa = PFN_PHYS(first);
	*size = PAGE_SIZE;
	if (folio_test_hugetlb(folio)) {
		first = folio_pfn(folio);
		*size = PFN_PHYS(first) + folio_size(folio) - *pa;
	}
	ret = xa_insert(&pins->pages, first, page, GFP_KERNEL_ACCOUNT);
	if (ret)
		unpin_user_page(page);
	return ret == -EBUSY ? 0 : ret; /* it is pinned already */
}

static int pin_run(struct dv_pins *pins, struct vfio_dais_pin *pin)
{
	u64 done = 0, pa, size;
	int ret = 0;

	while (done < pin->size && !ret) {
		ret = fatal_signal_pending(current) ? -EINTR
						    : pin_at(pins, pin->vaddr + done, &pa, &size);
		if (ret)
			break;
		if (!done)
			pin->pa = pa;
		else if (pa != pin->pa + done)
			break;
		done += size;
		cond_resched();
	}
	pin->size = min(done, pin->size);
	return done ? 0 : ret;
}

int dv_pin(struct dv_device *dv, struct vfio_dais_pin *pin)
{
	struct dv_pins *pins = dv->pins;
	int ret;

	if (pin->flags & ~VFIO_DAIS_PIN_USE || pin->reserved || !pin->size ||
	    !PAGE_ALIGNED(pin->vaddr | pin->size) || pin->vaddr + pin->size < pin->vaddr)
		return -EINVAL;
	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	mutex_lock(&pins->lock);
	ret = pin_run(pins, pin);
	if (!ret && pin->flags & VFIO_DAIS_PIN_USE)
		WRITE_ONCE(pins->in_use, true);
	mutex_unlock(&pins->lock);
	return ret;
}

int dv_unpin(struct dv_device *dv, const struct vfio_dais_unpin *unpins)
{
	struct dv_pins *pins = dv->pins;
	unsigned long pfn;
	struct page *page;
	int ret = 0;

	if (!unpins->size || !PAGE_ALIGNED(unpins->pa | unpins->size) ||
	    unpins->pa + (unpins->size - 1) < unpins->pa)
		return -EINVAL;
	mutex_lock(&pins->lock);
	if (pins->in_use)
		ret = -EBUSY;
	else
		xa_for_each_range(&pins->pages, pfn, page, PHYS_PFN(unpins->pa),
				  PHYS_PFN(unpins->pa + (unpins->size - 1))) {
			if (!xa_get_mark(&pins->pages, pfn, KEPT))
				unpin(pins, pfn);
			cond_resched();
		}
	mutex_unlock(&pins->lock);
	return ret;
}

/* A driver of the host resets what it takes; one of VFIO only may. */
static int driver_bound(struct notifier_block *block, unsigned long event, void *data)
{
	struct device *dev = data;
	struct dv_pins *pins;

	if (event != BUS_NOTIFY_BOUND_DRIVER || !strncmp(dev->driver->name, "vfio-", 5))
		return NOTIFY_DONE;
	mutex_lock(&all_lock);
	pins = find(dev);
	if (pins) {
		unpin_all(pins, false);
		free_pins(pins);
	}
	mutex_unlock(&all_lock);
	return NOTIFY_DONE;
}

static struct notifier_block platform_notifier = { .notifier_call = driver_bound };
static struct notifier_block amba_notifier = { .notifier_call = driver_bound };

int dv_noiommu_init(void)
{
	int ret = bus_register_notifier(&platform_bus_type, &platform_notifier);

	if (ret)
		return ret;
	ret = bus_register_notifier(&amba_bustype, &amba_notifier);
	if (ret)
		bus_unregister_notifier(&platform_bus_type, &platform_notifier);
	return ret;
}

void dv_noiommu_exit(void)
{
	bus_unregister_notifier(&amba_bustype, &amba_notifier);
	bus_unregister_notifier(&platform_bus_type, &platform_notifier);
}
