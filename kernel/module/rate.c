// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nobody counts whom another rate of a clock concerns: whoever else the tree says has a clock
 * objects to its change.
 */
#include <linux/clk.h>
#include <linux/of.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "vfio_dais.h"

/* A clock of another node */
struct dv_watch {
	struct dv_watch *next;
	struct clk *clk;
	struct notifier_block nb;
};

/* Who sets a rate for user space; one at a time */
static struct task_struct *setter;
static DEFINE_MUTEX(setter_lock);

static int object(struct notifier_block *nb, unsigned long event, void *data)
{
	return event == PRE_RATE_CHANGE && READ_ONCE(setter) == current ? NOTIFY_BAD : NOTIFY_OK;
}

/*
 * A node and the controllers that its clocks come from, and theirs: these have the clocks to make
 * the device's of them, not to work at a rate. Of more than there is room for, the others are
 * users.
 */
struct origin {
	struct device_node *nodes[32];
	unsigned int n;
};

static bool is_origin(const struct origin *origin, const struct device_node *node)
{
	for (unsigned int i = 0; i < origin->n; i++)
		if (origin->nodes[i] == node)
			return true;
	return false;
}

static void find_origin(struct origin *origin, struct device_node *own)
{
	struct of_phandle_args clock;

	origin->n = 1;
	origin->nodes[0] = of_node_get(own);
	for (unsigned int k = 0; k < origin->n; k++) {
		for (int i = 0; !of_parse_phandle_with_args(origin->nodes[k], "clocks",
							    "#clock-cells", i, &clock);
		     i++) {
			if (!is_origin(origin, clock.np) && origin->n < ARRAY_SIZE(origin->nodes))
				origin->nodes[origin->n++] = clock.np;
			else
				of_node_put(clock.np);
		}
	}
}

static void put_origin(struct origin *origin)
{
	while (origin->n)
		of_node_put(origin->nodes[--origin->n]);
}

/* Whether the tree has @node, which has clocks, for another user of them than the device */
static bool is_other_user(struct device_node *node, const struct origin *origin)
{
	return of_device_is_available(node) && !dv_is_within(node, origin->nodes[0]) &&
	       !is_origin(origin, node);
}

static int watch_clock(struct dv_device *dv, struct device_node *node, int i)
{
	struct dv_watch *watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	int ret;

	if (!watch)
		return -ENOMEM;
	watch->clk = of_clk_get(node, i);
	/* One that is not there yet, nobody uses. */
	ret = PTR_ERR_OR_ZERO(watch->clk);
	if (ret == -EPROBE_DEFER || ret == -ENOENT || (!ret && !watch->clk)) {
		kfree(watch);
		return 0;
	}
	watch->nb.notifier_call = object;
	if (!ret)
		ret = clk_notifier_register(watch->clk, &watch->nb);
	if (ret) {
		if (!IS_ERR(watch->clk))
			clk_put(watch->clk);
		kfree(watch);
		return ret;
	}
	watch->next = dv->watches;
	dv->watches = watch;
	return 0;
}

void dv_rates_close(struct dv_device *dv)
{
	while (dv->watches) {
		struct dv_watch *watch = dv->watches;

		dv->watches = watch->next;
		clk_notifier_unregister(watch->clk, &watch->nb);
		clk_put(watch->clk);
		kfree(watch);
	}
}

/* All clocks of others, before the first rate is set. */
static int watch_others(struct dv_device *dv)
{
	struct device_node *node;
	struct origin origin;
	int ret = 0;

	if (dv->watches)
		return 0;
	find_origin(&origin, dv_dev(dv)->of_node);
	for_each_node_with_property(node, "clocks") {
		int n = of_count_phandle_with_args(node, "clocks", "#clock-cells");

		if (!is_other_user(node, &origin))
			continue;
		for (int i = 0; i < n && !ret; i++)
			ret = watch_clock(dv, node, i);
		if (ret)
			break;
	}
	if (ret) {
		of_node_put(node);
		dv_rates_close(dv);
	}
	put_origin(&origin);
	return ret;
}

static bool same_clock(const struct of_phandle_args *a, const struct of_phandle_args *b)
{
	return a->np == b->np && a->args_count == b->args_count &&
	       !memcmp(a->args, b->args, a->args_count * sizeof(a->args[0]));
}

static bool names_clock(struct device_node *node, const struct of_phandle_args *clock)
{
	struct of_phandle_args other;
	bool same = false;

	for (int i = 0;
	     !same && !of_parse_phandle_with_args(node, "clocks", "#clock-cells", i, &other); i++) {
		same = same_clock(&other, clock);
		of_node_put(other.np);
	}
	return same;
}

bool dv_rate_is_shared(struct dv_device *dv, int i)
{
	struct device_node *own = dv_dev(dv)->of_node, *node;
	struct of_phandle_args clock;
	struct origin origin;
	bool shared = false;

	if (of_parse_phandle_with_args(own, "clocks", "#clock-cells", i, &clock))
		return true;
	find_origin(&origin, own);
	for_each_node_with_property(node, "clocks") {
		shared = is_other_user(node, &origin) && names_clock(node, &clock);
		if (shared)
			break;
	}
	if (shared)
		of_node_put(node);
	put_origin(&origin);
	of_node_put(clock.np);
	return shared;
}

int dv_rate_set(struct dv_device *dv, int i, u64 value)
{
	struct clk *clk = dv->held.clocks[i].clk;
	int ret;

	if (value > ULONG_MAX)
		return -ERANGE;
	ret = watch_others(dv);
	if (ret)
		return ret;
	mutex_lock(&setter_lock);
	WRITE_ONCE(setter, current);
	ret = clk_set_rate(clk, value);
	WRITE_ONCE(setter, NULL);
	mutex_unlock(&setter_lock);
	return ret;
}
