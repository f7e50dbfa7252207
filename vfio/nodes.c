// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/nodes.h"

#include <errno.h>
#include <stdlib.h>

#include "fdt/host/facts.h"
#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/host/live.h"
#include "vfio/host/power.h"
#include "vfio/vfio.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

static int read_tree(struct vfio *vfio, struct err *err)
{
	return vfio->tree ? 0 : host_tree_read_live(VFIO_HOST_TREE, &vfio->tree, err);
}

static int find_node(struct vfio *vfio, const struct vfio_device *vdev,
		     const struct host_node **node, struct err *err)
{
	char path[512];
	int ret = read_tree(vfio, err);

	*node = NULL;
	if (ret)
		return ret;
	if (vfio_host_node_path(vdev->host.path, path, sizeof(path)))
		*node = host_tree_find(vfio->tree, path);
	if (*node)
		return 0;
	err_set(err, ENOENT, "find the device tree node of %s", vdev->host.name);
	err_why(err, "the host does not describe this device by a device tree (ACPI?)");
	return err->code;
}

/* iommufd takes pages that the kernel manages, which reserved memory has not. */
static int check_backend(const struct vfio *vfio, struct err *err)
{
	for (unsigned int i = 0; i < vfio->carveouts.n; i++) {
		const struct vfio_carveout *c = &vfio->carveouts.wanted[i];

		if (!c->answer->own || vfio->backend != VFIO_BACKEND_IOMMUFD)
			continue;
		err_usage(err, "carveout.%s=host with iommu=iommufd", c->answer->name);
		err_why(err, "iommufd does not map memory that the host's kernel has reserved");
		err_fix(err, "give iommu=type1, or carveout.%s=guest", c->answer->name);
		return err->code;
	}
	return 0;
}

int vfio_nodes_reserve(struct vfio *vfio, struct err *err)
{
	int ret = 0;

	vfio_carveouts_destroy(&vfio->carveouts);
	for (struct vfio_device *vdev = vfio->devices; vdev && !ret; vdev = vdev->next) {
		const struct host_node *node;

		if (!vdev->answers.n_carveouts)
			continue;
		ret = find_node(vfio, vdev, &node, err);
		if (!ret)
			ret = vfio_carveouts_add(&vfio->carveouts, vfio->tree, node,
						 vdev->host.name, &vdev->answers, err);
	}
	if (!ret)
		ret = check_backend(vfio, err);
	if (!ret)
		ret = vfio_carveouts_open(&vfio->carveouts, err);
	return ret ? ret : vfio_carveouts_avoid(&vfio->carveouts, &vfio->reserved, err);
}

int vfio_carve(struct vfio *vfio, const struct memmap *map, struct ram *ram, struct err *err)
{
	int ret = 0;

	if (!vfio)
		return 0;
	/* Without an IOMMU nobody asked for vfio_reserved(). */
	if (!vfio->carveouts.n)
		ret = vfio_nodes_reserve(vfio, err);
	return ret ? ret : vfio_carveouts_place(&vfio->carveouts, map, ram, err);
}

static int add_device(struct vfio *vfio, struct vfio_device *vdev, struct err *err)
{
	const struct host_node *node;
	struct host_facts host = { 0 };
	int ret = find_node(vfio, vdev, &node, err);

	if (!ret)
		ret = vfio_device_guest_facts(vdev, err);
	if (!ret)
		ret = host_facts_read(vfio->tree, node, &host, err);
	if (!ret) {
		vdev->guest.coherent = host.coherent;
		vdev->guest.direct_dma = vfio->backend == VFIO_BACKEND_NONE;
		vfio_carveouts_of(&vfio->carveouts, node, &vdev->guest);
		ret = graft_add_device(vfio->graft, node, vdev->host.name, &vdev->guest,
				       &vdev->answers.graft, err);
		vdev->graft_number = ret < 0 ? 0 : (unsigned int)ret;
	}
	if (ret >= 0 && !host.coherent)
		log_info("%s: its DMA does not see the CPUs' caches, by the host's tree: the guest "
			 "gets no dma-coherent, and its driver must clean and invalidate them, as "
			 "Linux does then",
			 vdev->host.name);
	host_facts_destroy(&host);
	return ret < 0 ? ret : 0;
}

