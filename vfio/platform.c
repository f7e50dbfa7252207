// SPDX-License-Identifier: GPL-2.0-only
/* The device class of all that is bound to vfio-platform or vfio-amba. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/device.h"
#include "devices/platform_bus.h"
#include "fdt/graft_device.h"
#include "fdt/host_tree.h"
#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/irq.h"
#include "vfio/region.h"
#include "vfio/vfio.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

static const struct device_key keys[] = {
	{ "host", "DEVICE",
	  "the host's device, as /sys/bus/platform/devices or /sys/bus/amba/devices names it",
	  false },
	{ "gpa", "ADDR", "guest address of the (n-th) region; default: where there is room", true },
	{ "spi", "N", "SPI of the (n-th) interrupt, from 0; default: the first that is free",
	  true },
	{ "mmap", "on|off", "off: trap each access to the (n-th) region; on: not, or fail", true },
	{ "compatible", "TEXT",
	  "what the guest's device tree node says; default: what the host's says", false },
	{ 0 },
};

static struct vfio_device *to_vfio(struct device *device)
{
	return (struct vfio_device *)device;
}

static void join(struct vfio_device *vdev)
{
	struct vfio_device **link = &vdev->device.vm->vfio->devices;

	while (*link)
		link = &(*link)->next;
	*link = vdev;
}

static void leave(struct vfio_device *vdev)
{
	struct vfio_device **link = &vdev->device.vm->vfio->devices;

	while (*link && *link != vdev)
		link = &(*link)->next;
	if (*link)
		*link = vdev->next;
}

static void platform_quiesce(struct device *device)
{
	struct vfio_device *vdev = to_vfio(device);

	for (unsigned int i = vdev->n_irqs; i-- > 0;)
		vfio_irq_quiesce(&vdev->irqs[i], device->vm);
}

static void platform_destroy(struct device *device)
{
	if (!device)
		return;
	platform_quiesce(device);
	vfio_device_close(to_vfio(device));
	leave(to_vfio(device));
	free(device);
}

static int check_not_twice(const struct vfio_device *vdev, struct err *err)
{
	for (const struct vfio_device *d = vdev->device.vm->vfio->devices; d; d = d->next) {
		if (strcmp(d->host.path, vdev->host.path))
			continue;
		err_usage(err, "%s: host=%s is given twice", vdev->where, vdev->host.name);
		err_why(err, "%s (%s) has it already", d->device.name, d->where);
		err_fix(err, "give each host device to one device of the guest");
		return err->code;
	}
	return 0;
}

static int open_host_device(struct vfio_device *vdev, const struct device_config *config,
			    struct err *err)
{
	const char *host = device_config_str(config, "host");
	int ret;

	if (!host) {
		err_usage(err, "%s: vfio-platform wants host=DEVICE", config->where);
		err_fix(err, "name a device of /sys/bus/platform/devices or /sys/bus/amba/devices");
		return err->code;
	}
	ret = vfio_host_device_find(&vdev->host, host, err);
	if (!ret)
		ret = check_not_twice(vdev, err);
	if (!ret)
		ret = vfio_host_device_check_bound(&vdev->host, err);
	if (ret)
		return ret;
	ret = vfio_device_open(vdev, config, err);
	return ret ? err_prefix(err, "attach %s", host) : 0;
}

static int platform_create(const struct device_config *config, struct vm *vm,
			   struct device **device, struct err *err)
{
	struct vfio_device *vdev = calloc(1, sizeof(*vdev));
	int ret;

	assert(vm->vfio);
	if (!vdev)
		return err_set(err, ENOMEM, "%s", config->name);
	vdev->device = (struct device){ &vfio_platform_class, vm, config->name };
	vdev->where = config->where;
	vdev->compatible = device_config_str(config, "compatible");
	vdev->fd = -1;
	ret = open_host_device(vdev, config, err);
	if (ret) {
		platform_destroy(&vdev->device);
		return ret;
	}
	join(vdev);
	*device = &vdev->device;
	return 0;
}

/* What the user pinned first, so that nothing else takes its place. */
static int place(struct vfio_device *vdev, struct err *err)
{
	struct platform_bus *bus = vdev->device.vm->bus;
	int ret = 0;

	for (int pinned = 1; pinned >= 0; pinned--) {
		for (unsigned int i = 0; i < vdev->n_regions && !ret; i++)
			if (pinned == (vdev->regions[i].wanted_gpa != PLATFORM_BUS_ANY))
				ret = vfio_region_place(&vdev->regions[i], bus, err);
		for (unsigned int i = 0; i < vdev->n_irqs && !ret; i++)
			if (pinned == (vdev->irqs[i].wanted_spi != PLATFORM_BUS_ANY))
				ret = vfio_irq_place(&vdev->irqs[i], bus, err);
	}
	return ret;
}

