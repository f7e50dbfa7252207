// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers: read and written by the driver, or mapped. A mapping is made page by page when it is
 * touched, so that all of it can be taken away again and who comes back is asked about anew.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "vfio_dais.h"

static void region_set(struct dv_region *region, const struct resource *res)
{
	region->addr = res->start;
	region->size = resource_size(res);
	if (resource_type(res) != IORESOURCE_MEM)
		return; /* ports: listed, so that the numbers of the others hold */
	region->flags = VFIO_REGION_INFO_FLAG_READ;
	if (!(res->flags & IORESOURCE_READONLY))
		region->flags |= VFIO_REGION_INFO_FLAG_WRITE;
	/* What shares a page with something else would be mapped together with it. */
	if (region->size && PAGE_ALIGNED(region->addr) && PAGE_ALIGNED(region->size))
		region->flags |= VFIO_REGION_INFO_FLAG_MMAP;
}

int dv_regions_init(struct dv_device *dv)
{
	unsigned int n = 0;
	int ret = 0;

	while (dv_bus_resource(dv, n))
		n++;
	dv->regions = kcalloc(n, sizeof(*dv->regions), GFP_KERNEL);
	if (!dv->regions)
		return -ENOMEM;
	dv->n_regions = n;
	for (unsigned int i = 0; i < n && !ret; i++) {
		region_set(&dv->regions[i], dv_bus_resource(dv, i));
		if (dv->regions[i].size >> DV_REGION_SHIFT)
			return -E2BIG;
		ret = dv_region_check_alone(dv, &dv->regions[i]);
	}
	return ret;
}

void dv_regions_free(struct dv_device *dv)
{
	kfree(dv->regions);
}

int dv_regions_open(struct dv_device *dv)
{
	for (unsigned int i = 0; i < dv->n_regions; i++) {
		struct dv_region *region = &dv->regions[i];

		if (!(region->flags & VFIO_REGION_INFO_FLAG_READ) || !region->size)
			continue;
		region->base = ioremap(region->addr, region->size);
		if (!region->base) {
			dv_regions_close(dv);
			return -ENOMEM;
		}
	}
	return 0;
}

void dv_regions_close(struct dv_device *dv)
{
	for (unsigned int i = 0; i < dv->n_regions; i++) {
		if (dv->regions[i].base)
			iounmap(dv->regions[i].base);
		dv->regions[i].base = NULL;
	}
}

void dv_regions_set_reachable(struct dv_device *dv, bool reachable)
{
	down_write(&dv->access);
	dv->reachable = reachable;
	if (!reachable)
		unmap_mapping_range(dv->vdev.inode->i_mapping, 0, 0, true);
	up_write(&dv->access);
}

/*
 * What can be done at once at @offset: an access that user space makes with the width of a register
 * stays what it is, all others are made of at most four bytes, which each bus takes.
 */
static size_t access_width(size_t count, u64 offset)
{
	size_t width = count == 8 ? 8 : 4;

	while (width > count || offset & (width - 1))
		width /= 2;
	return width;
}

static u64 read_register(const void __iomem *from, size_t width)
{
	switch (width) {
	case 8:
		return readq(from);
	case 4:
		return readl(from);
	case 2:
		return readw(from);
	default:
		return readb(from);
	}
}

static void write_register(u64 value, void __iomem *to, size_t width)
{
	switch (width) {
	case 8:
		writeq(value, to);
		break;
	case 4:
		writel(value, to);
		break;
	case 2:
		writew(value, to);
		break;
	default:
		writeb(value, to);
	}
}

/*
 * Called before a register is touched: 0 with access held for reading, or -EIO. Whoever finds the
 * device off takes away the mappings that others made before.
 */
static int access_begin(struct dv_device *dv)
{
	bool is_on;

	down_read(&dv->access);
	is_on = dv->reachable && !dv->n_off && dv_pins_allow_access(dv) && dv_held_is_on(dv);
	if (is_on)
		return 0;
	up_read(&dv->access);
	down_write(&dv->access);
	unmap_mapping_range(dv->vdev.inode->i_mapping, 0, 0, true);
	up_write(&dv->access);
	return -EIO;
}

