// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is held is user space's to switch and set, one by one, for a guest that drives its device.
 * The kernel counts who holds clocks and power domains, so that to let go is safe.
 */
#include <linux/clk.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/regulator/consumer.h>
#include <linux/reset.h>
#include <linux/slab.h>

#include "vfio_dais.h"

/* --- what has been switched off */

/* Before the device loses what it needs: nobody reaches its registers any more. */
static void begin_off(struct dv_device *dv, struct dv_switch *sw)
{
	down_write(&dv->access);
	if (!sw->off)
		dv->n_off++;
	sw->off = true;
	unmap_mapping_range(dv->vdev.inode->i_mapping, 0, 0, true);
	up_write(&dv->access);
}

static void end_off(struct dv_device *dv, struct dv_switch *sw)
{
	down_write(&dv->access);
	if (sw->off)
		dv->n_off--;
	sw->off = false;
	up_write(&dv->access);
}

static u32 n_of(struct dv_device *dv, u8 kind)
{
	u32 n = 0;

	switch (kind) {
	case VFIO_DAIS_HELD_SUPPLY:
		return dv->held.n_supplies;
	case VFIO_DAIS_HELD_CLOCK:
		return dv->held.n_clocks;
	case VFIO_DAIS_HELD_RESET:
		return dv->held.n_resets;
	case VFIO_DAIS_HELD_DOMAIN:
		while (dv_held_domain(dv, n))
			n++;
		return n;
	default:
		return 0;
	}
}

/* Of an entry, which is there */
static struct dv_switch *switch_of(struct dv_device *dv, u8 kind, u32 i)
{
	u32 before = 0;

	for (u8 k = 0; k < kind; k++)
		before += n_of(dv, k);
	return &dv->switches[before + i];
}

/* --- one of each kind */

static int turn_clock(struct dv_device *dv, int i, bool on)
{
	struct clk *clk = dv->held.clocks[i].clk;

	if (on)
		return clk_prepare_enable(clk);
	clk_disable_unprepare(clk);
	return 0;
}

static int turn_domain(struct dv_device *dv, int i, bool on)
{
	struct device *domain = dv_held_domain(dv, i);

	if (on)
		return pm_runtime_resume_and_get(domain);
	pm_runtime_put_sync(domain);
	return 0;
}

static int turn_supply(struct dv_device *dv, int i, bool on)
{
	struct regulator *supply = dv->held.supplies[i].consumer;

	return on ? regulator_enable(supply) : regulator_disable(supply);
}

static int turn_reset(struct dv_device *dv, int i, bool on)
{
	struct reset_control *control = dv->held.resets[i].control;

	return on ? reset_control_deassert(control) : reset_control_assert(control);
}

/* The whole tree is looked through once: a guest asks for rates often. */
static bool is_shared(struct dv_device *dv, u8 kind, int i)
{
	struct dv_switch *sw = switch_of(dv, kind, i);
	bool shared;

	if (!sw->shared) {
		shared = kind == VFIO_DAIS_HELD_CLOCK ? dv_rate_is_shared(dv, i)
						      : dv_supply_is_shared(dv, i);
		sw->shared = shared ? 1 : -1;
	}
	return sw->shared > 0;
}

static void get_clock(struct dv_device *dv, int i, struct vfio_dais_control *c)
{
	struct clk *clk = dv->held.clocks[i].clk;
	long min = clk_round_rate(clk, 1), max = clk_round_rate(clk, LONG_MAX);

	c->may = VFIO_DAIS_MAY_SWITCH;
	c->value = clk_get_rate(clk);
	c->min = max(min, 0);
	c->max = max(max, 0);
	if (c->min < c->max && !is_shared(dv, VFIO_DAIS_HELD_CLOCK, i))
		c->may |= VFIO_DAIS_MAY_SET;
}

static void get_supply(struct dv_device *dv, int i, struct vfio_dais_control *c)
{
	dv_supply_get(dv, i, c);
	if (c->min < c->max && !is_shared(dv, VFIO_DAIS_HELD_SUPPLY, i))
		c->may |= VFIO_DAIS_MAY_SET;
}

static void get_domain(struct dv_device *dv, int i, struct vfio_dais_control *c)
{
	c->may = VFIO_DAIS_MAY_SWITCH;
}

static void get_reset(struct dv_device *dv, int i, struct vfio_dais_control *c)
{
	if (dv->held.resets[i].exclusive)
		c->may = VFIO_DAIS_MAY_SWITCH;
}

static const struct dv_kind {
	void (*get)(struct dv_device *dv, int i, struct vfio_dais_control *c);
	int (*turn)(struct dv_device *dv, int i, bool on);
	int (*set)(struct dv_device *dv, int i, u64 value); /* NULL: it has no value */
	const char *name;
} kinds[] = {
	[VFIO_DAIS_HELD_SUPPLY] = { get_supply, turn_supply, dv_supply_set, "supply" },
	[VFIO_DAIS_HELD_DOMAIN] = { get_domain, turn_domain, NULL, "power domain" },
	[VFIO_DAIS_HELD_CLOCK] = { get_clock, turn_clock, dv_rate_set, "clock" },
	[VFIO_DAIS_HELD_RESET] = { get_reset, turn_reset, NULL, "reset line" },
};

