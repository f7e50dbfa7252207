// SPDX-License-Identifier: GPL-2.0-only
/* The device class of all that is bound to vfio-platform or vfio-amba. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "devices/platform_bus.h"
#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/host/module.h"
#include "vfio/irq/irq.h"
#include "vfio/region.h"
#include "vmm/base/str.h"
#include "vmm/core/vm.h"

static struct vfio_device *to_vfio(struct device *device)
{
	return (struct vfio_device *)device;
}

/* Where the list of devices points at @vdev, or its end. */
static struct vfio_device **find_link(const struct vfio_device *vdev)
{
	struct vfio_device **link = &vdev->device.vm->vfio->devices;

	while (*link && *link != vdev)
		link = &(*link)->next;
	return link;
}

static void platform_quiesce(struct device *device)
{
	struct vfio_device *vdev = to_vfio(device);

	for (unsigned int i = vdev->n_irqs; i-- > 0;)
		vfio_irq_quiesce(&vdev->irqs[i], device->vm);
}

static void platform_detach(struct device *device)
{
	vfio_device_detach(to_vfio(device));
}

static void platform_destroy(struct device *device)
{
	struct vfio_device **link;

	if (!device)
		return;
	platform_quiesce(device);
	platform_detach(device);
	vfio_device_close(to_vfio(device));
	link = find_link(to_vfio(device));
	if (*link)
		*link = to_vfio(device)->next;
	free(device);
}

static int check_not_twice(const struct vfio_device *vdev, struct err *err)
{
	for (const struct vfio_device *d = vdev->device.vm->vfio->devices; d; d = d->next) {
		if (strcmp(d->host.path, vdev->host.path))
			continue;
		err_usage(err, "%s: host=%s is given twice", vdev->node.config->where,
			  vdev->host.name);
		err_why(err, "%s (%s) has it already", d->device.name, d->node.config->where);
		return err_fix(err, "give each host device to one device of the guest");
	}
	return 0;
}

static int open_host_device(struct vfio_device *vdev, const struct device_config *config,
			    struct err *err)
{
	const char *host = device_config_str(config, "host");
	int ret = vfio_host_device_find(&vdev->host, host, err);

	if (!ret)
		ret = check_not_twice(vdev, err);
	if (!ret)
		ret = vfio_host_device_check_bound(&vdev->host, err);
	if (!ret && !strcmp(vdev->host.driver, "vfio-dais"))
		ret = vfio_host_module_check(err);
	if (ret)
		return ret;
	str_copy(vdev->node.name, sizeof(vdev->node.name), vdev->host.name);
	vdev->node.amba = vdev->host.amba;
	vdev->node.device = &vdev->host;
	ret = vfio_node_find(vdev->device.vm->vfio, &vdev->node, err);
	if (!ret)
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
	vdev->device = (struct device){ .class = config->class, .vm = vm, .name = config->name };
	vdev->handle.fd = -1;
	ret = vfio_node_read(&vdev->node, config, err);
	if (!ret)
		ret = open_host_device(vdev, config, err);
	if (ret) {
		platform_destroy(&vdev->device);
		return ret;
	}
	*find_link(vdev) = vdev;
	*device = &vdev->device;
	return 0;
}

static int place(struct vfio_device *vdev, struct err *err)
{
	struct platform_bus *bus = vdev->device.vm->bus;
	struct vfio_nodes *nodes = &vdev->device.vm->vfio->nodes;
	int ret = vfio_node_place(nodes, &vdev->node, bus, err);

	for (unsigned int i = 0; i < vdev->n_regions && !ret; i++)
		vfio_region_put(&vdev->regions[i], vdev->node.regions[i].start);
	if (!ret)
		ret = vfio_shadows_attach(&nodes->shadows, vdev->node.host, vdev->device.vm, err);
	for (unsigned int i = 0; i < vdev->n_irqs && !ret; i++)
		vfio_irq_put(&vdev->irqs[i], bus, vdev->node.irqs[i].spi);
	return ret;
}

static int platform_attach(struct device *device, struct err *err)
{
	struct vfio_device *vdev = to_vfio(device);
	int ret = place(vdev, err);

	if (!ret)
		ret = vfio_user_irqs_prepare(vdev, err);
	for (unsigned int i = 0; i < vdev->n_regions && !ret; i++)
		ret = vfio_region_attach(&vdev->regions[i], device->vm, err);
	return ret;
}

static int platform_describe(struct device *device, struct dt *dt, struct err *err)
{
	const struct vfio_nodes *nodes = &device->vm->vfio->nodes;
	const struct vfio_node *node = &to_vfio(device)->node;

	int ret = vfio_node_write(nodes, node, dt, err);

	if (!node->next) { /* behind all of them */
		graft_write_shared(nodes->graft, dt);
		if (BUILT(SCMI))
			vfio_scmi_describe(device->vm->vfio, dt);
	}
	return ret;
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
	int ret = BUILT(SCMI) ? vfio_scmi_reset(to_vfio(device), err) : 0;

	vfio_shadows_reset(&device->vm->vfio->nodes.shadows, to_vfio(device)->node.host);
	return ret ? ret : vfio_device_reset(to_vfio(device), err);
}

#define PLATFORM_CLASS(name_, help_)                                                             \
	{                                                                                        \
		.name = name_, .help = help_, .keys = vfio_platform_keys,                        \
		.create = platform_create, .attach = platform_attach,                            \
		.describe = platform_describe, .arm = platform_arm, .quiesce = platform_quiesce, \
		.reset = platform_reset, .detach = platform_detach, .destroy = platform_destroy, \
	}

const struct device_class vfio_platform_class = PLATFORM_CLASS(
	"vfio-platform", "a device of the host that is bound to vfio-platform or vfio-amba");

/* What they must have is in the table of fdt/guest/graft_class.c. */
const struct device_class vfio_calxeda_xgmac_class =
	PLATFORM_CLASS("vfio-calxeda-xgmac", "the Ethernet MAC of Calxeda's ECX-1000 and ECX-2000");
const struct device_class vfio_amd_xgbe_class =
	PLATFORM_CLASS("vfio-amd-xgbe", "the 10G Ethernet MAC of AMD's Opteron A1100 (Seattle)");
