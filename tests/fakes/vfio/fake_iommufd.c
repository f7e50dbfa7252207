// SPDX-License-Identifier: GPL-2.0-only
/* /dev/iommu and the devices' own files of fake_vfio.h: drivers/iommu/iommufd,
 * drivers/vfio/device_cdev.c. */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio_parts.h"
#include "vfio/iommu/iommufd_uapi.h"

/* No number that a forgotten id would hit by chance. */
static uint32_t ioas_id(const struct fake_vfio_container *c)
{
	return 40 + (uint32_t)(c - fake_vfio.containers);
}

static int iova_ranges(const struct fake_vfio_container *c, struct ioas_iova_ranges *ask)
{
	struct vfio_iova_range ranges[4] = { { 0, UINT64_MAX } };
	uint32_t room = ask->n_ranges;

	ask->n_ranges = c->n_members ? fake_vfio.n_usable : 1;
	for (unsigned int i = 0; c->n_members && i < fake_vfio.n_usable; i++)
		ranges[i] = (struct vfio_iova_range){ fake_vfio.usable[i].start,
						      range_last(fake_vfio.usable[i]) };
	if (room < ask->n_ranges)
		return -EMSGSIZE;
	memcpy((void *)(uintptr_t)ask->ranges, ranges, ask->n_ranges * sizeof(ranges[0]));
	return 0;
}

static int get_pa(const struct fake_vfio_container *c, struct ioas_get_pa *ask)
{
	const struct range wanted = { ask->iova, ask->length };
	unsigned int i = 0;

	if (ask->size != sizeof(*ask) || ask->flags || ask->reserved || ask->id != ioas_id(c))
		return -EINVAL;
	while (i < c->n_maps && !range_contains(c->maps[i], wanted))
		i++;
	if (i == c->n_maps)
		return -ENOENT;
	if (fake_vfio.pa_run && ask->length > fake_vfio.pa_run)
		ask->length = fake_vfio.pa_run;
	ask->pa = ask->iova == fake_vfio.pa_moved ? ask->iova + 0x1000 : ask->iova;
	return 0;
}

static int iommufd_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct fake_vfio_container *c = fake_vfio_space(fd, true);
	struct ioas_alloc *alloc = arg;
	struct ioas_iova_ranges *ask = arg;
	struct ioas_map *map = arg;
	struct ioas_unmap *unmap = arg;

	(void)opaque;
	switch (request) {
	case IOAS_ALLOC:
		if (alloc->size != sizeof(*alloc) || alloc->flags)
			return -EINVAL;
		c->has_iommu = true;
		alloc->id = ioas_id(c);
		return 0;
	case IOAS_IOVA_RANGES:
		if (ask->size != sizeof(*ask) || ask->id != ioas_id(c))
			return -ENOENT;
		return iova_ranges(c, ask);
	case IOAS_MAP:
		if (map->size != sizeof(*map) || map->id != ioas_id(c) ||
		    !(map->flags & IOAS_MAP_FIXED_IOVA))
			return -EINVAL;
		return fake_vfio_map(c, (struct range){ map->iova, map->length }, map->hva,
				     map->flags);
	case IOAS_GET_PA:
		return get_pa(c, arg);
	case IOAS_UNMAP:
		if (unmap->size != sizeof(*unmap) || unmap->id != ioas_id(c) || unmap->iova ||
		    unmap->length != UINT64_MAX)
			return -EINVAL;
		unmap->length = fake_vfio_unmap_all(c);
		return 0;
	}
	return -ENOTTY;
}

static const struct fake_fd_ops iommufd_ops = { .ioctl = iommufd_ioctl,
						.close = fake_vfio_space_close };

void fake_iommufd_add(void)
{
	fake_device("/dev/iommu", &iommufd_ops, NULL);
}

int fake_cdev_bind(struct fake_vfio_device *d, int fd, void *arg)
{
	struct cdev_bind *bind = arg;

	if (bind->argsz != sizeof(*bind) || bind->flags || d->fd >= 0)
		return -EINVAL;
	if (fake_vfio_group_is_open(d->group))
		return -EBUSY;
	if (!fake_vfio_space(bind->iommufd, false))
		return -EBADF;
	if (fake_vfio.no_remapping || fake_vfio.no_iommufd_remapping)
		return -EPERM;
	if (fake_vfio.not_viable[d->group]) /* iommu_device_claim_dma_owner() */
		return -EPERM;
	if (d->open_error)
		return -d->open_error;
	fake_vfio_device_opened(d, fd);
	d->iommufd = bind->iommufd;
	return 0;
}

/* iommufd_hw_pagetable_attach(): the group is elsewhere, or @c does not suit its IOMMU. */
static bool does_not_fit(int group, const struct fake_vfio_container *c)
{
	for (unsigned int i = 0; i < fake_vfio_n_devices; i++) {
		const struct fake_vfio_device *other = fake_vfio_devices[i];

		if (other->group == group && other->ioas && other->ioas != c)
			return true;
		if (fake_vfio.no_sharing && other->group != group && other->ioas == c)
			return true;
	}
	return false;
}

int fake_cdev_attach(struct fake_vfio_device *d, void *arg)
{
	struct cdev_attach *attach = arg;
	struct fake_vfio_container *c = fake_vfio_space(d->iommufd, false);

	if (attach->argsz != sizeof(*attach) || attach->flags || d->ioas)
		return -EINVAL;
	if (!c || attach->ioas_id != ioas_id(c))
		return -ENOENT;
	if (fake_vfio.attach_error)
		return -fake_vfio.attach_error;
	if (does_not_fit(d->group, c))
		return -EINVAL;
	d->ioas = c;
	c->n_members++;
	return 0;
}