static int platform_attach(struct device *device, struct err *err)
{
	struct vfio_device *vdev = to_vfio(device);
	int ret = place(vdev, err);

	for (unsigned int i = 0; i < vdev->n_regions && !ret; i++)
		ret = vfio_region_attach(&vdev->regions[i], device->vm, err);
	return ret;
}

static void report_property(void *opaque, const char *property, enum graft_verdict verdict,
			    const char *reason)
{
	static const char *const verdicts[] = {
		[GRAFT_COPY] = "copied",
		[GRAFT_REWRITE] = "rewritten",
		[GRAFT_REPLACE] = "replaced",
		[GRAFT_DROP] = "dropped",
	};
	const struct vfio_device *vdev = opaque;

	trace_line(TRACE_VFIO, "%s: node: %s %s: %s", vdev->host.name, property, verdicts[verdict],
		   reason);
}

/* Where a device's of_node points (Documentation/ABI/testing/sysfs-firmware-ofw). */
#define LIVE_TREE "/sys/firmware/devicetree/base"

static int find_node(const struct vfio_device *vdev, const struct host_tree *tree,
		     const struct host_node **node, struct err *err)
{
	static const char base[] = "/firmware/devicetree/base";
	char link[sizeof(vdev->host.path) + 16], target[PATH_MAX];
	ssize_t n;
	char *path;

	snprintf(link, sizeof(link), "%s/of_node", vdev->host.path);
	n = sys_readlink(link, target, sizeof(target));
	if (n < 0) {
		err_set(err, (int)n, "find the device tree node of %s", vdev->host.name);
		if (n == -ENOENT)
			err_why(err,
				"the host does not describe this device by a device tree (ACPI?)");
		return err->code;
	}
	path = strstr(target, base);
	*node = path ? host_tree_find(tree, path + strlen(base)) : NULL;
	return *node ? 0 : err_set(err, ENOENT, "find the device tree node %s", target);
}

static int platform_describe(struct device *device, struct dt *dt, struct err *err)
{
	struct vfio_device *vdev = to_vfio(device);
	owned_ptr struct range *regions = calloc(vdev->n_regions + 1, sizeof(*regions));
	owned_ptr struct graft_irq *irqs = calloc(vdev->n_irqs + 1, sizeof(*irqs));
	const struct graft_facts facts = {
		.regions = regions,
		.n_regions = vdev->n_regions,
		.irqs = irqs,
		.n_irqs = vdev->n_irqs,
		.amba = vdev->host.amba,
		.coherent = vdev->host.dt_coherent,
		.compatible = vdev->compatible,
	};
	const struct host_node *node;
	struct host_tree *tree;
	int ret;

	if (!regions || !irqs)
		return err_set(err, ENOMEM, "describe %s", vdev->host.name);
	for (unsigned int i = 0; i < vdev->n_regions; i++)
		regions[i] = (struct range){ vdev->regions[i].gpa, vdev->regions[i].size };
	for (unsigned int i = 0; i < vdev->n_irqs; i++)
		irqs[i] = (struct graft_irq){ vdev->irqs[i].spi, !vdev->irqs[i].level };

	ret = host_tree_read_live(LIVE_TREE, &tree, err);
	if (!ret) {
		ret = find_node(vdev, tree, &node, err);
		if (!ret)
			ret = graft_device(dt, node, &facts, report_property, vdev, err);
		host_tree_destroy(tree);
	}
	return ret ? err_prefix(err, "describe %s", vdev->host.name) : 0;
}

static int platform_arm(struct device *device, struct err *err)
{
	struct vfio_device *vdev = to_vfio(device);

	for (unsigned int i = 0; i < vdev->n_irqs; i++) {
		int ret = vfio_irq_arm(&vdev->irqs[i], device->vm, err);

		if (ret) {
			platform_quiesce(device);
			return ret;
		}
	}
	return 0;
}

static int platform_reset(struct device *device, struct err *err)
{
	return vfio_device_reset(to_vfio(device), err);
}

const struct device_class vfio_platform_class = {
	.name = "vfio-platform",
	.help = "a device of the host that is bound to vfio-platform or vfio-amba",
	.keys = keys,
	.create = platform_create,
	.attach = platform_attach,
	.describe = platform_describe,
	.arm = platform_arm,
	.quiesce = platform_quiesce,
	.reset = platform_reset,
	.destroy = platform_destroy,
};