/* Off and on again are one of the driver's own holds each. */
static int turn(struct dv_device *dv, u8 kind, u32 i, bool on)
{
	struct dv_switch *sw = switch_of(dv, kind, i);
	int ret;

	if (sw->off == !on)
		return 0;
	if (!on)
		begin_off(dv, sw);
	ret = kinds[kind].turn(dv, i, on);
	if (ret ? !on : on)
		end_off(dv, sw);
	return ret;
}

static int set_value(struct dv_device *dv, const struct vfio_dais_control *c)
{
	struct vfio_dais_control now = {};
	struct dv_switch *sw = switch_of(dv, c->kind, c->index);

	if (!kinds[c->kind].set)
		return -EPERM;
	kinds[c->kind].get(dv, c->index, &now);
	if (!(now.may & VFIO_DAIS_MAY_SET))
		return -EPERM;
	if (c->value < now.min || c->value > now.max)
		return -ERANGE;
	if (!sw->value)
		sw->value = now.value;
	return kinds[c->kind].set(dv, c->index, c->value);
}

static int pulse(struct dv_device *dv, u32 i)
{
	int ret = turn(dv, VFIO_DAIS_HELD_RESET, i, false);

	if (ret)
		return ret;
	usleep_range(DV_RESET_US, 2 * DV_RESET_US);
	return turn(dv, VFIO_DAIS_HELD_RESET, i, true);
}

static int give_back(struct dv_device *dv, u8 kind, u32 i)
{
	struct dv_switch *sw = switch_of(dv, kind, i);
	int ret = turn(dv, kind, i, true), ret2 = 0;

	if (sw->value) {
		ret2 = kinds[kind].set(dv, i, sw->value);
		sw->value = 0;
	}
	return ret ? ret : ret2;
}

/* Whether there is such an entry */
static int check(struct dv_device *dv, struct vfio_dais_control *c)
{
	u32 n;

	if (c->kind >= ARRAY_SIZE(kinds))
		return -EINVAL;
	c->kind = array_index_nospec(c->kind, ARRAY_SIZE(kinds));
	n = n_of(dv, c->kind);
	if (!kinds[c->kind].turn || c->index >= n)
		return -EINVAL;
	c->index = array_index_nospec(c->index, n);
	return 0;
}

int dv_control_get(struct dv_device *dv, struct vfio_dais_control *c)
{
	int ret = check(dv, c);

	if (ret)
		return ret;
	if (c->action == VFIO_DAIS_CONTROL_LEVEL && c->kind == VFIO_DAIS_HELD_SUPPLY)
		return dv_supply_level(dv, c->index, c->value, &c->value);
	if (c->action)
		return -EINVAL;
	mutex_lock(&dv->control_lock);
	c->state = switch_of(dv, c->kind, c->index)->off ? VFIO_DAIS_STATE_OFF : VFIO_DAIS_STATE_ON;
	c->may = 0;
	c->value = 0;
	c->min = 0;
	c->max = 0;
	kinds[c->kind].get(dv, c->index, c);
	mutex_unlock(&dv->control_lock);
	return 0;
}

static int act(struct dv_device *dv, const struct vfio_dais_control *c)
{
	struct vfio_dais_control now = {};

	switch (c->action) {
	case VFIO_DAIS_CONTROL_VALUE:
		return set_value(dv, c);
	case VFIO_DAIS_CONTROL_BACK:
		return give_back(dv, c->kind, c->index);
	case VFIO_DAIS_CONTROL_PULSE:
		if (c->kind != VFIO_DAIS_HELD_RESET)
			return -EINVAL;
		break;
	case VFIO_DAIS_CONTROL_OFF:
	case VFIO_DAIS_CONTROL_ON:
		break;
	default:
		return -EINVAL;
	}
	if (c->kind != VFIO_DAIS_HELD_CLOCK)
		kinds[c->kind].get(dv, c->index, &now);
	if (c->kind != VFIO_DAIS_HELD_CLOCK && !(now.may & VFIO_DAIS_MAY_SWITCH))
		return -EPERM;
	if (c->action == VFIO_DAIS_CONTROL_PULSE)
		return pulse(dv, c->index);
	return turn(dv, c->kind, c->index, c->action == VFIO_DAIS_CONTROL_ON);
}

int dv_control_set(struct dv_device *dv, struct vfio_dais_control *c)
{
	int ret = check(dv, c);

	if (ret)
		return ret;
	mutex_lock(&dv->control_lock);
	ret = act(dv, c);
	mutex_unlock(&dv->control_lock);
	return ret;
}

/* For a device that is being opened: all is on. */
int dv_control_open(struct dv_device *dv)
{
	u32 n = 0;

	for (u8 kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		n += n_of(dv, kind);
	dv->switches = kcalloc(n, sizeof(*dv->switches), GFP_KERNEL);
	dv->n_off = 0;
	return dv->switches ? 0 : -ENOMEM;
}

/* All is on again: for a reset, and as dv_held_off() wants it. */
void dv_control_back(struct dv_device *dv)
{
	mutex_lock(&dv->control_lock);
	for (u8 kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		for (u32 i = 0; i < n_of(dv, kind); i++)
			if (give_back(dv, kind, i))
				dev_warn(dv_dev(dv), "not as it was: its %s %u\n", kinds[kind].name,
					 i);
	mutex_unlock(&dv->control_lock);
}

void dv_control_close(struct dv_device *dv)
{
	dv_control_back(dv);
	dv_rates_close(dv);
	kfree(dv->switches);
	dv->switches = NULL;
}
