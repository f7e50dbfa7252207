// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/nodes/nodes.h"

#include <stdio.h>

#include "fdt/guest/partial_tree.h"
#include "vfio/host/known.h"
#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"

int vfio_nodes_read_host(struct host_tree **tree, struct host_live **live, struct err *err)
{
	int ret = 0;

	if (!*tree && file_exists(VFIO_HOST_TREE))
		ret = host_tree_read_live(VFIO_HOST_TREE, VFIO_KEPT_TREE, tree, err);
	if (!ret && *tree && live)
		ret = host_live_create(*tree, live, err);
	return ret;
}

#define MAX_OVERLAY (16 << 20)

static int read_overlay(const struct device_config *config, struct vfio_overlay *overlay,
			struct err *err)
{
	struct overlay *file = &overlay->file;
	const struct device_setting *setting = device_config_find(config, "overlay", -1);
	int ret;

	overlay->label = device_config_str(config, "dt-symbol");
	if (!setting)
		return 0;
	if (!BUILT(OVERLAY))
		return err_not_built(err, "OVERLAY");
	file->path = setting->text;
	ret = file_read_given("overlay", file->path, MAX_OVERLAY, &overlay->data, &file->size, err);
	file->blob = overlay->data;
	if (!ret && !file->size) {
		ret = err_usage(err, "the overlay %s is empty", file->path);
		err_why(err, "a compiled overlay has 40 bytes at least");
		err_fix(err, "compile it with \"dtc -@ -O dtb\"");
	}
	if (ret)
		return err_prefix(err, "device %s", config->name);
	overlay->partial = partial_tree_is(file->blob, file->size);
	if (overlay->partial)
		return 0;
	if (!overlay->label)
		overlay->label = overlay_label(file);
	if (!overlay->label) {
		err_usage(err,
			  "device %s: overlay %s does not tell which of its labels is the device's",
			  config->name, file->path);
		return err_fix(err, "add dt-symbol=LABEL");
	}
	ret = overlay_check(file, overlay->label, err);
	overlay->brings = !ret && overlay_brings(file, overlay->label);
	return ret;
}

/* What takes the device's node to be known. */
static int finish_overlay(struct vfio_node *node, struct err *err)
{
	struct vfio_overlay *overlay = &node->overlay;
	const struct partial_tree partial = { overlay->file.path, overlay->data, overlay->file.size,
					      overlay->label,     node->name,    &node->facts };
	void *translated = NULL;
	int ret;

	if (!BUILT(OVERLAY) || !overlay->file.path || overlay->nodes)
		return 0;
	if (!overlay->partial)
		return overlay_tell(&overlay->file, overlay->label, node->host, &overlay->arena,
				    &overlay->nodes, err);
	ret = partial_tree_translate(&partial, &overlay->arena, &overlay->nodes, &translated,
				     &overlay->file.size, err);
	if (ret)
		return err_prefix(err, "device %s", node->config->name);
	free(overlay->data);
	overlay->file.blob = overlay->data = translated;
	overlay->label = node->name;
	overlay->brings = true;
	return overlay_check(&overlay->file, overlay->label, err);
}

int vfio_node_read(struct vfio_node *node, const struct device_config *config, struct err *err)
{
	int ret;

	*node = (struct vfio_node){ .config = config, .number = -1, .result = GRAFT_REFUSED };
	if (!device_config_str(config, "host")) {
		err_usage(err, "%s: a %s without host=DEVICE", config->where, config->class->name);
		err_why(err, "it stands for a device of the host, which must be named");
		return err_fix(
			err, "name a device of /sys/bus/platform/devices or /sys/bus/amba/devices");
	}
	ret = vfio_answers_read(config, &node->answers, err);
	return ret ? ret : read_overlay(config, &node->overlay, err);
}

void vfio_node_destroy(struct vfio_node *node)
{
	free(node->overlay.data);
	arena_free(&node->overlay.arena);
	vfio_answers_destroy(&node->answers);
	free(node->regions);
	free(node->irqs);
	free(node->parts);
	host_facts_destroy(&node->facts);
	*node = (struct vfio_node){ 0 };
}

