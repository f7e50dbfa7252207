// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/check/check.h"

/* A walk over the other members of a device's group. */
struct member_walk {
	struct check *check;
	const struct check_vm *vm;
	const struct check_device *device;
};

static void check_member(void *opaque, const char *name, const char *driver)
{
	const struct member_walk *walk = opaque;
	const struct vfio_host_device *host = &walk->device->host;

	if (!strcmp(name, host->name) || !driver[0] || !strncmp(driver, "vfio-", 5))
		return;
	check_say(
		walk->check, CHECK_BLOCKS,
		"%s: IOMMU group %d of %s cannot be handed out: the host's driver %s has %s, which is "
		"in it too",
		walk->vm->name, host->group, host->name, driver, name);
	check_fix(walk->check, "echo %s | sudo tee /sys/bus/%s/drivers/%s/unbind", name,
		  host->amba ? "amba" : "platform", driver);
}

static void check_device(struct check *check, const struct check_vm *vm,
			 struct check_device *device)
{
	const char *name = device_config_str(device->config, "host");
	struct member_walk walk = { check, vm, device };
	struct err err;

	if (!name) {
		check_say(check, CHECK_BLOCKS, "%s: %s: there is no host=", vm->name,
			  device->config->where);
		check_fix(check, "dais list");
		return;
	}
	if (vfio_host_device_find(&device->host, name, &err)) {
		check_say_err(check, CHECK_BLOCKS, vm, &err);
		return;
	}
	device->found = true;
	if (vfio_host_device_check_bound(&device->host, &err))
		check_say_err(check, CHECK_BLOCKS, vm, &err);
	else
		check_say(check, CHECK_FINE, "%s is bound to VFIO", name);
	if (device->host.group >= 0)
		vfio_host_group_for_each(device->host.group, check_member, &walk);
}

void check_devices(struct check *check)
{
	for (unsigned int i = 0; i < check->n_vms; i++)
		for (unsigned int k = 0; k < check->vms[i].n_devices; k++)
			check_device(check, &check->vms[i], &check->vms[i].devices[k]);
}

static void tell_verdict(struct check *check, const struct check_vm *vm,
			 const struct plan_device *device)
{
	char reasons[1024] = "";
	const char *reason;

	if (device->node.result == GRAFT_PASSES) {
		check_say(check, CHECK_FINE, "%s can be passed", device->node.name);
		return;
	}
	for (unsigned int i = 0; (reason = plan_reason(&vm->plan, device, i)); i++) {
		size_t used = strlen(reasons);

		snprintf(reasons + used, sizeof(reasons) - used, "%s%s", i ? "; " : "", reason);
	}
	check_say(check, CHECK_BLOCKS, "%s: %s %s: %s", vm->name, device->node.name,
		  device->node.result == GRAFT_REFUSED ? "cannot be passed" : "wants an answer",
		  reasons);
	check_fix(check, vm->is_file ? "dais plan -c %s" : "dais plan %s", vm->name);
}

/* The guest's nodes, if all devices of the VM are there: else the plan has nothing to begin with.
 */
static void check_plan(struct check *check, struct check_vm *vm)
{
	struct err err;

	for (unsigned int i = 0; i < vm->n_devices; i++)
		if (!vm->devices[i].found)
			return;
	if (plan_create(&vm->plan, check->tree, check->live, &vm->config, &err)) {
		check->out_of_memory |= err.code == -ENOMEM;
		check_say_err(check, CHECK_BLOCKS, vm, &err);
		return;
	}
	for (unsigned int i = 0; i < vm->plan.n_devices; i++) {
		for (unsigned int k = 0; k < vm->n_devices; k++)
			if (vm->devices[k].config == vm->plan.devices[i].node.config)
				vm->devices[k].plan = &vm->plan.devices[i];
		tell_verdict(check, vm, &vm->plan.devices[i]);
	}
}

void check_plans(struct check *check)
{
	if (!check->tree) {
		if (check_wants_devices(check)) {
			check_say(
				check, CHECK_BLOCKS,
				"this host has no device tree, from which the guest's nodes are made");
			check_fix(check, "add acpi=off to the kernel's command line, if the "
					 "firmware brings a device tree");
		}
		return;
	}
	for (unsigned int i = 0; i < check->n_vms; i++)
		if (check->vms[i].n_devices)
			check_plan(check, &check->vms[i]);
}

/* Clocks, supplies and power domains that are off, or will be. */
void check_power(struct check *check)
{
	for (unsigned int i = 0; i < check->n_vms; i++) {
		for (unsigned int k = 0; k < check->vms[i].n_devices; k++) {
			const struct plan_device *device = check->vms[i].devices[k].plan;

			for (size_t n = 0; device && n < device->power.n_items; n++) {
				const struct host_power *power = &device->power.items[n];

				if (power->state != HOST_POWER_OFF && !power->cut)
					continue;
				check_say(check, CHECK_WARNS, "%s: %s %s %s: %s%s%s",
					  check->vms[i].name, device->node.name, power->property,
					  power->name,
					  power->cut ? "goes off when its driver is unbound"
						     : "is off",
					  power->how[0] ? ", " : "", power->how);
				if (power->remedy)
					check_fix(check, "%s", power->remedy);
			}
		}
	}
}
