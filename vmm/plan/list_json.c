// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "vmm/plan/list.h"

/* As in vmm/plan/json.c: what could not be made is NULL, and makes what it goes into NULL. */

static json_t *regions_of(const struct list_device *device)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < device->facts.n_regions; i++) {
		const struct range *region = &device->facts.regions[i];

		json_array_append_new(array,
				      json_pack("{s:o,s:o}", "address",
						json_sprintf("0x%" PRIx64, region->start), "size",
						json_sprintf("0x%" PRIx64, region->size)));
	}
	return array;
}

static json_t *irqs_of(const struct list_device *device)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < device->facts.n_irqs; i++) {
		const struct host_irq_fact *irq = &device->facts.irqs[i];
		bool is_spi = irq->is_gic && irq->n_cells >= 3 && !irq->specifier[0];
		char name[120];

		json_array_append_new(
			array,
			json_pack("{s:s,s:o,s:s}", "name", list_irq_name(irq, name, sizeof(name)),
				  "spi", is_spi ? json_integer(irq->specifier[1]) : json_null(),
				  "trigger", host_trigger_name(irq->trigger)));
	}
	return array;
}

static json_t *members_of(const struct list_device *device)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < device->n_members; i++) {
		const struct list_member *member = &device->members[i];

		json_array_append_new(array, json_pack("{s:s,s:s?}", "name", member->name, "driver",
						       member->driver[0] ? member->driver : NULL));
	}
	return array;
}

static json_t *reasons_of(const struct list_device *device)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < device->n_reasons; i++)
		json_array_append_new(array, json_string(device->reasons[i]));
	return array;
}

static json_t *device_json(const struct list_device *device)
{
	static const char *const handlers[] = {
		[LIVE_HANDLER_UNKNOWN] = "unknown",
		[LIVE_HANDLER_NONE] = "no",
		[LIVE_HANDLER_THERE] = "yes",
	};
	const struct vfio_host_device *host = &device->host;
	const struct host_property *compatible =
		device->node ? host_node_find(device->node, "compatible") : NULL;
	char path[512];

	return json_pack("{s:s,s:s,s:s?,s:s?,s:s?,s:o,s:o,s:o,s:o,s:s,s:b,s:s,s:o}", "device",
			 host->name, "bus", host->amba ? "amba" : "platform", "node",
			 device->node ? host_node_path(device->node, path, sizeof(path)) : NULL,
			 "compatible", compatible ? host_property_string(compatible, 0) : NULL,
			 "driver", host->driver[0] ? host->driver : NULL, "iommu_group",
			 host->group < 0 ? json_null() : json_integer(host->group), "members",
			 members_of(device), "regions", regions_of(device), "interrupts",
			 irqs_of(device), "reset_handler", handlers[device->reset_handler],
			 "coherent", (int)device->facts.coherent, "state",
			 list_state_name(device->state), "reasons", reasons_of(device));
}

json_t *list_json(const struct list *list)
{
	json_t *devices = json_array();

	for (unsigned int i = 0; i < list->n_devices; i++) {
		if (json_array_append_new(devices, device_json(&list->devices[i]))) {
			json_decref(devices);
			return NULL;
		}
	}
	return json_pack("{s:o}", "devices", devices);
}
