// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/carveout.h"

#include <errno.h>
#include <stdlib.h>

#include "vmm/core/ram.h"

static int add(struct vfio_carveouts *carveouts, const struct vfio_carveout *wanted,
	       struct err *err)
{
	size_t n = (size_t)carveouts->n + 1;
	struct vfio_carveout *more = reallocarray(carveouts->wanted, n, sizeof(*more));
	struct graft_carveout *guest = reallocarray(carveouts->guest, n, sizeof(*guest));

	if (more)
		carveouts->wanted = more;
	if (guest)
		carveouts->guest = guest;
	if (!more || !guest)
		return err_set(err, ENOMEM, "list carve-outs");
	more[carveouts->n] = *wanted;
	guest[carveouts->n++] = (struct graft_carveout){ .node = wanted->host.node };
	return 0;
}

int vfio_carveouts_add(struct vfio_carveouts *carveouts, const struct host_tree *tree,
		       const struct host_node *device, const char *what,
		       const struct vfio_answers *answers, struct err *err)
{
	struct vfio_carveout wanted = { .device = device };
	int ret = 0;

	for (unsigned int i = 0; i < answers->n_carveouts && !ret; i++) {
		ret = host_carveout_find(tree, device, what, answers->carveouts[i], &wanted.host,
					 err);
		if (!ret)
			ret = add(carveouts, &wanted, err);
	}
	return ret;
}

static const struct range *find_placed(const struct vfio_carveouts *carveouts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (carveouts->guest[i].node == carveouts->guest[n].node)
			return &carveouts->guest[i].guest;
	return NULL;
}

int vfio_carveouts_place(struct vfio_carveouts *carveouts, struct ram *ram, struct err *err)
{
	for (unsigned int i = 0; i < carveouts->n; i++) {
		const struct host_carveout *host = &carveouts->wanted[i].host;
		struct range *guest = &carveouts->guest[i].guest;
		const struct range *shared = find_placed(carveouts, i);
		int ret = 0;

		if (shared)
			*guest = *shared;
		else
			ret = ram_carve(ram, host->size, host->align, host->low, guest, err);
		if (ret)
			return err_prefix(err, "%s", host->node->name);
	}
	return 0;
}

void vfio_carveouts_of(const struct vfio_carveouts *carveouts, const struct host_node *device,
		       struct graft_facts *facts)
{
	facts->carveouts = NULL;
	facts->n_carveouts = 0;
	for (unsigned int i = 0; i < carveouts->n; i++) {
		if (carveouts->wanted[i].device != device)
			continue;
		if (!facts->n_carveouts++)
			facts->carveouts = &carveouts->guest[i];
	}
}

void vfio_carveouts_destroy(struct vfio_carveouts *carveouts)
{
	free(carveouts->wanted);
	free(carveouts->guest);
	*carveouts = (struct vfio_carveouts){ 0 };
}
