// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "vmm/base/str.h"
#include "vmm/check/check.h"

static void check_members(const struct check_device *device)
{
	const struct vfio_host_device *host = &device->host;
	struct vfio_group_members members = { .group = host->group };

	for (const char *name; (name = vfio_group_next_member(&members));)
		if (strcmp(name, host->name) && !vfio_host_driver_shares_group(members.driver))
			check_say(
				device->check, CHECK_BLOCKS,
				"%s: IOMMU group %d of %s cannot be handed out: the host's driver "
				"%s has %s, which is in it too" FIX
				"echo %s | sudo tee /sys/bus/%s/drivers/%s/unbind",
				device->vm->name, host->group, host->name, members.driver, name,
				name, vfio_host_device_bus(host), members.driver);
}

void check_devices(struct check *check)
{
	check_each_device (check, device) {
		const char *name = device_config_str(device->config, "host");
		struct vfio_host_device *host = &device->host;
		struct err err;

		if (!name) {
			check_say(check, CHECK_BLOCKS, "%s: %s: there is no host=" FIX "dais list",
				  device->vm->name, device->config->where);
			continue;
		}
		device->found = !vfio_host_device_find(host, name, &err);
		if (!device->found || vfio_host_device_check_bound(host, &err))
			check_say_err(check, CHECK_BLOCKS, device->vm, &err);
		else
			check_say(check, CHECK_FINE, "%s is bound to VFIO", name);
		if (device->found && vfio_host_device_check_unbind(host, &err))
			check_say_err(check, CHECK_BLOCKS, device->vm, &err);
		if (device->found && check->tree)
			device->node = host_live_node(check->tree, host->name);
		if (device->found)
			check_members(device);
	}
}

static void tell_verdict(struct check *check, const struct check_vm *vm,
			 const struct plan_device *device)
{
	char buf[1024];
	struct text reasons = text_in(buf);
	const char *reason, *shares = NULL;

	if (device->node.number >= 0)
		shares = graft_outcome(vm->plan.nodes.graft, device->node.number)->shares;
	if (shares)
		check_say(check, CHECK_WARNS,
			  "%s: %s: %s, which VFIO asks for alone: no driver of the host and no "
			  "other VM may have that meanwhile" FIX "",
			  vm->name, device->node.name, shares);
	if (device->node.result == GRAFT_PASSES) {
		check_say(check, CHECK_FINE, "%s can be passed", device->node.name);
		return;
	}
	for (unsigned int i = 0; (reason = plan_reason(&vm->plan, device, i)); i++)
		text_add(&reasons, "%s%s", i ? "; " : "", reason);
	check_say(check, CHECK_BLOCKS, "%s: %s %s: %s" FIX "dais plan %s%s", vm->name,
		  device->node.name,
		  device->node.result == GRAFT_REFUSED ? "cannot be passed" : "wants an answer",
		  buf, vm->is_file ? "-c " : "", vm->name);
}

/* The guest's nodes, if all devices of the VM are there. */
static void check_plan(struct check *check, struct check_vm *vm)
{
	struct err err;

	check_each_device (check, device)
		if (device->vm == vm && !device->found)
			return;
	if (plan_create(&vm->plan, check->tree, check->live, &vm->config, &err)) {
		check->arena.failed |= err.code == -ENOMEM;
		check_say_err(check, CHECK_BLOCKS, vm, &err);
		return;
	}
	for (unsigned int i = 0; i < vm->plan.n_devices; i++) {
		check_each_device (check, device)
			if (device->config == vm->plan.devices[i].node.config)
				device->plan = &vm->plan.devices[i];
		tell_verdict(check, vm, &vm->plan.devices[i]);
	}
}

void check_plans(struct check *check)
{
	if (!check->tree && check->n_devices) {
		check_say(check, CHECK_BLOCKS,
			  "this host has no device tree, from which the guest's nodes are made" FIX
			  "add acpi=off to the kernel's command line, if the "
			  "firmware brings a device tree");
	}
	check_each_vm (check, vm)
		if (check->tree && vm->n_devices)
			check_plan(check, vm);
}

/* Clocks, supplies and power domains that are off, or will be. */
void check_power(struct check *check)
{
	check_each_device (check, device) {
		const struct plan_device *plan = device->plan;

		for (size_t n = 0; plan && n < plan->power.n_items; n++) {
			const struct host_power *power = &plan->power.items[n];

			if (power->state != HOST_POWER_OFF && !power->cut)
				continue;
			check_say(check, CHECK_WARNS, "%s: %s %s %s: %s%s%s" FIX "%s",
				  device->vm->name, plan->node.name, power->property, power->name,
				  power->cut ? "goes off when its driver is unbound" : "is off",
				  power->how[0] ? ", " : "", power->how, power->remedy ?: "");
		}
	}
}