static bool is_for_dais(const struct vfio_node *node, const char *host)
{
	const struct vfio_host_device *device = node->device;
	struct vfio_host_device found;
	struct err err;

	if (!device && !vfio_host_device_find(&found, host, &err))
		device = &found;
	return device && vfio_host_device_is_for_dais(device);
}

int vfio_node_look_up(const struct vfio_nodes *nodes, struct vfio_node *node, struct err *err)
{
	const char *host = device_config_str(node->config, "host");
	int ret = 0;

	if (node->host)
		return 0;
	if (nodes->tree->live)
		node->host = host_live_node(nodes->tree, host);
	if (!node->host)
		ret = host_tree_find_device(nodes->tree, host, &node->host, err);
	if (ret)
		return ret;
	node->keeps_power = (BUILT(SCMI) ? vfio_node_has_held(node)
					 : host_node_has(node->host, "power-domains")) &&
			    (nodes->for_dais || (nodes->tree->live && is_for_dais(node, host)));
	/* Fixed clocks are what drivers get on best with where nothing can be changed: they take
	 * any rate that is set without a word, and an answer that is DENIED for an error. */
	node->is_served = BUILT(SCMI) && (node->keeps_power ? !node->answers.fixed_clocks
							    : node->answers.scmi_clocks &&
								      vfio_node_has_held(node));
	if (!node->name[0])
		host_node_device_name(node->host, node->name, sizeof(node->name));
	ret = host_facts_read(nodes->tree, node->host, &node->facts, &node->err);
	if (ret == -ENOMEM)
		return err_set(err, ENOMEM, "read the node of %s", node->name);
	return ret ? 0 : finish_overlay(node, err);
}

int vfio_node_make_room(struct vfio_node *node, unsigned int n_regions, unsigned int n_irqs,
			struct err *err)
{
	node->regions = calloc(n_regions + 1, sizeof(*node->regions));
	node->irqs = calloc(n_irqs + 1, sizeof(*node->irqs));
	node->parts = calloc(n_regions + n_irqs + 1, sizeof(*node->parts));
	if (!node->regions || !node->irqs || !node->parts)
		return err_set(err, ENOMEM, "describe %s", node->name);
	node->n_regions = n_regions;
	node->n_irqs = n_irqs;
	for (unsigned int i = 0; i < n_regions + n_irqs; i++) {
		struct vfio_node_part *part = &node->parts[i];
		bool is_irq = i >= n_regions;
		unsigned int index = is_irq ? i - n_regions : i;
		const char *key = is_irq ? "spi" : "gpa";
		char indexed[16];

		snprintf(part->name, sizeof(part->name), "%s %s %u", node->name,
			 is_irq ? "interrupt" : "region", index);
		snprintf(indexed, sizeof(indexed), "%s.%u", key, index);
		/* The key alone is for the first. */
		part->wanted = device_config_get(node->config, index ? indexed : key,
						 index ? -1 : 0, number, PLATFORM_BUS_ANY);
	}
	return 0;
}

int vfio_node_use_tree(struct vfio_node *node, struct err *err)
{
	const struct host_facts *facts = &node->facts;
	int ret = vfio_node_make_room(node, facts->n_regions, host_facts_n_usable_irqs(facts), err);

	for (unsigned int i = 0; i < node->n_regions && !ret; i++)
		node->regions[i] = facts->regions[i];
	for (unsigned int i = 0; i < node->n_irqs && !ret; i++)
		node->irqs[i].edge = facts->irqs[i].edge;
	node->amba = facts->amba;
	return ret;
}

/* A line of the host is one of the guest, however often the node lists it. */
static int place_irq(struct vfio_node *node, struct platform_bus *bus, unsigned int index,
		     struct err *err)
{
	const struct vfio_node_part *part = &node->parts[node->n_regions + index];
	unsigned int first = host_facts_first_irq(&node->facts, index);

