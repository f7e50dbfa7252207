// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/vfio/fake_vfio_parts.h"

#include <assert.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/base/sys.h"

struct fake_vfio fake_vfio;

struct fake_vfio_device *fake_vfio_devices[FAKE_VFIO_MAX];
unsigned int fake_vfio_n_devices;

static struct group {
	int fd; /* -1: not open */
	bool no_iommu;
	struct fake_vfio_container *container;
} groups[FAKE_VFIO_MAX];

/* --- what containers and IOASes share */

struct fake_vfio_container *fake_vfio_space(int fd, bool create)
{
	for (unsigned int i = 0; i < FAKE_VFIO_MAX; i++)
		if (fake_vfio.containers[i].fd == fd)
			return &fake_vfio.containers[i];
	if (!create)
		return NULL;
	assert(fake_vfio.n_containers < FAKE_VFIO_MAX);
	fake_vfio.containers[fake_vfio.n_containers].fd = fd;
	return &fake_vfio.containers[fake_vfio.n_containers++];
}

void fake_vfio_space_close(int fd, void *opaque)
{
	struct fake_vfio_container *space = fake_vfio_space(fd, false);

	(void)opaque;
	if (space)
		space->fd = -1;
}

int fake_vfio_map(struct fake_vfio_container *c, struct range range, uint64_t hva, uint32_t flags)
{
	bool usable = false;

	if (!range_valid(range) || !is_aligned(range.start | range.size | hva, sys_page_size()))
		return -EINVAL;
	for (unsigned int i = 0; i < c->n_maps; i++)
		if (range_overlaps(c->maps[i], range))
			return -EEXIST;
	for (unsigned int i = 0; i < fake_vfio.n_usable; i++)
		usable |= range_contains(fake_vfio.usable[i], range);
	if (!usable)
		return -EINVAL;
	if (fake_vfio.map_error && fake_vfio.n_good_maps-- == 0)
		return -fake_vfio.map_error;
	c->map_flags |= flags;
	c->hvas[c->n_maps] = (void *)(uintptr_t)hva;
	c->maps[c->n_maps++] = range;
	return 0;
}

uint64_t fake_vfio_unmap_all(struct fake_vfio_container *c)
{
	uint64_t size = 0;

	while (c->n_maps > fake_vfio.n_stuck_maps)
		size += c->maps[--c->n_maps].size;
	return size;
}

/* --- container: drivers/vfio/container.c, vfio_iommu_type1.c */

static int map_dma(struct fake_vfio_container *c, const struct vfio_iommu_type1_dma_map *map)
{
	if (map->argsz != sizeof(*map))
		return -EINVAL;
	return fake_vfio_map(c, (struct range){ map->iova, map->size }, map->vaddr, map->flags);
}

static int unmap_dma(struct fake_vfio_container *c, struct vfio_iommu_type1_dma_unmap *unmap)
{
	if (unmap->argsz != sizeof(*unmap) || unmap->flags != VFIO_DMA_UNMAP_FLAG_ALL ||
	    unmap->iova || unmap->size)
		return -EINVAL;
	unmap->size = fake_vfio_unmap_all(c);
	return 0;
}

static int get_iommu_info(struct vfio_iommu_type1_info *info)
{
	struct {
		struct vfio_info_cap_header other; /* one before it, to be stepped over */
		struct {
			struct vfio_info_cap_header header;
			uint32_t nr_iovas, reserved;
			struct vfio_iova_range ranges[4];
		} iova;
	} caps = {
		.other = { VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, 1,
			   sizeof(*info) + sizeof(caps.other) },
		.iova = { .header = { VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1, 0 },
			  .nr_iovas = fake_vfio.n_usable },
	};

	info->flags = VFIO_IOMMU_INFO_PGSIZES;
	if (fake_vfio.no_iova_ranges)
		return 0;
	info->flags |= VFIO_IOMMU_INFO_CAPS;
	for (unsigned int i = 0; i < fake_vfio.n_usable; i++)
		caps.iova.ranges[i] = (struct vfio_iova_range){ fake_vfio.usable[i].start,
								range_last(fake_vfio.usable[i]) };
	if (info->argsz < sizeof(*info) + sizeof(caps)) {
		info->argsz = sizeof(*info) + sizeof(caps);
		return 0;
	}
	info->cap_offset = sizeof(*info);
	memcpy(info + 1, &caps, sizeof(caps));
	return 0;
}

static int container_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct fake_vfio_container *c = fake_vfio_space(fd, true);

	(void)opaque;
	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return (uintptr_t)arg == VFIO_NOIOMMU_IOMMU ||
		       (!fake_vfio.no_type1 && (uintptr_t)arg == VFIO_TYPE1v2_IOMMU);
	case VFIO_SET_IOMMU:
		if (!c->n_members || c->has_iommu ||
		    (uintptr_t)arg != (c->no_iommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU))
			return -EINVAL;
		if (fake_vfio.no_remapping)
			return -EPERM;
		c->has_iommu = true;
		return 0;
	}
	if (!c->has_iommu)
		return -EINVAL;
	switch (request) {
	case VFIO_IOMMU_GET_INFO:
		return get_iommu_info(arg);
	case VFIO_IOMMU_MAP_DMA:
		return map_dma(c, arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap_dma(c, arg);
	}
	return -ENOTTY;
}