static void trace_nodes(const struct vfio_device *vdev, const struct graft_node *node)
{
	for (; node; node = node->next) {
		for (size_t i = 0; i < node->n_items; i++)
			trace_line(TRACE_VFIO, "%s: node %s: %s %s: %s", vdev->host.name,
				   node->name, node->items[i].property,
				   graft_verdict_name(node->items[i].verdict),
				   node->items[i].reason);
		trace_nodes(vdev, node->child);
	}
}

/* An access to a device without its clock or power can hang the machine. */
static int warn_of_cuts(const struct vfio *vfio, const struct vfio_device *vdev, struct err *err)
{
	const struct live_device device = { .found = true, .host = vdev->host };
	struct host_power_list power = { 0 };
	int ret = host_power_collect(&power, vfio->live, &device,
				     graft_device_nodes(vfio->graft, vdev->graft_number));

	for (size_t i = 0; i < power.n_items; i++)
		if (power.items[i].state == HOST_POWER_OFF)
			log_warn(
				"%s: its %s %s is off on the host (%s): the device may not answer; "
				"\"dais plan %s\" tells the remedy",
				vdev->host.name, reference_kind_name(power.items[i].kind),
				power.items[i].name, power.items[i].how, vdev->host.name);
	host_power_destroy(&power);
	return ret ? err_set(err, ret, "describe %s", vdev->host.name) : 0;
}

int vfio_nodes_plan(struct vfio *vfio, struct err *err)
{
	struct graft_host host;
	int ret;

	if (!vfio || !vfio->devices || vfio->graft)
		return 0;
	ret = read_tree(vfio, err);
	if (!ret)
		ret = host_live_create(vfio->tree, &vfio->live, err);
	if (ret)
		return ret;
	host_live_for_graft(vfio->live, &host);
	ret = graft_create(vfio->tree, &host, &vfio->graft, err);
	for (struct vfio_device *vdev = vfio->devices; vdev && !ret; vdev = vdev->next)
		ret = add_device(vfio, vdev, err);
	if (!ret)
		ret = graft_plan(vfio->graft, err);
	for (struct vfio_device *vdev = vfio->devices; vdev && !ret; vdev = vdev->next) {
		trace_nodes(vdev, graft_device_nodes(vfio->graft, vdev->graft_number));
		ret = warn_of_cuts(vfio, vdev, err);
	}
	return ret;
}

int vfio_node_write(const struct vfio_device *vdev, struct dt *dt, struct err *err)
{
	const struct vfio *vfio = vdev->device.vm->vfio;

	if (vdev == vfio->devices) /* once for all */
		graft_write_carveouts(vfio->graft, dt);
	return vdev->overlay.brings ? 0 : graft_write(vfio->graft, vdev->graft_number, dt, err);
}

int vfio_nodes_finish(struct vfio *vfio, void **blob, size_t *size, struct err *err)
{
	owned_ptr struct vfio_overlay_user *users = NULL;
	size_t n = 0;

	if (!vfio)
		return 0;
	for (const struct vfio_device *vdev = vfio->devices; vdev; vdev = vdev->next)
		n++;
	users = calloc(n + 1, sizeof(*users));
	if (!users)
		return err_set(err, ENOMEM, "apply overlays");
	n = 0;
	for (const struct vfio_device *vdev = vfio->devices; vdev; vdev = vdev->next)
		users[n++] = (struct vfio_overlay_user){
			.overlay = &vdev->overlay,
			.path = graft_device_path(vfio->graft, vdev->graft_number),
			.facts = vdev->guest,
		};
	return vfio_overlays_apply(users, n, blob, size, err);
}

void vfio_nodes_destroy(struct vfio *vfio)
{
	graft_destroy(vfio->graft);
	vfio_carveouts_destroy(&vfio->carveouts);
	host_live_destroy(vfio->live);
	host_tree_destroy(vfio->tree);
	vfio->graft = NULL;
	vfio->live = NULL;
	vfio->tree = NULL;
}