	if (first == index)
		return platform_bus_take_spi(bus, part->name, part->wanted, &node->irqs[index].spi,
					     err);
	if (part->wanted != PLATFORM_BUS_ANY) {
		err_usage(err, "%s: spi.%u of %s", node->config->where, index, node->name);
		err_why(err, "its interrupts %u and %u are one line", first, index);
		return err_fix(err, "give spi.%u, which holds for both", first);
	}
	node->irqs[index].spi = node->irqs[first].spi;
	return 0;
}

static int place(struct vfio_node *node, struct platform_bus *bus, unsigned int i, struct err *err)
{
	const struct vfio_node_part *part = &node->parts[i];
	struct range *region = &node->regions[i];

	if (i >= node->n_regions)
		return place_irq(node, bus, i - node->n_regions, err);
	return platform_bus_place(bus, part->name, region->size,
				  region->start & (sys_page_size() - 1), part->wanted,
				  &region->start, err);
}

int vfio_node_place(struct vfio_nodes *nodes, struct vfio_node *node, struct platform_bus *bus,
		    struct err *err)
{
	int ret = 0;

	for (int pinned = 1; pinned >= 0; pinned--)
		for (unsigned int i = 0; i < node->n_regions + node->n_irqs && !ret; i++)
			if (pinned == (node->parts[i].wanted != PLATFORM_BUS_ANY))
				ret = place(node, bus, i, err);
	return ret ? ret : vfio_shadows_place(&nodes->shadows, node->host, bus, err);
}

/* iommufd takes pages that the kernel manages, which reserved memory has not. */
static int check_backend(const struct vfio_nodes *nodes, struct err *err)
{
	for (unsigned int i = 0; BUILT(CARVEOUT) && i < nodes->carveouts.n; i++) {
		const struct vfio_carveout_answer *answer = nodes->carveouts.wanted[i].answer;

		if (!answer->own || nodes->backend != VFIO_BACKEND_IOMMUFD)
			continue;
		err_usage(err, "carveout.%s=host with iommu=iommufd", answer->name);
		err_why(err, "iommufd does not map memory that the host's kernel has reserved");
		return err_fix(err, "give iommu=type1, or carveout.%s=guest", answer->name);
	}
	return 0;
}

int vfio_nodes_reserve(struct vfio_nodes *nodes, struct iova_list *list, struct err *err)
{
	int ret = 0;

	vfio_carveouts_destroy(&nodes->carveouts);
	vfio_shadows_destroy(&nodes->shadows);
	for (struct vfio_node *node = nodes->first; node && !ret; node = node->next) {
		if (!node->answers.n_carveouts && !node->answers.n_syscons)
			continue;
		ret = vfio_node_look_up(nodes, node, err);
		if (!ret)
			ret = vfio_carveouts_add(&nodes->carveouts, nodes->tree, node->host,
						 node->name, &node->answers, err);
		if (!ret)
			ret = vfio_shadows_add(&nodes->shadows, nodes->tree, nodes->live,
					       node->host, node->name, &node->answers, err);
	}
	if (!ret)
		ret = check_backend(nodes, err);
	return ret ? ret : vfio_carveouts_avoid(&nodes->carveouts, list, err);
}

static struct graft_facts guest_facts(const struct vfio_nodes *nodes, const struct vfio_node *node)
{
	struct graft_facts facts = {
		.regions = node->regions,
		.n_regions = node->n_regions,
		.irqs = node->irqs,
		.n_irqs = node->n_irqs,
		.amba = node->amba,
		.coherent = node->facts.coherent,
		.direct_dma = node->direct_dma,
		.keeps_power = node->keeps_power,
		.scmi = node->is_served ? &node->scmi : NULL,
	};

	vfio_carveouts_of(&nodes->carveouts, node->host, &facts);
	vfio_shadows_of(&nodes->shadows, node->host, &facts);
	return facts;
}