static const struct fake_fd_ops container_ops = { .ioctl = container_ioctl,
						  .close = fake_vfio_space_close };

/* --- group: drivers/vfio/iommu/group.c */

static int set_container(struct group *group, int container_fd)
{
	struct fake_vfio_container *c = fake_vfio_space(container_fd, false);

	if (!c || group->container)
		return -EINVAL;
	if (c->n_members && fake_vfio.no_sharing)
		return -EINVAL;
	if (c->n_members && c->no_iommu != group->no_iommu)
		return -EPERM;
	c->no_iommu = group->no_iommu;
	group->container = c;
	c->n_members++;
	return 0;
}

static bool is_in_use(const struct group *group)
{
	for (unsigned int i = 0; i < fake_vfio_n_devices; i++)
		if (&groups[fake_vfio_devices[i]->group] == group && fake_vfio_devices[i]->fd >= 0)
			return true;
	return false;
}

static int unset_container(struct group *group)
{
	if (!group->container)
		return -EINVAL;
	if (is_in_use(group))
		return -EBUSY;
	if (--group->container->n_members == 0)
		group->container->has_iommu = false;
	group->container = NULL;
	return 0;
}

static int get_device(struct group *group, const char *name)
{
	for (unsigned int i = 0; i < fake_vfio_n_devices; i++) {
		struct fake_vfio_device *d = fake_vfio_devices[i];

		if (strcmp(d->name, name) || &groups[d->group] != group)
			continue;
		if (!group->container || !group->container->has_iommu)
			return -EINVAL;
		if (d->open_error)
			return -d->open_error;
		return fake_vfio_device_open(d);
	}
	return -ENODEV;
}

static int group_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct group *group = opaque;
	struct vfio_group_status *status = arg;

	if (group->fd < 0)
		group->fd = fd;
	if (group->fd != fd)
		return -EBUSY;
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		status->flags = fake_vfio.not_viable[group - groups] ? 0 : VFIO_GROUP_FLAGS_VIABLE;
		status->flags |= group->container ? VFIO_GROUP_FLAGS_CONTAINER_SET : 0;
		return 0;
	case VFIO_GROUP_UNSET_CONTAINER:
		return unset_container(group);
	case VFIO_GROUP_SET_CONTAINER:
		return set_container(group, *(int32_t *)arg);
	case VFIO_GROUP_GET_DEVICE_FD:
		return get_device(group, arg);
	}
	return -ENOTTY;
}

static void group_close(int fd, void *opaque)
{
	struct group *group = opaque;

	(void)fd;
	assert(!is_in_use(group));
	if (group->container)
		unset_container(group);
	group->fd = -1;
}

static const struct fake_fd_ops group_ops = { .ioctl = group_ioctl, .close = group_close };

void fake_vfio_take_iommu(int group)
{
	char path[64];

	groups[group].no_iommu = true;
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/name", group);
	fake_file(path, "vfio-noiommu\n");
	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	fake_remove(path);
	snprintf(path, sizeof(path), "/dev/vfio/noiommu-%d", group);
	fake_device(path, &group_ops, &groups[group]);
}

bool fake_vfio_group_is_open(int group)
{
	return groups[group].fd >= 0;
}

/* --- the test's side */

void fake_vfio_reset(void)
{
	memset(&fake_vfio, 0, sizeof(fake_vfio));
	for (unsigned int i = 0; i < FAKE_VFIO_MAX; i++) {
		fake_vfio.containers[i].fd = -1;
		groups[i] = (struct group){ .fd = -1 };
	}
	fake_vfio_n_devices = 0;
	fake_vfio.usable[0] = (struct range){ 0, 0x08000000 };
	fake_vfio.usable[1] = (struct range){ 0x08100000, (1ULL << 48) - 0x08100000 };
	fake_vfio.n_usable = 2;
	fake_device("/dev/vfio/vfio", &container_ops, NULL);
	fake_iommufd_add();
	fake_vfio_write_interrupts();
	fake_vfio_write_interrupts();
}

void fake_vfio_add(struct fake_vfio_device *device)
{
	char path[64];

	assert(fake_vfio_n_devices < FAKE_VFIO_MAX && device->group < FAKE_VFIO_MAX);
	fake_vfio_add_tree(device);
	snprintf(path, sizeof(path), "/dev/vfio/%d", device->group);
	fake_device(path, &group_ops, &groups[device->group]);
	fake_vfio_device_add_cdev(device, fake_vfio_n_devices);
	device->fd = -1;
	device->ioas = NULL;
	for (unsigned int i = 0; i < device->n_irqs; i++) {
		device->irqs[i].trigger_fd = device->irqs[i].unmask_fd = -1;
		device->irqs[i].number = 20 + 5 * fake_vfio_n_devices + i;
	}
	fake_vfio_devices[fake_vfio_n_devices++] = device;
}
