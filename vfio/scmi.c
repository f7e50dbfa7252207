// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/scmi.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "kernel/module/uapi/vfio_dais.h"
#include "vfio/context.h"
#include "vfio/device.h"
#include "vfio/held.h"
#include "vfio/region.h"
#include "vmm/base/array.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/vm.h"

/* One thing of one device, as the platform knows it. */
struct vfio_scmi_resource {
	struct vfio_device *vdev;
	uint16_t index;
	uint8_t kind;     /* enum vfio_dais_held_kind */
	bool off;         /* by the guest */
	bool changed;     /* since the guest began */
	uint32_t *levels; /* of a supply: the voltages that it takes, in ascending order */
	size_t n_levels;
};

/* struct vfio_device_feature, with what follows its header */
struct control {
	uint32_t argsz;
	uint32_t flags;
	struct vfio_dais_control arg;
};

_Static_assert(offsetof(struct control, arg) == sizeof(struct vfio_device_feature),
	       "one after the other, as the kernel takes them");

/* @action 0 or VFIO_DAIS_CONTROL_LEVEL: it is asked. */
static int control(const struct vfio_scmi_resource *resource, unsigned int action, uint64_t value,
		   struct vfio_dais_control *answer)
{
	struct control c = {
		.argsz = sizeof(c),
		.flags = VFIO_DAIS_FEATURE_CONTROL |
			 (action && action != VFIO_DAIS_CONTROL_LEVEL ? VFIO_DEVICE_FEATURE_SET
								      : VFIO_DEVICE_FEATURE_GET),
		.arg = { .kind = resource->kind,
			 .index = resource->index,
			 .action = (uint8_t)action,
			 .value = value },
	};
	int ret = sys_ioctl(resource->vdev->handle.fd, VFIO_DEVICE_FEATURE, &c);

	if (answer)
		*answer = c.arg;
	return ret == -EPERM ? -EACCES : ret;
}

static int get(void *opaque, struct scmi_state *state)
{
	struct vfio_dais_control answer;
	int ret = control(opaque, 0, 0, &answer);

	if (!ret)
		*state = (struct scmi_state){ answer.state != VFIO_DAIS_STATE_OFF, answer.value };
	return ret;
}

static int set_regions_off(struct vfio_device *vdev, bool off)
{
	int ret = 0;

	for (unsigned int i = 0; i < vdev->n_regions && !ret; i++)
		ret = vfio_region_set_off(&vdev->regions[i], vdev->device.vm, off);
	return ret;
}

static bool is_anything_off(const struct vfio_device *vdev)
{
	for (unsigned int i = 0; i < vdev->n_served; i++)
		if (vdev->served[i].off)
			return true;
	return false;
}

/* Before it goes off nothing may reach it, and not before all of it is on again. */
static int turn(void *opaque, bool on)
{
	struct vfio_scmi_resource *resource = opaque;
	struct vfio_device *vdev = resource->vdev;
	int ret = on ? 0 : set_regions_off(vdev, true);

	resource->changed = true;
	if (!ret)
		ret = control(resource, on ? VFIO_DAIS_CONTROL_ON : VFIO_DAIS_CONTROL_OFF, 0, NULL);
	if (!ret)
		resource->off = !on;
	if (!is_anything_off(vdev) && set_regions_off(vdev, false))
		log_within(&vdev->regions[0].failures, LOG_WARN, "%s: its registers stay trapped",
			   vdev->host.name);
	return ret;
}

static int set(void *opaque, uint64_t value)
{
	struct vfio_scmi_resource *resource = opaque;

	resource->changed = true;
	return control(resource, VFIO_DAIS_CONTROL_VALUE, value, NULL);
}

/* The line is asserted meanwhile. */
static int pulse(void *opaque)
{
	struct vfio_scmi_resource *resource = opaque;
	struct vfio_device *vdev = resource->vdev;
	int ret = set_regions_off(vdev, true);

	if (!ret)
		ret = control(resource, VFIO_DAIS_CONTROL_PULSE, 0, NULL);
	if (!is_anything_off(vdev))
		set_regions_off(vdev, false);
	return ret;
}

/* Where a plain VFIO driver has the device: what was seen when the guest's tree was made. */
static int read_truth(void *opaque, struct scmi_state *state)
{
	const struct vfio_scmi_resource *resource = opaque;
	const uint64_t *rates = resource->vdev->node.scmi.rates;

	state->on = !resource->off;
	if (resource->kind == VFIO_DAIS_HELD_CLOCK)
		state->value = rates[resource->index];
	return 0;
}

