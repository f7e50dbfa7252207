// SPDX-License-Identifier: GPL-2.0-only
/* Devices of fake_vfio.h: drivers/vfio/platform. */
#include <assert.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_huge.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio_parts.h"
#include "vfio/iommu/iommufd_uapi.h"
#include "vmm/base/sys.h"

/* VFIO_PLATFORM_OFFSET_SHIFT */
#define REGION_SHIFT 40

/* What /proc/interrupts would show now: a request_irq() for each interrupt of each open device. */
void fake_vfio_write_interrupts(void)
{
	char text[16384] =
		"           CPU0       CPU1\n  3:        100        200     GICv3  27 Level     arch_timer\n";

	for (unsigned int number = 0; number < 100 + FAKE_VFIO_MAX_IRQS; number++) {
		for (unsigned int i = 0; i < fake_vfio_n_devices; i++) {
			const struct fake_vfio_device *d = fake_vfio_devices[i];

			for (unsigned int k = 0; d->fd >= 0 && k < d->n_irqs; k++)
				if (d->irqs[k].number == number && !d->irqs[k].busy)
					snprintf(
						text + strlen(text), sizeof(text) - strlen(text),
						"%3u: %10u %10u     GICv3 %3u %s     vfio-irq[%u](%s)\n",
						number, d->irqs[k].count, 1000, number + 13,
						d->irqs[k].level ? "Level" : "Edge ", number,
						d->amba ? "vfio-amba-00041031" : d->name);
		}
	}
	strcat(text, "IPI0:       123        456       Rescheduling interrupts\nErr:          0\n");
	fake_file("/proc/interrupts", text);
}

static int get_region_info(const struct fake_vfio_device *d, struct vfio_region_info *info)
{
	const struct fake_vfio_region *r;
	struct vfio_region_info_cap_sparse_mmap cap = {
		.header = { VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, 0 },
	};
	uint32_t size;

	if (info->index >= d->n_regions)
		return -EINVAL;
	r = &d->regions[info->index];
	info->offset = (uint64_t)info->index << REGION_SHIFT;
	info->size = r->size;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (is_aligned(r->page_offset | r->size, sys_page_size()))
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	if (r->flags)
		info->flags = r->flags;
	if (!r->sparse)
		return 0;
	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	size = sizeof(*info) + sizeof(cap) + r->n_sparse * (uint32_t)sizeof(*r->sparse);
	if (info->argsz < size) {
		info->argsz = size;
		return 0;
	}
	cap.nr_areas = r->n_sparse;
	info->cap_offset = sizeof(*info);
	memcpy(info + 1, &cap, sizeof(cap));
	memcpy((char *)(info + 1) + sizeof(cap), r->sparse, r->n_sparse * sizeof(*r->sparse));
	return 0;
}

static void unmask(struct fake_vfio_device *d, unsigned int index)
{
	const uint64_t one = 1;

	d->irqs[index].masked = false;
	if (d->irqs[index].up && fake_vfio_raise(d, index))
		assert(sys_write(d->irqs[index].trigger_fd, &one, sizeof(one)) == sizeof(one));
}

/* vfio_platform_set_irqs_ioctl() */
static int set_irqs(struct fake_vfio_device *d, const struct vfio_irq_set *set)
{
	struct fake_vfio_irq *irq = &d->irqs[set->index];
	uint32_t action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	bool has_fd = set->flags & VFIO_IRQ_SET_DATA_EVENTFD;
	int32_t fd = -1;

	if (set->index >= d->n_irqs || set->argsz < sizeof(*set) + (has_fd ? sizeof(fd) : 0))
		return -EINVAL;
	if (d->irq_error || irq->busy)
		return d->irq_error ? -d->irq_error : -EBUSY;
	if (has_fd)
		memcpy(&fd, set->data, sizeof(fd));
	if (action == VFIO_IRQ_SET_ACTION_TRIGGER) {
		if (set->count == !has_fd)
			return -EINVAL;
		irq->trigger_fd = fd;
		return 0;
	}
	if (action != VFIO_IRQ_SET_ACTION_UNMASK || set->start || set->count != 1 || !irq->level)
		return -EINVAL;
	if (!has_fd)
		unmask(d, set->index);
	else if (fd >= 0 && irq->unmask_fd >= 0) /* vfio_virqfd_enable() */
		return -EBUSY;
	else
		irq->unmask_fd = fd;
	return 0;
}

