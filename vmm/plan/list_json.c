// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/plan/json.h"
#include "vmm/plan/list.h"

static json_t *regions_of(const struct host_facts *facts)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < facts->n_regions; i++) {
		const struct range *region = &facts->regions[i];

		json_array_append_new(array, json_pack("{s:o,s:o}", "address",
						       plan_json_hex(region->start), "size",
						       plan_json_hex(region->size)));
	}
	return array;
}

static json_t *irqs_of(const struct host_facts *facts)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < facts->n_irqs; i++) {
		const struct host_irq_fact *irq = &facts->irqs[i];
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

static json_t *members_of(const struct list_row *row)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < row->n_members; i++) {
		const struct list_member *member = &row->members[i];

		json_array_append_new(array,
				      json_pack("{s:o,s:o}", "name", plan_json_text(member->name),
						"driver", plan_json_text(member->driver)));
	}
	return array;
}

static json_t *reasons_of(const struct list_row *row)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < row->n_reasons; i++)
		json_array_append_new(array, plan_json_text(row->reasons[i]));
	return array;
}

json_t *list_row_json(const struct list_row *row)
{
	const struct vfio_host_device *host = &row->host;
	const struct plan_device *device = row->device;

	return json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:b,s:s,s:o}", "device",
			 plan_json_text(host->name), "bus", host->amba ? "amba" : "platform",
			 "node", plan_json_path(device->node.host), "compatible",
			 plan_json_compatible(device->node.host), "driver",
			 plan_json_text(host->driver), "iommu_group", plan_json_group(host),
			 "members", members_of(row), "regions", regions_of(&device->node.facts),
			 "interrupts", irqs_of(&device->node.facts), "reset_handler",
			 plan_json_handler(device->live.reset_handler), "coherent",
			 (int)device->node.facts.coherent, "state", list_state_name(row->state),
			 "reasons", reasons_of(row));
}
