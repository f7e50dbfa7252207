// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether registers of a device are registers of another one, too: who is given them is given both.
 */
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>

#include "vfio_dais.h"

bool dv_is_within(struct device_node *inner, const struct device_node *outer)
{
	struct device_node *node = of_node_get(inner);

	while (node && node != outer)
		node = of_get_next_parent(node);
	of_node_put(node);
	return node;
}

static bool has_registers_in(struct device_node *node, const struct dv_region *region)
{
	struct resource res;

	for (int i = 0; !of_address_to_resource(node, i, &res); i++)
		if (resource_type(&res) == IORESOURCE_MEM && res.start <= res.end &&
		    res.start < region->addr + region->size && region->addr <= res.end)
			return true;
	return false;
}

static bool is_memory(const struct dv_region *region)
{
	unsigned long last = PHYS_PFN(region->addr + region->size - 1);

	for (unsigned long pfn = PHYS_PFN(region->addr); pfn <= last; pfn++)
		if (pfn_is_map_memory(pfn))
			return true;
	return false;
}

int dv_region_check_alone(struct dv_device *dv, const struct dv_region *region)
{
	struct device_node *own = dv_dev(dv)->of_node, *node;

	if (!(region->flags & VFIO_REGION_INFO_FLAG_READ) || !region->size)
		return 0;
	if (is_memory(region)) {
		dev_err(dv_dev(dv), "registers at %pa are memory of the host\n", &region->addr);
		return -EBUSY;
	}
	for_each_node_with_property(node, "reg") {
		/* What a device has below itself, and what it is a part of, are its own. */
		if (!of_device_is_available(node) || dv_is_within(node, own) ||
		    dv_is_within(own, node))
			continue;
		if (!has_registers_in(node, region))
			continue;
		dev_err(dv_dev(dv), "registers at %pa are those of %pOF, too\n", &region->addr,
			node);
		of_node_put(node);
		return -EBUSY;
	}
	return 0;
}
