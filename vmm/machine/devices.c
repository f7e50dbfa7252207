// SPDX-License-Identifier: GPL-2.0-only
/* All that walks the devices: stages of build.c, steps of reset.c. */
#include <errno.h>

#include "arch/common/vgic.h"
#include "devices/device.h"
#include "devices/platform_bus.h"
#include "vfio/host/owner.h"
#include "vfio/nodes/nodes.h"
#include "vfio/settings.h"
#include "vfio/vfio.h"
#include "vmm/base/built.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/machine/machine.h"

int machine_claim(struct machine *m, struct err *err)
{
	const struct vm_config *config = m->config;
	owned_ptr const char **names = calloc(config->n_devices + 1, sizeof(*names));
	int ret = vfio_nodes_check_settings(config->devices, config->n_devices, &m->host_tree, err);
	unsigned int n = 0;

	if (ret)
		return ret;
	/* Without a keeper the VMM is confined at the end and could not rebind: take no claims. */
	if (!BUILT(BIND) || !config->keeper)
		return 0;
	if (!names)
		return err_set(err, ENOMEM, "list %u devices", config->n_devices);
	for (unsigned int i = 0; i < config->n_devices; i++) {
		const struct device_config *device = &config->devices[i];

		if (vfio_is_assigned(device) && device_config_str(device, "host"))
			names[n++] = device_config_str(device, "host");
	}
	return vfio_claims_take(&m->claims, names, n, config->bind, config->name, err);
}

void machine_return(struct machine *m)
{
	struct err err;

	host_tree_destroy(take_ptr(&m->host_tree));
	if (!BUILT(BIND))
		return;
	if (vfio_claims_return(m->claims, &err)) {
		err_print(&err);
		m->is_lost = true;
	}
	vfio_claims_forget(take_ptr(&m->claims));
}

/* Where the user leaves it to dais: the host's own memory is not for iommufd. */
static enum vfio_backend choose_backend(const struct vm_config *config)
{
	for (unsigned int i = 0; i < config->n_devices; i++)
		if (config->iommu == VFIO_BACKEND_AUTO &&
		    vfio_wants_own_memory(&config->devices[i]))
			return VFIO_BACKEND_TYPE1;
	return config->iommu;
}

int machine_take_devices(struct machine *m, struct err *err)
{
	const struct vm_config *config = m->config;
	int ret = vfio_create(&m->vm.vfio, choose_backend(config), config->passed, err);

	if (ret)
		return ret;
	vfio_use_tree(m->vm.vfio, take_ptr(&m->host_tree));
	m->devices = calloc(config->n_devices + 1, sizeof(struct device *));
	if (!m->devices)
		return err_set(err, ENOMEM, "list %u devices", config->n_devices);
	for (unsigned int i = 0; i < config->n_devices; i++) {
		const struct device_config *device = &config->devices[i];

		ret = device->class->create(device, &m->vm, &m->devices[i], err);
		if (ret)
			return err_prefix(err, "device %s", device->name);
		m->n_devices++;
	}
	return config->allow_unsafe_reset ? 0 : vfio_check_resets(m->vm.vfio, err);
}

static void not_released(void *opaque, const char *device, const struct err *err)
{
	struct machine *m = opaque;

	err_print(err);
	if (device)
		vfio_claims_leave_bound(m->claims, device, false, err->what);
	m->is_lost = true;
}

/* Told when a driver would get it. */
static void not_at_rest(void *opaque, const char *device, const struct err *err)
{
	struct machine *m = opaque;

	vfio_claims_leave_bound(m->claims, device, true, err->what);
}

void machine_give_devices_back(struct machine *m)
{
	/* Else the dais that collects the RAM resets them once more. */
	bool may_note = m->config->keeper || !m->is_confined;

	vfio_release(m->vm.vfio, may_note, not_released, not_at_rest, m);
	while (m->n_devices) {
		struct device *device = m->devices[--m->n_devices];

		if (device)
			device->class->destroy(device);
	}
	free(take_ptr(&m->devices));
	vfio_destroy(take_ptr(&m->vm.vfio));
}

void machine_detach_devices(struct machine *m)
{
	for (unsigned int i = m->n_devices; i-- > 0;) {
		struct device *device = m->devices[i];

		if (device->class->detach) {
			device->class->detach(device);
		} else {
			device->class->destroy(device);
			m->devices[i] = NULL;
		}
	}
	free(take_ptr(&m->vm.bus));
}

/* A function of its class, which may have none. */
static int call(struct device *device, int (*f)(struct device *device, struct err *err),
		struct err *err)
{
	return f && f(device, err) ? err_prefix(err, "device %s", device->name) : 0;
}

static int attach(void *opaque, unsigned int i, struct err *err)
{
	struct device *device = ((struct machine *)opaque)->devices[i];

	return call(device, device->class->attach, err);
}

int machine_attach_devices(struct machine *m, struct err *err)
{
	int ret;

	m->vm.bus = calloc(1, sizeof(*m->vm.bus));
	if (!m->vm.bus)
		return err_set(err, ENOMEM, "make the platform bus");
	platform_bus_init(m->vm.bus, &m->vm.memmap, &m->vm.ram, m->vm.vgic->n_spis);
	ret = device_configs_place(m->config->devices, m->n_devices, attach, m, err);
	if (!ret)
		mmio_table_seal(&m->vm.mmio);
	return ret;
}

int machine_arm(struct machine *m, struct err *err)
{
	const struct platform_bus *bus = m->vm.bus;
	int ret = vgic_set_levels(m->vm.vgic, bus->levels, n_elems(bus->levels), err);

	for (unsigned int i = 0; i < m->n_devices && !ret; i++)
		ret = call(m->devices[i], m->devices[i]->class->arm, err);
	return ret;
}

void machine_quiesce(struct machine *m)
{
	for (unsigned int i = m->n_devices; i-- > 0;) {
		struct device *device = m->devices[i];

		if (device->class->quiesce)
			device->class->quiesce(device);
	}
}

int machine_reset_devices(struct machine *m, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < m->n_devices && !ret; i++)
		ret = call(m->devices[i], m->devices[i]->class->reset, err);
	return ret;
}
