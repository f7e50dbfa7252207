// SPDX-License-Identifier: GPL-2.0-only
/*
 * Voltages that user space sets. The regulator's constraints hold; but of its consumers the kernel
 * asks only those that have set one themselves, so that a supply which another node names is not
 * set.
 */
#include <linux/of.h>
#include <linux/regulator/consumer.h>

#include "vfio_dais.h"

static bool names_supply(struct device_node *node, struct device_node *regulator)
{
	struct property *property;
	bool found = false;

	for_each_property_of_node(node, property) {
		size_t length = strlen(property->name);
		struct device_node *target;

		if (found || length <= strlen(DV_SUPPLY) ||
		    strcmp(property->name + length - strlen(DV_SUPPLY), DV_SUPPLY))
			continue;
		target = of_parse_phandle(node, property->name, 0);
		found = target == regulator;
		of_node_put(target);
	}
	return found;
}

bool dv_supply_is_shared(struct dv_device *dv, int i)
{
	struct device_node *own = dv_dev(dv)->of_node, *node = NULL;
	struct device_node *regulator = of_parse_phandle(own, dv->held.supplies[i].supply, 0);
	bool shared = !regulator;

	while (!shared && (node = of_find_all_nodes(node)))
		shared = of_device_is_available(node) && !dv_is_within(node, own) &&
			 names_supply(node, regulator);
	of_node_put(node);
	of_node_put(regulator);
	return shared;
}

void dv_supply_get(struct dv_device *dv, int i, struct vfio_dais_control *c)
{
	int value = regulator_get_voltage(dv->held.supplies[i].consumer);
	u64 level;

	c->may = VFIO_DAIS_MAY_SWITCH;
	c->value = max(value, 0);
	c->min = c->value;
	c->max = c->value;
	for (u64 k = 0; !dv_supply_level(dv, i, k, &level); k++) {
		if (!level)
			continue;
		c->min = min(c->min, level);
		c->max = max(c->max, level);
	}
}

int dv_supply_level(struct dv_device *dv, int i, u64 level, u64 *value)
{
	struct regulator *regulator = dv->held.supplies[i].consumer;
	int n = regulator_count_voltages(regulator), voltage;

	if (n < 0 || level >= n)
		return -EINVAL;
	voltage = regulator_list_voltage(regulator, level);
	*value = max(voltage, 0);
	return 0;
}

int dv_supply_set(struct dv_device *dv, int i, u64 value)
{
	if (value > INT_MAX)
		return -ERANGE;
	return regulator_set_voltage(dv->held.supplies[i].consumer, value, value);
}
