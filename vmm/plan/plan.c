// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/check.h"
#include "fdt/print.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/config/config.h"

static int find_node(const struct plan *plan, struct plan_device *device, struct err *err)
{
	const char *host = device_config_str(device->config, "host");

	if (!host) {
		err_usage(err, "%s: %s wants host=DEVICE", device->config->where,
			  device->config->class->name);
		err_fix(err, "name a device of the host");
		return err->code;
	}
	if (plan->live)
		device->node = host_live_node(plan->tree, host);
	return device->node ? 0 : host_tree_find_device(plan->tree, host, &device->node, err);
}

static int read_device(const struct plan *plan, struct plan_device *device, struct err *err)
{
	int ret = find_node(plan, device, err);

	if (!ret)
		ret = vfio_answers_read(device->config, &device->answers, err);
	if (!ret)
		ret = vfio_overlay_read(device->config, &device->overlay, err);
	if (ret)
		return ret;
	host_node_device_name(device->node, device->name, sizeof(device->name));
	if (plan->live)
		host_live_device(plan->live, device->node, &device->live);
	if (device->live.found)
		str_copy(device->name, sizeof(device->name), device->live.host.name);
	/* What makes no sense is refused; the other devices are planned all the same. */
	ret = host_facts_read(plan->tree, device->node, &device->facts, &device->err);
	if (ret == -ENOMEM)
		return err_set(err, ENOMEM, "plan %s", device->name);
	return plan_make_room(device, err);
}

