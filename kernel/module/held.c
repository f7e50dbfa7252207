// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device needs to work: supplies, power domains, clocks, and reset lines that are not
 * asserted. Its driver would switch them on; user space cannot.
 */
#include <linux/clk-provider.h>
#include <linux/clk.h>
#include <linux/delay.h>
#include <linux/of.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/regulator/consumer.h>
#include <linux/reset.h>
#include <linux/slab.h>

#include "vfio_dais.h"

static int get_reset(struct device_node *node, int i, struct dv_reset *reset)
{
	reset->exclusive = true;
	reset->control = of_reset_control_get_exclusive_by_index(node, i);
	if (reset->control == ERR_PTR(-EBUSY)) {
		reset->exclusive = false;
		reset->control = of_reset_control_get_shared_by_index(node, i);
	}
	return PTR_ERR_OR_ZERO(reset->control);
}

static int get_resets(struct dv_held *held, struct device_node *node)
{
	int n = of_count_phandle_with_args(node, "resets", "#reset-cells");

	if (n <= 0)
		return 0;
	held->resets = kcalloc(n, sizeof(*held->resets), GFP_KERNEL);
	if (!held->resets)
		return -ENOMEM;
	for (; held->n_resets < n; held->n_resets++) {
		int ret = get_reset(node, held->n_resets, &held->resets[held->n_resets]);

		if (ret)
			return ret;
	}
	return 0;
}

/* of_regulator_bulk_get_all() takes them in the order of the node, and gives them no names. */
static void name_supplies(struct dv_held *held, struct device_node *node)
{
	struct property *property;
	int n = 0;

	for_each_property_of_node(node, property) {
		size_t length = strlen(property->name);

		if (n < held->n_supplies && length > strlen(DV_SUPPLY) &&
		    !strcmp(property->name + length - strlen(DV_SUPPLY), DV_SUPPLY))
			held->supplies[n++].supply = property->name;
	}
}

static int get_all(struct dv_device *dv)
{
	/* Of several, each is switched by itself. */
	static const struct dev_pm_domain_attach_data one_by_one = {
		.pd_flags = PD_FLAG_NO_DEV_LINK,
	};
	struct device *dev = dv_dev(dv);
	struct dv_held *held = &dv->held;
	int ret;

	ret = of_regulator_bulk_get_all(dev, dev->of_node, &held->supplies);
	if (ret < 0)
		return dev_err_probe(dev, ret, "its supplies are not to be had\n");
	held->n_supplies = ret;
	name_supplies(held, dev->of_node);
	/* The bus attaches one, but not several. */
	if (!dev->pm_domain) {
		ret = dev_pm_domain_attach_list(dev, &one_by_one, &held->domains);
		if (ret < 0)
			return dev_err_probe(dev, ret, "its power domains are not to be had\n");
	}
	ret = clk_bulk_get_all(dev, &held->clocks);
	if (ret < 0)
		return dev_err_probe(dev, ret, "its clocks are not to be had\n");
	held->n_clocks = ret;
	ret = get_resets(held, dev->of_node);
	return ret ? dev_err_probe(dev, ret, "its reset lines are not to be had\n") : 0;
}

int dv_held_get(struct dv_device *dv)
{
	int ret = 0;

	if (dv_dev(dv)->of_node)
		ret = get_all(dv);
	if (ret)
		dv_held_put(dv);
	return ret;
}

void dv_held_put(struct dv_device *dv)
{
	struct dv_held *held = &dv->held;

	while (held->n_resets)
		reset_control_put(held->resets[--held->n_resets].control);
	kfree(held->resets);
	if (held->n_clocks)
		clk_bulk_put_all(held->n_clocks, held->clocks);
	dev_pm_domain_detach_list(held->domains);
	regulator_bulk_free(held->n_supplies, held->supplies);
	kfree(held->supplies);
	memset(held, 0, sizeof(*held));
}

/*
 * Back to how it was found, if that is known: the host's driver may count on what firmware has
 * left.
 */
static void leave_resets(struct dv_held *held, int n)
{
	while (n-- > 0) {
		struct dv_reset *reset = &held->resets[n];

		if (!reset->exclusive || reset->was_asserted)
			reset_control_assert(reset->control);
	}
}

static int deassert_resets(struct dv_held *held)
{
	for (int i = 0; i < held->n_resets; i++) {
		struct dv_reset *reset = &held->resets[i];
		int ret;

		reset->was_asserted = reset_control_status(reset->control) > 0;
		ret = reset_control_deassert(reset->control);
		if (ret) {
			leave_resets(held, i);
			return ret;
		}
	}
	return 0;
}