/* kernel/module/noiommu.c */
static int set_pin(struct fake_vfio_device *d, struct vfio_dais_pin *pin)
{
	int ret;

	if (!d->emulated || pin->flags & ~VFIO_DAIS_PIN_USE || pin->reserved || !pin->size ||
	    (pin->vaddr | pin->size) % sys_page_size())
		return d->emulated ? -EINVAL : -ENOTTY;
	d->n_pins++;
	ret = d->pin_error
		      ? -d->pin_error
		      : fake_huge_pin(pin->vaddr, (uint64_t *)&pin->size, (uint64_t *)&pin->pa);
	if (ret)
		return ret;
	pin->size -= d->pin_cut;
	if (pin->pa == d->pin_moved)
		pin->pa += sys_page_size();
	d->is_told |= pin->flags & VFIO_DAIS_PIN_USE;
	return 0;
}

static int set_feature(struct fake_vfio_device *d, struct vfio_device_feature *feature)
{
	const struct vfio_dais_unpin *unpin = (struct vfio_dais_unpin *)feature->data;

	switch (feature->flags) {
	case VFIO_DEVICE_FEATURE_SET | VFIO_DAIS_FEATURE_PIN:
		return feature->argsz < sizeof(*feature) + sizeof(struct vfio_dais_pin)
			       ? -EINVAL
			       : set_pin(d, (struct vfio_dais_pin *)feature->data);
	case VFIO_DEVICE_FEATURE_SET | VFIO_DAIS_FEATURE_UNPIN:
		if (!d->emulated || d->is_told ||
		    feature->argsz < sizeof(*feature) + sizeof(*unpin))
			return d->is_told ? -EBUSY : -EINVAL;
		fake_huge_unpin(unpin->pa, unpin->size);
		return 0;
	}
	return -ENOTTY;
}

static int get_held(struct fake_vfio_device *d, struct vfio_device_feature *feature)
{
	struct vfio_dais_held *held = (struct vfio_dais_held *)feature->data;
	uint32_t room = held->n_entries;

	if (!d->held || feature->flags != (VFIO_DEVICE_FEATURE_GET | VFIO_DAIS_FEATURE_HELD))
		return set_feature(d, feature);
	if (feature->argsz < sizeof(*feature) + sizeof(*held) + room * sizeof(held->entries[0]))
		return -EINVAL;
	held->n_entries = d->held->n_entries;
	for (uint32_t i = 0; i < room && i < held->n_entries; i++)
		held->entries[i] = d->held->entries[i];
	return 0;
}

static int control(struct fake_vfio_device *d, struct vfio_device_feature *feature)
{
	struct vfio_dais_control *arg = (void *)feature->data, *has = d->controls;
	int ret;

	while (has < d->controls + d->n_controls &&
	       (has->kind != arg->kind || has->index != arg->index))
		has++;
	if (has == d->controls + d->n_controls || feature->argsz != sizeof(*feature) + sizeof(*arg))
		return -EINVAL;
	if (feature->flags & VFIO_DEVICE_FEATURE_GET) {
		if (arg->action == VFIO_DAIS_CONTROL_LEVEL) {
			if (arg->value >= d->n_levels)
				return -EINVAL;
			arg->value = d->levels[arg->value];
			return 0;
		}
		*arg = *has;
		return 0;
	}
	ret = d->controlled ? d->controlled(arg) : 0;
	if (ret)
		return -ret;
	has->action = arg->action;
	if (arg->action == VFIO_DAIS_CONTROL_VALUE)
		has->value = arg->value;
	else
		has->state = arg->action == VFIO_DAIS_CONTROL_OFF ? VFIO_DAIS_STATE_OFF
								  : VFIO_DAIS_STATE_ON;
	return 0;
}

static int do_feature(struct fake_vfio_device *d, struct vfio_device_feature *feature)
{
	if ((feature->flags & VFIO_DEVICE_FEATURE_MASK) == VFIO_DAIS_FEATURE_CONTROL)
		return control(d, feature);
	return get_held(d, feature);
}

static int device_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct fake_vfio_device *d = opaque;
	struct vfio_device_info *info = arg;
	struct vfio_irq_info *irq = arg;

	if (request == CDEV_BIND)
		return fake_cdev_bind(d, fd, arg);
	if (d->fd != fd)
		return -EINVAL;
	switch (request) {
	case CDEV_ATTACH:
		return fake_cdev_attach(d, arg);
	case VFIO_DEVICE_GET_INFO:
		info->flags = (d->amba ? VFIO_DEVICE_FLAGS_AMBA : VFIO_DEVICE_FLAGS_PLATFORM) |
			      (d->no_reset ? 0 : VFIO_DEVICE_FLAGS_RESET);
		info->num_regions = d->n_regions;
		info->num_irqs = d->n_irqs;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(d, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		if (irq->index >= d->n_irqs)
			return -EINVAL;
		irq->count = 1;
		irq->flags = VFIO_IRQ_INFO_EVENTFD;
		if (d->irqs[irq->index].level)
			irq->flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
		return 0;
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(d, arg);
	case VFIO_DEVICE_FEATURE:
		return do_feature(d, arg);
	case VFIO_DEVICE_RESET:
		if (d->no_reset || d->reset_error)
			return d->no_reset ? -EINVAL : -d->reset_error;
		d->n_resets++;
		return 0;
	}
	return -ENOTTY;
}