static int read_devices(struct plan *plan, const struct vm_config *config, struct err *err)
{
	plan->devices = calloc(config->n_devices + 1, sizeof(*plan->devices));
	if (!plan->devices)
		return err_set(err, ENOMEM, "plan %u devices", config->n_devices);
	for (unsigned int i = 0; i < config->n_devices; i++) {
		struct plan_device *device = &plan->devices[plan->n_devices];
		int ret;

		if (!vfio_is_assigned(&config->devices[i]))
			continue;
		plan->n_devices++;
		device->config = &config->devices[i];
		device->number = -1;
		device->result = GRAFT_REFUSED;
		ret = read_device(plan, device, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* A driverless device joins its IOMMU group when it is bound: then only its node tells. */
static bool has_direct_dma(const struct plan *plan, const struct plan_device *device)
{
	int group = device->live.found ? device->live.host.group : -1;

	if (plan->no_iommu)
		return true;
	return group < 0 ? !host_node_has(device->node, "iommus")
			 : vfio_host_group_is_noiommu(group);
}

static struct graft_facts guest_facts(const struct plan *plan, const struct plan_device *device)
{
	struct graft_facts facts = {
		.regions = device->regions,
		.n_regions = device->facts.n_regions,
		.irqs = device->irqs,
		.n_irqs = device->n_irqs,
		.amba = device->facts.amba,
		.coherent = device->facts.coherent,
		.direct_dma = has_direct_dma(plan, device),
	};

	vfio_carveouts_of(&plan->carveouts, device->node, &facts);
	return facts;
}

static int add_to_graft(struct plan *plan, struct plan_device *device, struct err *err)
{
	const struct graft_facts facts = guest_facts(plan, device);

	if (device->err.what[0])
		return 0;
	device->number = graft_add_device(plan->graft, device->node, device->name, &facts,
					  &device->answers.graft, &device->err);
	if (device->number == -ENOMEM)
		return err_set(err, ENOMEM, "plan %s", device->name);
	return 0;
}

static int make_graft(struct plan *plan, struct err *err)
{
	struct graft_host host = { 0 };
	int ret;

	if (plan->live)
		host_live_for_graft(plan->live, &host);
	ret = graft_create(plan->tree, &host, &plan->graft, err);
	for (unsigned int i = 0; i < plan->n_devices && !ret; i++)
		ret = add_to_graft(plan, &plan->devices[i], err);
	if (!ret)
		ret = graft_plan(plan->graft, err);
	for (unsigned int i = 0; i < plan->n_devices && !ret; i++) {
		struct plan_device *device = &plan->devices[i];

		if (device->number >= 0)
			device->result =
				graft_device_result(plan->graft, (unsigned int)device->number);
		/* What there is to answer is about a node that the guest does not get. */
		if (device->overlay.brings && device->result == GRAFT_NEEDS_ANSWER)
			device->result = GRAFT_PASSES;
	}
	return ret;
}

/* What a guest's tree has besides its devices, as far as they point at it. */
static void write_surroundings(struct dt *dt)
{
	dt_prop_u32(dt, "interrupt-parent", DT_PHANDLE_GIC);
	dt_begin_node(dt, "intc");
	dt_prop_empty(dt, "interrupt-controller");
	dt_prop_u32(dt, "#interrupt-cells", 3);
	dt_prop_u32(dt, "phandle", DT_PHANDLE_GIC);
	dt_end_node(dt);
	dt_describe_apb_pclk(dt);
}

static int write_tree(const struct plan *plan, void **blob, size_t *size, struct err *err)
{
	struct dt dt;
	int ret = 0;

	dt_init(&dt);
	write_surroundings(&dt);
	for (unsigned int i = 0; i < plan->n_devices && !ret; i++)
		if (plan->devices[i].result == GRAFT_PASSES && !plan->devices[i].overlay.brings)
			ret = graft_write(plan->graft, (unsigned int)plan->devices[i].number, &dt,
					  err);
	graft_write_carveouts(plan->graft, &dt);
	if (!ret)
		ret = dt_finish(&dt, blob, size, err);
	dt_destroy(&dt);
	return ret;
}

static int apply_overlays(const struct plan *plan, void **blob, size_t *size, struct err *err)
{
	owned_ptr struct vfio_overlay_user *users = calloc(plan->n_devices + 1, sizeof(*users));
	size_t n = 0;

	if (!users)
		return err_set(err, ENOMEM, "apply overlays");
	for (unsigned int i = 0; i < plan->n_devices; i++) {
		const struct plan_device *device = &plan->devices[i];
		const struct graft_node *node = plan_nodes(plan, device);

		if (node && device->result == GRAFT_PASSES)
			users[n++] = (struct vfio_overlay_user){
				.overlay = &device->overlay,
				.path = graft_device_path(plan->graft,
							  (unsigned int)device->number),
				.facts = guest_facts(plan, device),
			};
	}
	return vfio_overlays_apply(users, n, blob, size, err);
}

static int print_nodes(const struct plan *plan, struct plan_device *device, const void *blob,
		       size_t size, struct err *err)
{
	const struct graft_node *nodes = plan_nodes(plan, device);
	owned_ptr const char **names = NULL;
	size_t n = 0;

	const struct graft_node *bus = graft_device_bus(plan->graft, (unsigned int)device->number);

	for (const struct graft_node *node = nodes; node; node = node->next)
		n++;
	names = calloc(n + 1, sizeof(*names));
	if (!names)
		return err_set(err, ENOMEM, "plan %s", device->name);
	n = 0;
	if (bus)
		names[n++] = bus->name;
	for (const struct graft_node *node = nodes; node; node = node->next)
		names[n++] = node->name;
	return dt_print(blob, size, names, n, &device->text, err);
}

/* A tree that is not sound is a verdict on all that are in it: "dais run" would refuse it, too. */
static void refuse_all(struct plan *plan, const struct err *err)
{
	for (unsigned int i = 0; i < plan->n_devices; i++) {
		struct plan_device *device = &plan->devices[i];

		if (device->result == GRAFT_PASSES) {
			device->result = GRAFT_REFUSED;
			device->err = *err;
		}
	}
}

static int finish_nodes(struct plan *plan, struct err *err)
{
	owned_ptr void *blob = NULL;
	size_t size;
	int ret = write_tree(plan, &blob, &size, err);

	if (!ret)
		ret = apply_overlays(plan, &blob, &size, err);
	if (ret)
		return ret;
	ret = dt_check(blob, size, err);
	if (ret == -ENOMEM)
		return ret;
	if (ret)
		refuse_all(plan, err);
	ret = 0;
	for (unsigned int i = 0; i < plan->n_devices && !ret; i++)
		if (plan->devices[i].result == GRAFT_PASSES)
			ret = print_nodes(plan, &plan->devices[i], blob, size, err);
	return ret;
}

int plan_create(struct plan *plan, const struct host_tree *tree, struct host_live *live,
		const struct vm_config *config, struct err *err)
{
	int ret;

	*plan = (struct plan){
		.tree = tree,
		.live = live,
		.no_iommu = config->iommu == VFIO_BACKEND_NONE,
	};
	ret = read_devices(plan, config, err);
	if (!ret)
		ret = plan_place(plan, config, err);
	if (!ret)
		ret = make_graft(plan, err);
	for (unsigned int i = 0; i < plan->n_devices && live && !ret; i++) {
		struct plan_device *device = &plan->devices[i];

		ret = host_power_collect(&device->power, live, &device->live,
					 plan_nodes(plan, device));
		if (ret)
			err_set(err, ret, "plan %s", device->name);
	}
	return ret ? ret : finish_nodes(plan, err);
}

void plan_destroy(struct plan *plan)
{
	graft_destroy(plan->graft);
	vfio_carveouts_destroy(&plan->carveouts);
	for (unsigned int i = 0; i < plan->n_devices; i++) {
		struct plan_device *device = &plan->devices[i];

		free(device->text);
		vfio_overlay_destroy(&device->overlay);
		host_power_destroy(&device->power);
		vfio_answers_destroy(&device->answers);
		free(device->regions);
		free(device->irqs);
		host_facts_destroy(&device->facts);
	}
	free(plan->devices);
	*plan = (struct plan){ 0 };
}

const struct graft_node *plan_nodes(const struct plan *plan, const struct plan_device *device)
{
	if (device->number < 0)
		return NULL;
	return graft_device_nodes(plan->graft, (unsigned int)device->number);
}

const char *plan_reason(const struct plan *plan, const struct plan_device *device, unsigned int n)
{
	if (device->err.what[0] && n-- == 0)
		return device->err.what;
	if (device->err.why[0] && n-- == 0)
		return device->err.why;
	if (device->number < 0)
		return NULL;
	return graft_device_reason(plan->graft, (unsigned int)device->number, n);
}

enum graft_result plan_result(const struct plan *plan)
{
	enum graft_result worst = GRAFT_PASSES;

	for (unsigned int i = 0; i < plan->n_devices; i++)
		if (plan->devices[i].result > worst)
			worst = plan->devices[i].result;
	return worst;
}