static bool is_off_on_host(const struct vfio_scmi_resource *resource, const struct vfio *vfio)
{
	const struct host_node *node = resource->vdev->node.host;
	const struct host_clock *clock = NULL;
	char name[128];

	if (resource->kind == VFIO_DAIS_HELD_CLOCK && vfio->live)
		clock = host_clock_find(&vfio->live->clocks, vfio->tree, node,
					host_node_device_name(node, name, sizeof(name)),
					resource->index);
	return clock && !clock->enable_count && clock->hardware != 'Y';
}

/* Nothing may be done to it. */
static const struct scmi_ops truth_ops = { .get = read_truth };

static const struct scmi_ops ops = { .get = get, .turn = turn, .set = set, .pulse = pulse };

/* What a device's node refers to, and what the platform makes of it. */
static const struct served_kind {
	enum scmi_kind kind;
	uint8_t held;
	uint8_t switching; /* VFIO_ALLOW_* */
	uint8_t setting;
	const char *names; /* NULL: the user has named them */
} kinds[VFIO_N_SERVED] = {
	{ SCMI_CLOCK, VFIO_DAIS_HELD_CLOCK, VFIO_ALLOW_GATE, VFIO_ALLOW_RATE, "clock-names" },
	{ SCMI_RESET, VFIO_DAIS_HELD_RESET, VFIO_ALLOW_RESET, 0, "reset-names" },
	{ SCMI_POWER, VFIO_DAIS_HELD_DOMAIN, VFIO_ALLOW_POWER, 0, "power-domain-names" },
	{ SCMI_VOLTAGE, VFIO_DAIS_HELD_SUPPLY, VFIO_ALLOW_POWER, VFIO_ALLOW_VOLTAGE, NULL },
};

/* Its name in the node, or its number. */
static const char *name_of(const struct vfio_node *node, const struct served_kind *kind,
			   unsigned int index, char buf[16])
{
	const struct graft_answer *supply = node->answers.supplies;
	const struct host_property *names;
	const char *name;

	if (!kind->names) {
		while (supply->value != GRAFT_SUPPLY_BY_SCMI || index--)
			supply++;
		return supply->name;
	}
	names = host_node_find(node->host, kind->names);
	name = names ? host_property_string(names, index) : NULL;

	if (name && name[0])
		return name;
	snprintf(buf, 16, "%u", index);
	return buf;
}

/* What the user lets the guest do: SCMI_MAY_* */
static unsigned int allowed(const struct vfio_answers *answers, const struct served_kind *kind,
			    const char *name)
{
	for (unsigned int i = 0; i < answers->n_allowed; i++)
		if (!strcmp(answers->allowed[i].name, name))
			return (answers->allowed[i].value & kind->switching ? SCMI_MAY_SWITCH : 0) |
			       (answers->allowed[i].value & kind->setting ? SCMI_MAY_SET : 0);
	return SCMI_MAY_SWITCH | SCMI_MAY_SET;
}

/* As many voltages as a message could number; those that are 0 the host does not let it have. */
static int ask_levels(struct vfio_scmi_resource *resource)
{
	struct vfio_dais_control answer;

	for (uint64_t i = 0; i < UINT16_MAX; i++) {
		uint32_t *level;
		size_t at = resource->n_levels;

		if (control(resource, VFIO_DAIS_CONTROL_LEVEL, i, &answer))
			return 0;
		if (!answer.value || answer.value > INT32_MAX)
			continue;
		level = array_add(resource->levels, resource->n_levels);
		if (!level)
			return -ENOMEM;
		resource->n_levels++;
		for (; at && level[-1] > answer.value; at--, level--)
			level[0] = level[-1];
		*level = (uint32_t)answer.value;
	}
	return 0;
}

/* Of a supply, which the driver knows by a number of its own, by its @name. */
static int ask_driver(struct vfio_scmi_resource *resource, const char *name,
		      struct scmi_resource *item)
{
	struct vfio_dais_control answer = { 0 };
	int ret = 0;

	if (resource->kind == VFIO_DAIS_HELD_SUPPLY) {
		ret = vfio_held_supply(resource->vdev->handle.fd, name);
		resource->index = (uint16_t)ret;
	}
	ret = ret < 0 ? ret : control(resource, 0, 0, &answer);
	if (!ret && resource->kind == VFIO_DAIS_HELD_SUPPLY)
		ret = ask_levels(resource);
	item->levels = resource->levels;
	item->n_levels = resource->n_levels;
	item->ops = &ops;
	item->may = (answer.may & VFIO_DAIS_MAY_SWITCH ? SCMI_MAY_SWITCH : 0) |
		    (answer.may & VFIO_DAIS_MAY_SET ? SCMI_MAY_SET : 0);
	item->min = answer.min;
	item->max = answer.max;
	return ret;
}