static int add_to_graft(struct vfio_nodes *nodes, struct vfio_node *node, struct err *err)
{
	const struct graft_facts facts = guest_facts(nodes, node);

	if (node->err.what[0])
		return 0;
	node->number = graft_add_device(nodes->graft, node->host, node->name, &facts,
					&node->answers.graft, &node->err);
	return node->number == -ENOMEM ? err_set(err, ENOMEM, "describe %s", node->name) : 0;
}

bool vfio_node_is_answered(const struct vfio_nodes *nodes, const struct vfio_node *node)
{
	return node->overlay.brings && node->number >= 0 &&
	       graft_outcome(nodes->graft, node->number)->result == GRAFT_NEEDS_ANSWER;
}

int vfio_nodes_graft(struct vfio_nodes *nodes, struct err *err)
{
	struct graft_host host = { 0 };
	int ret;

	if (nodes->live)
		(BUILT(DRIVER_FACTS) ? host_known_for_graft : host_live_for_graft)(nodes->live,
										   &host);
	host.driver = nodes->tree->live ? host_live_driver : NULL;
	host.console = nodes->console;
	ret = graft_create(nodes->tree, &host, &nodes->graft, err);
	if (BUILT(SCMI) && !ret)
		ret = vfio_nodes_number_served(nodes, err);
	for (struct vfio_node *node = nodes->first; node && !ret; node = node->next)
		ret = add_to_graft(nodes, node, err);
	if (!ret)
		ret = graft_plan(nodes->graft, err);
	for (struct vfio_node *node = nodes->first; node && !ret; node = node->next) {
		if (node->number >= 0)
			node->result = graft_outcome(nodes->graft, node->number)->result;
		if (vfio_node_is_answered(nodes, node))
			node->result = GRAFT_PASSES;
	}
	return ret;
}

const struct graft_node *vfio_node_graft(const struct vfio_nodes *nodes,
					 const struct vfio_node *node)
{
	return node->number < 0 ? NULL : graft_outcome(nodes->graft, node->number)->nodes;
}

const struct graft_node *vfio_node_outcome(const struct vfio_nodes *nodes,
					   const struct vfio_node *node)
{
	return node->overlay.brings ? node->overlay.nodes : vfio_node_graft(nodes, node);
}

int vfio_node_write(const struct vfio_nodes *nodes, const struct vfio_node *node, struct dt *dt,
		    struct err *err)
{
	if (node->number < 0) {
		*err = node->err;
		return err->code;
	}
	if (node->overlay.brings && node->result == GRAFT_PASSES)
		return 0;
	return graft_write(nodes->graft, node->number, dt, err);
}

int vfio_nodes_overlay(const struct vfio_nodes *nodes, void **blob, size_t *size, struct err *err)
{
	owned_ptr struct overlay_device *devices = NULL;
	size_t n = 0;
	int ret = 0;

	if (!BUILT(OVERLAY))
		return 0;
	for (const struct vfio_node *node = nodes->first; node; node = node->next) {
		struct overlay_device *device;

		if (node->result != GRAFT_PASSES || !node->overlay.label)
			continue;
		device = array_add(devices, n);
		if (!device)
			return err_set(err, ENOMEM, "apply overlays");
		n++;
		device->label = node->overlay.label;
		if (!node->overlay.brings)
			device->path = graft_outcome(nodes->graft, node->number)->path;
		device->facts = guest_facts(nodes, node);
	}
	for (const struct vfio_node *node = nodes->first; node && !ret; node = node->next)
		if (node->result == GRAFT_PASSES && node->overlay.file.path)
			ret = overlay_apply(blob, size, &node->overlay.file, devices, n, err);
	return ret;
}

void vfio_nodes_destroy(struct vfio_nodes *nodes)
{
	graft_destroy(nodes->graft);
	vfio_carveouts_destroy(&nodes->carveouts);
	vfio_shadows_destroy(&nodes->shadows);
	nodes->graft = NULL;
}