/* One register, if it may be touched now */
static int touch(struct dv_device *dv, void __iomem *at, size_t width, u64 *value, bool is_write)
{
	int ret = access_begin(dv);

	if (ret)
		return ret;
	if (is_write)
		write_register(*value, at, width);
	else
		*value = read_register(at, width);
	up_read(&dv->access);
	return 0;
}

/* A number of @width bytes in the order of this machine, from or to user space */
static int copy_value(u64 *value, char __user *buf, size_t width, bool from_user)
{
	u8 *bytes = (u8 *)value;

	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		bytes += sizeof(*value) - width;
	if (from_user)
		return copy_from_user(bytes, buf, width) ? -EFAULT : 0;
	return copy_to_user(buf, bytes, width) ? -EFAULT : 0;
}

static struct dv_region *region_at(struct dv_device *dv, u64 pos, u32 flag)
{
	u64 index = pos >> DV_REGION_SHIFT;
	struct dv_region *region;

	if (index >= dv->n_regions)
		return NULL;
	region = &dv->regions[array_index_nospec(index, dv->n_regions)];
	return region->flags & flag ? region : NULL;
}

static ssize_t access_region(struct dv_device *dv, char __user *buf, size_t count, loff_t *ppos,
			     bool is_write)
{
	u64 offset = *ppos & DV_REGION_MASK;
	struct dv_region *region;
	size_t done = 0;

	region = region_at(dv, *ppos,
			   is_write ? VFIO_REGION_INFO_FLAG_WRITE : VFIO_REGION_INFO_FLAG_READ);
	if (!region || offset >= region->size)
		return -EINVAL;
	count = min_t(u64, count, region->size - offset);
	while (done < count) {
		size_t width = access_width(count - done, offset);
		u64 value = 0;
		int ret = 0;

		if (fatal_signal_pending(current))
			ret = -EINTR;
		if (!ret && is_write)
			ret = copy_value(&value, buf + done, width, true);
		if (!ret)
			ret = touch(dv, region->base + offset, width, &value, is_write);
		if (!ret && !is_write)
			ret = copy_value(&value, buf + done, width, false);
		if (ret)
			return ret;
		done += width;
		offset += width;
		cond_resched();
	}
	*ppos += done;
	return done;
}

ssize_t dv_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	return access_region(to_dv(vdev), buf, count, ppos, false);
}

ssize_t dv_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos)
{
	return access_region(to_dv(vdev), (char __user *)buf, count, ppos, true);
}

static vm_fault_t dv_fault(struct vm_fault *vmf)
{
	struct dv_device *dv = vmf->vma->vm_private_data;
	struct dv_region *region =
		region_at(dv, (u64)vmf->pgoff << PAGE_SHIFT, VFIO_REGION_INFO_FLAG_MMAP);
	u64 offset = ((u64)vmf->pgoff << PAGE_SHIFT) & DV_REGION_MASK;
	vm_fault_t ret;

	if (!region || offset >= region->size || access_begin(dv))
		return VM_FAULT_SIGBUS;
	ret = vmf_insert_pfn(vmf->vma, vmf->address, PHYS_PFN(region->addr + offset));
	up_read(&dv->access);
	return ret;
}

static const struct vm_operations_struct dv_vm_ops = {
	.fault = dv_fault,
};

int dv_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct dv_device *dv = to_dv(vdev);
	u64 pos = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 offset = pos & DV_REGION_MASK, size = vma->vm_end - vma->vm_start;
	struct dv_region *region = region_at(dv, pos, VFIO_REGION_INFO_FLAG_MMAP);

	if (!region || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (offset >= region->size || size > region->size - offset)
		return -EINVAL;
	/* A mapping that may become writable later counts. */
	if (!(region->flags & VFIO_REGION_INFO_FLAG_WRITE)) {
		if (vma->vm_flags & VM_WRITE)
			return -EINVAL;
		vm_flags_clear(vma, VM_MAYWRITE);
	}
	vma->vm_private_data = dv;
	vma->vm_ops = &dv_vm_ops;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}