static ssize_t note_access(struct fake_vfio_device *d, size_t size, off_t offset)
{
	d->access.region = (unsigned int)(offset >> REGION_SHIFT);
	d->access.offset = (uint64_t)offset & ((1ULL << REGION_SHIFT) - 1);
	d->access.width = (unsigned int)size;
	d->access.n++;
	return d->access.region < d->n_regions &&
			       d->access.offset + size <= d->regions[d->access.region].size
		       ? (ssize_t)size
		       : -EINVAL;
}

static ssize_t device_pread(int fd, void *opaque, void *buf, size_t size, off_t offset)
{
	struct fake_vfio_device *d = opaque;

	(void)fd;
	memcpy(buf, &d->access.value, size);
	return note_access(d, size, offset);
}

static ssize_t device_pwrite(int fd, void *opaque, const void *buf, size_t size, off_t offset)
{
	struct fake_vfio_device *d = opaque;

	(void)fd;
	d->access.value = 0;
	memcpy(&d->access.value, buf, size);
	return note_access(d, size, offset);
}

static void device_close(int fd, void *opaque)
{
	struct fake_vfio_device *d = opaque;

	if (d->fd != fd) /* never bound */
		return;
	if (d->ioas)
		d->ioas->n_members--;
	d->ioas = NULL;
	/* The kernel would clean up: the program shall not count on it, unless it could not do it.
	 */
	for (unsigned int i = 0; i < d->n_irqs; i++)
		assert(fake_failed() || (d->irqs[i].trigger_fd < 0 && d->irqs[i].unmask_fd < 0));
	d->fd = -1;
	d->is_told = false;
	fake_vfio_write_interrupts();
}

static const struct fake_fd_ops device_ops = {
	.ioctl = device_ioctl,
	.pread = device_pread,
	.pwrite = device_pwrite,
	.close = device_close,
};

void fake_vfio_device_opened(struct fake_vfio_device *device, int fd)
{
	assert(device->fd < 0);
	device->fd = fd;
	for (unsigned int i = 0; i < device->n_irqs; i++)
		device->irqs[i].masked = false;
	fake_vfio_write_interrupts();
}

int fake_vfio_device_open(struct fake_vfio_device *device)
{
	fake_vfio_device_opened(device, fake_fd_new(&device_ops, device));
	return device->fd;
}

void fake_vfio_device_add_cdev(struct fake_vfio_device *device, unsigned int number)
{
	char path[300];

	snprintf(path, sizeof(path), "/sys/devices/platform/%s/vfio-dev/vfio%u/dev", device->name,
		 number);
	fake_file(path, "");
	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%u", number);
	fake_device(path, &device_ops, device);
}

void fake_vfio_noiommu_cdev(unsigned int n)
{
	struct fake_vfio_device *device = fake_vfio_devices[n];
	char path[300];

	snprintf(path, sizeof(path), "/sys/devices/platform/%s/vfio-dev/vfio%u", device->name, n);
	fake_remove(path);
	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%u", n);
	fake_remove(path);
	snprintf(path, sizeof(path), "/sys/devices/platform/%s/vfio-dev/noiommu-vfio%u/dev",
		 device->name, n);
	fake_file(path, "");
	snprintf(path, sizeof(path), "/dev/vfio/devices/noiommu-vfio%u", n);
	fake_device(path, &device_ops, device);
}

void fake_vfio_emulate(unsigned int n)
{
	struct fake_vfio_device *device = fake_vfio_devices[n];
	char path[300];

	device->emulated = true;
	snprintf(path, sizeof(path), "/sys/devices/platform/%s/driver", device->name);
	fake_remove(path);
	fake_link(path, "/sys/bus/platform/drivers/vfio-dais");
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/name", device->group);
	fake_file(path, "vfio-noiommu\n");
	snprintf(path, sizeof(path), "/sys/class/vfio/%d/dev", device->group);
	fake_file(path, "");
}

bool fake_vfio_raise(struct fake_vfio_device *device, unsigned int index)
{
	struct fake_vfio_irq *irq = &device->irqs[index];

	if (irq->trigger_fd < 0 || irq->masked)
		return false;
	irq->count++;
	irq->masked = irq->level;
	fake_vfio_write_interrupts();
	return true;
}
