// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device holds, told to user space.
 */
#include <linux/clk-provider.h>
#include <linux/clk.h>
#include <linux/of.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/regulator/consumer.h>
#include <linux/reset.h>
#include <linux/string.h>

#include "vfio_dais.h"

struct list {
	struct vfio_dais_held_entry *entries;
	u32 room;
	u32 n;
};

/* The next entry, or NULL: there is no room for it. */
static struct vfio_dais_held_entry *next(struct list *list, u8 kind, int index, const char *name)
{
	u32 n = list->n++;

	if (n >= list->room)
		return NULL;
	list->entries[n].kind = kind;
	list->entries[n].index = index;
	if (name)
		strscpy(list->entries[n].name, name);
	return &list->entries[n];
}

static u8 state_of(int on)
{
	if (on < 0)
		return VFIO_DAIS_STATE_UNKNOWN;
	return on ? VFIO_DAIS_STATE_ON : VFIO_DAIS_STATE_OFF;
}

static const char *name_in(struct device *dev, const char *property, int i)
{
	const char *name;

	return of_property_read_string_index(dev->of_node, property, i, &name) ? NULL : name;
}

static void list_supplies(struct list *list, struct dv_held *held)
{
	for (int i = 0; i < held->n_supplies; i++) {
		struct regulator *regulator = held->supplies[i].consumer;
		struct vfio_dais_held_entry *entry;
		int value;

		entry = next(list, VFIO_DAIS_HELD_SUPPLY, i, held->supplies[i].supply);
		if (!entry)
			continue;
		entry->state = state_of(regulator_is_enabled(regulator));
		value = regulator_get_voltage(regulator);
		entry->value = max(value, 0);
	}
}

static void list_domain(struct list *list, struct device *dev, struct device *domain, int i)
{
	struct generic_pm_domain *genpd = pd_to_genpd(domain->pm_domain);
	const char *name = name_in(dev, "power-domain-names", i);
	struct vfio_dais_held_entry *entry;

	entry = next(list, VFIO_DAIS_HELD_DOMAIN, i, name ? name : genpd->name);
	if (entry)
		entry->state = state_of(genpd->status == GENPD_STATE_ON);
}

static void list_domains(struct list *list, struct dv_device *dv, struct device *dev)
{
	struct device *domain;

	for (u32 i = 0; (domain = dv_held_domain(dv, i)); i++)
		list_domain(list, dev, domain, i);
}

static void list_clocks(struct list *list, struct dv_held *held, struct device *dev)
{
	for (int i = 0; i < held->n_clocks; i++) {
		struct clk *clk = held->clocks[i].clk;
		struct vfio_dais_held_entry *entry;

		entry = next(list, VFIO_DAIS_HELD_CLOCK, i, name_in(dev, "clock-names", i));
		if (!entry)
			continue;
		entry->state = clk ? state_of(__clk_is_enabled(clk)) : VFIO_DAIS_STATE_UNKNOWN;
		entry->value = clk_get_rate(clk);
	}
}

static void list_resets(struct list *list, struct dv_held *held, struct device *dev)
{
	for (int i = 0; i < held->n_resets; i++) {
		int asserted = reset_control_status(held->resets[i].control);
		struct vfio_dais_held_entry *entry;

		entry = next(list, VFIO_DAIS_HELD_RESET, i, name_in(dev, "reset-names", i));
		if (!entry)
			continue;
		entry->state = state_of(asserted < 0 ? asserted : !asserted);
		if (held->resets[i].exclusive)
			entry->flags = VFIO_DAIS_HELD_EXCLUSIVE;
	}
}

u32 dv_held_list(struct dv_device *dv, struct vfio_dais_held_entry *entries, u32 room)
{
	struct list list = { .entries = entries, .room = room };
	struct device *dev = dv_dev(dv);

	if (!dev->of_node)
		return 0;
	list_supplies(&list, &dv->held);
	list_domains(&list, dv, dev);
	list_clocks(&list, &dv->held, dev);
	list_resets(&list, &dv->held, dev);
	return list.n;
}
