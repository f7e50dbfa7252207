// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface of vfio-platform (linux/vfio.h), and the features of uapi/vfio_dais.h.
 */
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "vfio_dais.h"

static long get_info(struct dv_device *dv, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = dv->flags;
	if (dv_can_reset(dv))
		info.flags |= VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = dv->n_regions;
	info.num_irqs = dv->n_irqs;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

int dv_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
		   struct vfio_info_cap *caps)
{
	struct dv_device *dv = to_dv(vdev);
	u32 index = info->index;

	if (index >= dv->n_regions)
		return -EINVAL;
	index = array_index_nospec(index, dv->n_regions);
	info->offset = (u64)index << DV_REGION_SHIFT;
	info->size = dv->regions[index].size;
	info->flags = dv->regions[index].flags;
	return 0;
}

static long get_region_info(struct dv_device *dv, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = {};
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	ret = dv_region_info(&dv->vdev, &info, NULL);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long get_irq_info(struct dv_device *dv, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= dv->n_irqs)
		return -EINVAL;
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	if (dv->irqs[array_index_nospec(info.index, dv->n_irqs)].line->level)
		info.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	info.count = 1;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long set_irqs(struct dv_device *dv, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_irq_set, count), size = 0;
	struct vfio_irq_set set;
	void *data = NULL;
	int ret;

	if (copy_from_user(&set, arg, minsz))
		return -EFAULT;
	ret = vfio_set_irqs_validate_and_prepare(&set, 1, dv->n_irqs, &size);
	if (ret)
		return ret;
	set.index = array_index_nospec(set.index, dv->n_irqs);
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	ret = dv_irqs_set(dv, &set, data);
	kfree(data);
	return ret;
}

static long reset(struct dv_device *dv)
{
	int ret;

	if (!dv_can_reset(dv))
		return -EINVAL;
	dv_regions_set_reachable(dv, false);
	/* A guest may end with its clocks off, and registers do not answer then. */
	dv_control_back(dv);
	ret = dv_reset(dv);
	dv_regions_set_reachable(dv, !ret);
	return ret;
}

long dv_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct dv_device *dv = to_dv(vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(dv, (void __user *)arg);
	case VFIO_DEVICE_GET_REGION_INFO: /* see compat.h */
		return get_region_info(dv, (void __user *)arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq_info(dv, (void __user *)arg);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(dv, (void __user *)arg);
	case VFIO_DEVICE_RESET:
		return reset(dv);
	default:
		return -ENOTTY;
	}
}

/* More than any device has, so that user space cannot ask for much memory */
#define MAX_ENTRIES 256

static int get_held(struct dv_device *dv, void __user *arg, size_t argsz)
{
	size_t minsz = sizeof(struct vfio_dais_held);
	struct vfio_dais_held_entry *entries;
	struct vfio_dais_held head;
	int ret = 0;
	u32 room;

	if (copy_from_user(&head, arg, minsz))
		return -EFAULT;
	if (head.reserved || head.n_entries > (argsz - minsz) / sizeof(*entries))
		return -EINVAL;
	room = min_t(u32, head.n_entries, MAX_ENTRIES);
	entries = kcalloc(room, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	head.n_entries = dv_held_list(dv, entries, room);
	room = min(room, head.n_entries);
	if (copy_to_user(arg, &head, minsz) ||
	    copy_to_user(arg + minsz, entries, room * sizeof(*entries)))
		ret = -EFAULT;
	kfree(entries);
	return ret;
}

static int set_pin(struct dv_device *dv, void __user *arg)
{
	struct vfio_dais_pin pin;
	int ret;

	if (copy_from_user(&pin, arg, sizeof(pin)))
		return -EFAULT;
	ret = dv_pin(dv, &pin);
	if (ret)
		return ret;
	return copy_to_user(arg, &pin, sizeof(pin)) ? -EFAULT : 0;
}

static int set_unpin(struct dv_device *dv, void __user *arg)
{
	struct vfio_dais_unpin unpins;

	return copy_from_user(&unpins, arg, sizeof(unpins)) ? -EFAULT : dv_unpin(dv, &unpins);
}

static int do_control(struct dv_device *dv, u32 flags, void __user *arg)
{
	struct vfio_dais_control control;
	int ret;

	if (copy_from_user(&control, arg, sizeof(control)))
		return -EFAULT;
	if (memchr_inv(control.reserved, 0, sizeof(control.reserved)))
		return -EINVAL;
	if (flags & VFIO_DEVICE_FEATURE_SET)
		return dv_control_set(dv, &control);
	ret = dv_control_get(dv, &control);
	if (ret)
		return ret;
	return copy_to_user(arg, &control, sizeof(control)) ? -EFAULT : 0;
}

int dv_feature(struct vfio_device *vdev, u32 flags, void __user *arg, size_t argsz)
{
	struct dv_device *dv = to_dv(vdev);
	u32 feature = flags & VFIO_DEVICE_FEATURE_MASK;
	int ret;

	if (feature == VFIO_DAIS_FEATURE_HELD) {
		ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET,
					 sizeof(struct vfio_dais_held));
		return ret == 1 ? get_held(dv, arg, argsz) : ret;
	}
	if (feature == VFIO_DAIS_FEATURE_PIN && dv->pins) {
		ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET,
					 sizeof(struct vfio_dais_pin));
		return ret == 1 ? set_pin(dv, arg) : ret;
	}
	if (feature == VFIO_DAIS_FEATURE_UNPIN && dv->pins) {
		ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET,
					 sizeof(struct vfio_dais_unpin));
		return ret == 1 ? set_unpin(dv, arg) : ret;
	}
	if (feature == VFIO_DAIS_FEATURE_CONTROL) {
		ret = vfio_check_feature(flags, argsz,
					 VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET,
					 sizeof(struct vfio_dais_control));
		return ret == 1 ? do_control(dv, flags, arg) : ret;
	}
	return -ENOTTY;
}