/* Some say that they are off, or asserted, whatever they are. */
static void see_who_tells(struct dv_held *held)
{
	held->clocks_tell = 0;
	for (int i = 0; i < held->n_clocks && i < 64; i++)
		if (held->clocks[i].clk && __clk_is_enabled(held->clocks[i].clk))
			held->clocks_tell |= BIT_ULL(i);
	for (int i = 0; i < held->n_resets; i++)
		held->resets[i].tells = !reset_control_status(held->resets[i].control);
}

struct device *dv_held_domain(struct dv_device *dv, u32 i)
{
	struct dev_pm_domain_list *several = dv->held.domains;
	struct device *dev = dv_dev(dv);

	if (several)
		return i < several->num_pds ? several->pd_devs[i] : NULL;
	if (i || !dev->pm_domain || !of_property_present(dev->of_node, "power-domains"))
		return NULL;
	return dev;
}

bool dv_held_is_on(struct dv_device *dv)
{
	struct dv_held *held = &dv->held;
	struct device *domain;

	for (u32 i = 0; (domain = dv_held_domain(dv, i)); i++)
		if (pd_to_genpd(domain->pm_domain)->status != GENPD_STATE_ON)
			return false;
	for (int i = 0; i < held->n_clocks && i < 64; i++)
		if (held->clocks_tell & BIT_ULL(i) && !__clk_is_enabled(held->clocks[i].clk))
			return false;
	for (int i = 0; i < held->n_resets; i++)
		if (held->resets[i].tells && reset_control_status(held->resets[i].control) > 0)
			return false;
	return true;
}

static void put_domains(struct dv_held *held, u32 n)
{
	while (n-- > 0)
		pm_runtime_put_sync(held->domains->pd_devs[n]);
}

static void domains_off(struct dv_device *dv)
{
	struct dv_held *held = &dv->held;

	if (held->domains)
		put_domains(held, held->domains->num_pds);
	pm_runtime_put_sync(dv_dev(dv));
}

/* With the device itself goes the one that the bus has attached. */
static int domains_on(struct dv_device *dv)
{
	struct dv_held *held = &dv->held;
	int ret = pm_runtime_resume_and_get(dv_dev(dv));

	for (u32 i = 0; held->domains && i < held->domains->num_pds && !ret; i++) {
		ret = pm_runtime_resume_and_get(held->domains->pd_devs[i]);
		if (ret) {
			put_domains(held, i);
			pm_runtime_put_sync(dv_dev(dv));
		}
	}
	return ret;
}

int dv_held_on(struct dv_device *dv)
{
	struct dv_held *held = &dv->held;
	int ret;

	ret = regulator_bulk_enable(held->n_supplies, held->supplies);
	if (ret)
		return ret;
	ret = domains_on(dv);
	if (ret)
		goto err_domains;
	ret = clk_bulk_prepare_enable(held->n_clocks, held->clocks);
	if (ret)
		goto err_clocks;
	ret = deassert_resets(held);
	if (ret)
		goto err_resets;
	see_who_tells(held);
	return 0;

err_resets:
	clk_bulk_disable_unprepare(held->n_clocks, held->clocks);
err_clocks:
	domains_off(dv);
err_domains:
	regulator_bulk_disable(held->n_supplies, held->supplies);
	return ret;
}

void dv_held_off(struct dv_device *dv)
{
	struct dv_held *held = &dv->held;

	leave_resets(held, held->n_resets);
	clk_bulk_disable_unprepare(held->n_clocks, held->clocks);
	domains_off(dv);
	if (regulator_bulk_disable(held->n_supplies, held->supplies))
		dev_warn(dv_dev(dv), "its supplies stay on\n");
}

bool dv_held_can_reset(struct dv_device *dv)
{
	for (int i = 0; i < dv->held.n_resets; i++)
		if (!dv->held.resets[i].exclusive)
			return false;
	return dv->held.n_resets;
}

/* One by one where the controller does it by itself, else all together. */
int dv_held_reset(struct dv_device *dv)
{
	struct dv_held *held = &dv->held;
	int ret = 0, n;

	for (n = 0; n < held->n_resets && !ret; n++) {
		ret = reset_control_assert(held->resets[n].control);
		if (ret == -ENOTSUPP)
			ret = reset_control_reset(held->resets[n].control);
	}
	usleep_range(DV_RESET_US, 2 * DV_RESET_US);
	while (n-- > 0) {
		int ret2 = reset_control_deassert(held->resets[n].control);

		ret = ret ? ret : ret2;
	}
	return ret;
}
