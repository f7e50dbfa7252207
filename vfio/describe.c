// SPDX-License-Identifier: GPL-2.0-only
/* The guest's nodes of devices that VFIO has opened: vfio/nodes/nodes.h with its facts. */
#include <errno.h>

#include "fdt/guest/tree.h"
#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/host/power.h"
#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"

void vfio_use_tree(struct vfio *vfio, struct host_tree *tree)
{
	vfio->tree = tree;
}

const struct host_tree *vfio_tree(const struct vfio *vfio)
{
	return vfio ? vfio->tree : NULL;
}

static int read_host(struct vfio *vfio, struct err *err)
{
	struct vfio_node **link = &vfio->nodes.first;
	int ret = vfio->live ? 0 : vfio_nodes_read_host(&vfio->tree, &vfio->live, err);

	if (!ret && !vfio->tree) {
		err_set(err, ENOENT, "find the device tree nodes of assigned devices");
		return err_why(err,
			       "the host does not describe its devices by a device tree (ACPI?)");
	}
	vfio->nodes.tree = vfio->tree;
	vfio->nodes.live = vfio->live;
	vfio->nodes.backend = vfio->backend;
	for (struct vfio_device *vdev = vfio->devices; vdev; vdev = vdev->next) {
		*link = &vdev->node;
		link = &vdev->node.next;
	}
	*link = NULL;
	return ret;
}

int vfio_node_find(struct vfio *vfio, struct vfio_node *node, struct err *err)
{
	int ret;

	if (!vfio->tree && !file_exists(VFIO_HOST_TREE))
		return 0;
	ret = read_host(vfio, err);
	return ret ? ret : vfio_node_look_up(&vfio->nodes, node, err);
}

int vfio_reserve_carveouts(struct vfio *vfio, struct err *err)
{
	const struct vfio_device *vdev = vfio->devices;
	int ret;

	while (vdev && !vdev->node.answers.n_carveouts && !vdev->node.answers.n_syscons)
		vdev = vdev->next;
	if (!vdev)
		return 0;
	ret = read_host(vfio, err);
	if (!ret)
		ret = vfio_nodes_reserve(&vfio->nodes, &vfio->reserved, err);
	return ret ? ret : vfio_carveouts_open(&vfio->nodes.carveouts, err);
}

int vfio_carve(struct vfio *vfio, const struct memmap *map, struct ram *ram, struct err *err)
{
	int ret = 0;

	if (!vfio)
		return 0;
	/* Without an IOMMU nobody asked for vfio_reserved(). */
	if (!vfio->nodes.carveouts.n)
		ret = vfio_reserve_carveouts(vfio, err);
	return ret ? ret : vfio_carveouts_place(&vfio->nodes.carveouts, map, ram, err);
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

static int tell(const struct vfio *vfio, const struct vfio_device *vdev, struct err *err)
{
	const struct graft_node *nodes = vfio_node_graft(&vfio->nodes, &vdev->node);
	const struct live_device device = { .found = true, .host = vdev->host };
	struct host_power_list power = { 0 };
	int ret = BUILT(PLAN) ? host_power_collect(&power, vfio->live, &device, nodes) : 0;

	if (BUILT(PLAN) && !vdev->node.facts.coherent)
		log_info("%s: its DMA does not see the CPUs' caches, by the host's tree: the guest "
			 "gets no dma-coherent, and its driver must clean and invalidate them, as "
			 "Linux does then",
			 vdev->host.name);
	trace_nodes(vdev, nodes);
	/* An access to a device without its clock or power can hang the machine. */
	for (size_t i = 0; BUILT(PLAN) && i < power.n_items; i++)
		if (power.items[i].state == HOST_POWER_OFF && power.items[i].remedy)
			log_warn(
				"%s: its %s %s is off on the host (%s): the device may not answer; "
				"\"dais plan %s\" tells the remedy",
				vdev->host.name, reference_kind_name(power.items[i].kind),
				power.items[i].name, power.items[i].how, vdev->host.name);
	if (BUILT(PLAN))
		host_power_destroy(&power);
	return ret ? err_set(err, ret, "describe %s", vdev->host.name) : 0;
}

int vfio_nodes_plan(struct vfio *vfio, const char *console, struct err *err)
{
	struct vm *vm;
	int ret;

	if (!vfio || !vfio->devices || vfio->nodes.graft)
		return 0;
	vm = vfio->devices->device.vm;
	vfio->nodes.console = console;
	ret = read_host(vfio, err);
	for (struct vfio_device *vdev = vfio->devices; vdev && !ret; vdev = vdev->next) {
		vdev->node.direct_dma = vfio->backend == VFIO_BACKEND_NONE;
		ret = vfio_node_look_up(&vfio->nodes, &vdev->node, err);
	}
	if (!ret)
		ret = vfio_nodes_graft(&vfio->nodes, err);
	for (struct vfio_device *vdev = vfio->devices; vdev && !ret; vdev = vdev->next)
		ret = tell(vfio, vdev, err);
	return ret || !BUILT(SCMI) ? ret : vfio_scmi_create(vfio, vm, err);
}

int vfio_nodes_finish(struct vfio *vfio, void **blob, size_t *size, struct err *err)
{
	int ret;

	if (!vfio || !vfio->devices)
		return 0;
	ret = vfio_nodes_overlay(&vfio->nodes, blob, size, err);
	/* For what came from elsewhere: the host's nodes and overlays. */
	return ret ? ret : dt_check(*blob, *size, err);
}