static int add_resource(struct vfio *vfio, struct vfio_device *vdev, const struct served_kind *kind,
			unsigned int index)
{
	struct vfio_scmi_resource *resource = &vdev->served[vdev->n_served++];
	struct scmi_resource item = { .ops = &truth_ops, .opaque = resource };
	const struct vfio_node *node = &vdev->node;
	struct text text = text_in(item.name);
	char buf[16];
	const char *name = name_of(node, kind, index, buf);
	int ret = 0;

	*resource = (struct vfio_scmi_resource){ .vdev = vdev,
						 .index = (uint16_t)index,
						 .kind = kind->held };
	if (node->keeps_power)
		ret = ask_driver(resource, name, &item);
	else
		resource->off = is_off_on_host(resource, vfio);
	if (ret)
		return ret;
	/* "10000000.mmc:core": Linux wants the names of clocks to differ. */
	text_add_escaped(&text, node->name, strlen(node->name));
	text_add(&text, ":");
	text_add_escaped(&text, name, strlen(name));
	item.may &= allowed(&node->answers, kind, name);
	ret = scmi_add(&vfio->scmi.platform, kind->kind, &item);
	return ret < 0 ? ret : 0;
}

static int add_device(struct vfio *vfio, struct vfio_device *vdev, struct err *err)
{
	int ret = 0;

	for (size_t k = 0; k < n_elems(kinds) && !ret; k++)
		for (unsigned int i = 0; i < vdev->node.n_served[k] && !ret; i++)
			ret = add_resource(vfio, vdev, &kinds[k], i);
	for (unsigned int i = 0; i < vdev->n_regions; i++)
		vdev->regions[i].by_file = vdev->node.keeps_power && vdev->n_served;
	if (!ret)
		return 0;
	err_set(err, ret,
		"ask vfio-dais for the clocks, reset lines, power domains and supplies of %s",
		vdev->host.name);
	return err_fix(err, "clocks=fixed for it: the guest cannot change them then");
}

static size_t n_served(const struct vfio_node *node)
{
	size_t n = 0;

	for (size_t k = 0; node->is_served && k < VFIO_N_SERVED; k++)
		n += node->n_served[k];
	return n;
}

int vfio_scmi_create(struct vfio *vfio, struct vm *vm, struct err *err)
{
	struct vfio_scmi *scmi = &vfio->scmi;
	struct vfio_scmi_resource *next;
	size_t n = 0;
	int ret = 0;

	for (struct vfio_device *vdev = vfio->devices; vdev; vdev = vdev->next)
		n += n_served(&vdev->node);
	if (!n)
		return 0;
	next = scmi->resources = calloc(n, sizeof(*next));
	if (!next)
		return err_set(err, ENOMEM, "serve clocks by SCMI");
	scmi->n_resources = n;
	for (struct vfio_device *vdev = vfio->devices; vdev && !ret; vdev = vdev->next) {
		if (!vdev->node.is_served)
			continue;
		vdev->served = next;
		next += n_served(&vdev->node);
		ret = add_device(vfio, vdev, err);
	}
	if (ret)
		return ret;
	return scmi_channel_create(&scmi->channel, &scmi->platform, vm, err);
}

void vfio_scmi_destroy(struct vfio *vfio)
{
	scmi_channel_destroy(&vfio->scmi.channel);
	scmi_destroy(&vfio->scmi.platform);
	for (size_t i = 0; i < vfio->scmi.n_resources; i++)
		free(vfio->scmi.resources[i].levels);
	free(vfio->scmi.resources);
}

void vfio_scmi_describe(const struct vfio *vfio, struct dt *dt)
{
	if (vfio->scmi.channel.page)
		scmi_channel_describe(&vfio->scmi.channel, dt);
}

int vfio_scmi_reset(struct vfio_device *vdev, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < vdev->n_served && !ret; i++) {
		struct vfio_scmi_resource *resource = &vdev->served[i];

		if (!resource->changed)
			continue;
		ret = control(resource, VFIO_DAIS_CONTROL_BACK, 0, NULL);
		resource->changed = resource->off = false;
	}
	if (!ret && vdev->n_served)
		ret = set_regions_off(vdev, false);
	return ret ? err_set(err, ret, "have the clocks and power of %s as they were",
			     vdev->host.name)
		   : 0;
}

bool vfio_scmi_counts(const struct vfio *vfio, struct vfio_scmi_counts *counts)
{
	const struct vfio_scmi *scmi = &vfio->scmi;

	*counts = (struct vfio_scmi_counts){ scmi->platform.n_messages, scmi->platform.n_errors,
					     scmi->channel.n_refused, 0 };
	for (const struct vfio_device *vdev = vfio->devices; vdev; vdev = vdev->next)
		for (unsigned int i = 0; i < vdev->n_regions; i++)
			counts->n_off += vdev->regions[i].n_off;
	return scmi->channel.page;
}
