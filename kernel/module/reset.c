// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device is reset by its reset lines, or by its own registers as the table of quiet_kinds.h knows
 * it. When it is closed it is brought to rest, which has to be seen: by then its lines were
 * asserted, or its registers say so. As long as it was not seen, nobody else gets it (kept.c), and
 * the module stays.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/sysfs.h>

#include "quiet.h"
#include "vfio_dais.h"

static const struct quiet_kind *kind_of(struct dv_device *dv)
{
	struct device_node *node = dv_dev(dv)->of_node;

	for (unsigned int i = 0; node && i < ARRAY_SIZE(quiet_kinds); i++)
		if (of_device_is_compatible(node, quiet_kinds[i].compatible))
			return quiet_kinds[i].kind;
	return NULL;
}

static void __iomem *register_at(struct dv_device *dv, u32 offset)
{
	struct dv_region *region = dv->regions;

	if (!dv->n_regions || !region->base || region->size < sizeof(u32) ||
	    offset > region->size - sizeof(u32))
		return NULL;
	return region->base + offset;
}

static int read_register(void *opaque, u32 offset, u32 *value)
{
	void __iomem *at = register_at(opaque, offset);

	if (!at || !dv_held_is_on(opaque))
		return -EIO;
	*value = readl(at);
	return 0;
}

static int write_register(void *opaque, u32 offset, u32 value)
{
	void __iomem *at = register_at(opaque, offset);

	if (!at || !dv_held_is_on(opaque))
		return -EIO;
	writel(value, at);
	return 0;
}

/* msleep() takes several times as long. */
static void sleep_ms(unsigned int ms)
{
	usleep_range(1000 * ms, 1500 * ms);
}

bool dv_can_reset(struct dv_device *dv)
{
	const struct quiet_kind *kind = kind_of(dv);

	return dv_held_can_reset(dv) || (kind && kind->reset);
}

static struct quiet_access access_of(struct dv_device *dv)
{
	return (struct quiet_access){ read_register, write_register, sleep_ms, dv };
}

static int reset_by_any(struct dv_device *dv)
{
	const struct quiet_access access = access_of(dv);
	const struct quiet_kind *kind = kind_of(dv);
	const char *what;

	if (dv_held_can_reset(dv))
		return dv_held_reset(dv);
	what = quiet_run(&access, kind, kind->reset);
	if (!what)
		return 0;
	dev_warn(dv_dev(dv), "not reset: %s\n", what);
	return -EIO;
}

int dv_reset(struct dv_device *dv)
{
	int ret;

	mutex_lock(&dv->reset_lock);
	ret = reset_by_any(dv);
	mutex_unlock(&dv->reset_lock);
	return ret;
}

/* NULL: it is seen to be at rest; else why not */
static const char *bring_to_rest(struct dv_device *dv)
{
	const struct quiet_access access = access_of(dv);
	const struct quiet_kind *kind = kind_of(dv);
	bool has_lines = dv_held_can_reset(dv);

	if (has_lines && dv_held_reset(dv))
		return "its reset lines do not do what they are told";
	if (kind)
		return quiet_rest(&access, kind);
	return has_lines ? NULL : "it has no reset lines, and how it is stopped is not known";
}

/* Called with reset_lock. A module that is gone could not keep anybody from the device. */
static void set_at_work(struct dv_device *dv, const char *why)
{
	if (why && !dv->at_work)
		__module_get(THIS_MODULE);
	else if (!why && dv->at_work)
		module_put(THIS_MODULE);
	dv->at_work = why;
}

void dv_bring_to_rest(struct dv_device *dv)
{
	const char *why;

	mutex_lock(&dv->reset_lock);
	why = bring_to_rest(dv);
	if (why && why != dv->at_work)
		dev_warn(dv_dev(dv), "it may still be at work: %s\n", why);
	set_at_work(dv, why);
	mutex_unlock(&dv->reset_lock);
}

void dv_found(struct dv_device *dv)
{
	/* It brings along the reference to the module that it was left with. */
	if (dv_take_kept(dv_dev(dv)))
		dv->at_work = "it was unbound when it was";
}

void dv_leave(struct dv_device *dv)
{
	mutex_lock(&dv->reset_lock);
	if (dv->at_work && !dv_keep(dv_dev(dv), dv->at_work))
		set_at_work(dv, NULL);
	mutex_unlock(&dv->reset_lock);
}

static ssize_t at_work_show(struct device *dev, struct device_attribute *attribute, char *buf)
{
	struct dv_device *dv = dev_get_drvdata(dev);
	ssize_t n;

	mutex_lock(&dv->reset_lock);
	n = sysfs_emit(buf, "%s\n", dv->at_work ? dv->at_work : "");
	mutex_unlock(&dv->reset_lock);
	return n;
}

static ssize_t at_work_store(struct device *dev, struct device_attribute *attribute,
			     const char *buf, size_t n)
{
	struct dv_device *dv = dev_get_drvdata(dev);
	bool value;
	int ret = kstrtobool(buf, &value);

	if (ret || value)
		return ret ? ret : -EINVAL;
	mutex_lock(&dv->reset_lock);
	set_at_work(dv, NULL);
	dv_pins_let_go(dv);
	mutex_unlock(&dv->reset_lock);
	return n;
}
static DEVICE_ATTR_RW(at_work);

static struct attribute *attributes[] = {
	&dev_attr_at_work.attr,
	NULL,
};

static const struct attribute_group attribute_group = {
	.name = "vfio-dais",
	.attrs = attributes,
};

const struct attribute_group *dv_attribute_groups[] = {
	&attribute_group,
	NULL,
};
