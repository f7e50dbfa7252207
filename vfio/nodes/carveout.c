// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/nodes/nodes.h"

#include <fcntl.h>
#include <inttypes.h>

#include "vfio/iommu/iommu.h"
#include "vmm/base/array.h"
#include "vmm/base/own.h"
#include "vmm/core/ram/ram.h"

/* Why a guest cannot have the host's own memory; NULL: it can. */
static const char *find_obstacle(const struct host_carveout *host)
{
	if (!host->host.size)
		return "the host's device tree does not say where it is";
	if (host->no_map)
		return "the host does not map it (no-map): KVM gives such memory to a guest as "
		       "Device memory, whatever the guest wants, without caches and with aligned "
		       "accesses only";
	if (host->reusable)
		return "it is reusable: the host's kernel keeps its own data there";
	if (!is_aligned(host->host.start | host->host.size, sys_page_size()))
		return "it does not fill whole pages of the host";
	return NULL;
}

static int check(const struct vfio_carveouts *carveouts, const struct vfio_carveout *wanted,
		 struct err *err)
{
	const char *obstacle = wanted->answer->own ? find_obstacle(&wanted->host) : NULL;

	for (unsigned int i = 0; i < carveouts->n; i++) {
		const struct vfio_carveout *other = &carveouts->wanted[i];

		if (other->host.node == wanted->host.node &&
		    other->answer->own != wanted->answer->own)
			obstacle = "another device that shares it has it otherwise";
	}
	if (!obstacle)
		return 0;
	err_usage(err, "carveout.%s=host: %s cannot be given to a guest", wanted->answer->name,
		  wanted->host.node->name);
	err_why(err, "%s", obstacle);
	return err_fix(err, "give carveout.%s=guest", wanted->answer->name);
}

static unsigned int count(const struct vfio_carveouts *carveouts)
{
	return BUILT(CARVEOUT) ? carveouts->n : 0;
}

int vfio_carveouts_add(struct vfio_carveouts *carveouts, const struct host_tree *tree,
		       const struct host_node *device, const char *what,
		       const struct vfio_answers *answers, struct err *err)
{
	if (!BUILT(CARVEOUT) && answers->n_carveouts)
		return err_not_built(err, "CARVEOUT");
	for (unsigned int i = 0; BUILT(CARVEOUT) && i < answers->n_carveouts; i++) {
		struct vfio_carveout *wanted = array_add(carveouts->wanted, carveouts->n);
		struct graft_carveout *guest = array_add(carveouts->guest, carveouts->n);
		int ret;

		if (!wanted || !guest)
			return err_set(err, ENOMEM, "list carve-outs");
		*wanted = (struct vfio_carveout){ device, { 0 }, &answers->carveouts[i], -1 };
		ret = host_carveout_find(tree, device, what, wanted->answer->name, &wanted->host,
					 err);
		if (!ret)
			ret = check(carveouts, wanted, err);
		if (ret)
			return ret;
		guest->node = wanted->host.node;
		carveouts->n++;
	}
	return 0;
}

int vfio_carveouts_open(struct vfio_carveouts *carveouts, struct err *err)
{
	for (unsigned int i = 0; i < count(carveouts); i++) {
		struct vfio_carveout *c = &carveouts->wanted[i];
		const char *path = c->answer->file ?: "/dev/mem";

		if (!c->answer->own)
			continue;
		c->fd = sys_open(path, O_RDWR);
		if (c->fd >= 0)
			continue;
		err_set(err, c->fd, "carveout.%s: open %s", c->answer->name, path);
		return err_fix(err, "run as a user who may, or give carveout.%s=guest",
			       c->answer->name);
	}
	return 0;
}

static const struct range *find_placed(const struct vfio_carveouts *carveouts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (carveouts->guest[i].node == carveouts->guest[n].node)
			return &carveouts->guest[i].guest;
	return NULL;
}

static int collides(const struct vfio_carveout *c, struct range taken, struct err *err)
{
	err_usage(err, "carveout.%s=host: 0x%" PRIx64 " to 0x%" PRIx64, c->answer->name,
		  c->host.host.start, range_last(c->host.host));
	err_why(err, "0x%" PRIx64 " to 0x%" PRIx64 " is taken", taken.start, range_last(taken));
	return err_fix(err, "give carveout.%s=guest", c->answer->name);
}

int vfio_carveouts_avoid(const struct vfio_carveouts *carveouts, struct iova_list *list,
			 struct err *err)
{
	for (unsigned int i = 0; i < count(carveouts); i++) {
		const struct vfio_carveout *c = &carveouts->wanted[i];

		if (!c->answer->own || find_placed(carveouts, i))
			continue;
		for (unsigned int k = 0; k < list->n_ranges; k++)
			if (range_overlaps(list->ranges[k], c->host.host))
				return collides(c, list->ranges[k], err);
		if (iova_list_add(list, c->host.host))
			return err_set(err, ENOMEM, "list carve-outs");
	}
	return 0;
}

static int place_own(const struct vfio_carveout *c, const struct memmap *map, struct ram *ram,
		     struct err *err)
{
	uint64_t offset = c->answer->file ? c->answer->offset : c->host.host.start;

	for (unsigned int i = 0; i < ram->n_banks; i++)
		if (range_overlaps(ram->banks[i].gpa, c->host.host))
			return collides(c, ram->banks[i].gpa, err);
	if (range_contains(map->ram, c->host.host))
		return ram_insert_bank(ram,
				       &(struct ram_bank){ .gpa = c->host.host,
							   .fd = c->fd,
							   .offset = offset,
							   .is_foreign = true },
				       err);
	collides(c, c->host.host, err);
	return err_why(err, "a guest's memory lies between 0x%" PRIx64 " and 0x%" PRIx64,
		       map->ram.start, range_last(map->ram));
}

int vfio_carveouts_place(struct vfio_carveouts *carveouts, const struct memmap *map,
			 struct ram *ram, struct err *err)
{
	for (unsigned int i = 0; i < count(carveouts); i++) {
		const struct vfio_carveout *c = &carveouts->wanted[i];
		struct range *guest = &carveouts->guest[i].guest;
		const struct range *shared = find_placed(carveouts, i);
		int ret = 0;

		carveouts->guest[i].own = c->answer->own;
		if (shared) {
			*guest = *shared;
		} else if (c->answer->own) {
			*guest = c->host.host;
			ret = place_own(c, map, ram, err);
		} else {
			ret = ram_carve(ram, c->host.size, c->host.align, c->host.low, guest, err);
		}
		if (ret)
			return err_prefix(err, "%s", c->host.node->name);
	}
	return 0;
}

void vfio_carveouts_of(const struct vfio_carveouts *carveouts, const struct host_node *device,
		       struct graft_facts *facts)
{
	facts->carveouts = NULL;
	facts->n_carveouts = 0;
	for (unsigned int i = 0; i < count(carveouts); i++) {
		if (carveouts->wanted[i].device != device)
			continue;
		if (!facts->n_carveouts++)
			facts->carveouts = &carveouts->guest[i];
	}
}

void vfio_carveouts_destroy(struct vfio_carveouts *carveouts)
{
	for (unsigned int i = 0; i < count(carveouts); i++)
		close_fd(&carveouts->wanted[i].fd);
	free(carveouts->wanted);
	free(carveouts->guest);
	*carveouts = (struct vfio_carveouts){ 0 };
}
