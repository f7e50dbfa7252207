// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/guest/graft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/guest/graft_class.h"
#include "fdt/guest/graft_parts.h"

const char *graft_verdict_name(enum graft_verdict verdict)
{
	static const char *const names[] = {
		[GRAFT_COPY] = "copied",      [GRAFT_REWRITE] = "rewritten",
		[GRAFT_REPLACE] = "replaced", [GRAFT_DROP] = "dropped",
		[GRAFT_ASK] = "needs-answer", [GRAFT_REFUSE] = "refused",
	};

	return names[verdict];
}

const char *graft_result_name(enum graft_result result)
{
	static const char *const names[] = {
		[GRAFT_PASSES] = "passes",
		[GRAFT_NEEDS_ANSWER] = "needs-answer",
		[GRAFT_REFUSED] = "refused",
	};

	return names[result];
}

int graft_create(const struct host_tree *tree, const struct graft_host *host, struct graft **graft,
		 struct err *err)
{
	struct graft *g = calloc(1, sizeof(*g));

	if (g)
		g->marks = calloc(host_tree_n_nodes(tree) + 1, sizeof(*g->marks));
	if (!g || !g->marks) {
		graft_destroy(g);
		return err_set(err, ENOMEM, "graft the device tree");
	}
	g->tree = tree;
	if (host)
		g->host = *host;
	*graft = g;
	return 0;
}

static void *copy_array(const void *array, size_t n, size_t size)
{
	void *copy = calloc(n + 1, size);

	if (!copy)
		return NULL;
	if (n)
		memcpy(copy, array, n * size);
	return copy;
}

static void destroy_device(struct graft_device *device)
{
	free((void *)device->facts.regions);
	free((void *)device->facts.irqs);
	free((void *)device->facts.carveouts);
	free(device->reasons);
	host_facts_destroy(&device->host);
}

static int init_device(struct graft_device *device, const struct host_tree *tree,
		       const struct graft_facts *facts, struct err *err)
{
	struct range *regions = copy_array(facts->regions, facts->n_regions, sizeof(*regions));
	struct graft_irq *irqs = copy_array(facts->irqs, facts->n_irqs, sizeof(*irqs));
	struct graft_carveout *carveouts =
		copy_array(facts->carveouts, facts->n_carveouts, sizeof(*carveouts));

	if (!regions || !irqs || !carveouts) {
		free(regions);
		free(irqs);
		free(carveouts);
		return err_set(err, ENOMEM, "graft %s", device->name);
	}
	device->facts = *facts;
	device->facts.regions = regions;
	device->facts.irqs = irqs;
	device->facts.carveouts = carveouts;
	return host_facts_read(tree, device->node, &device->host, err);
}

static int check_class(const struct host_node *node, const char *name,
		       const struct graft_answers *answers, struct err *err)
{
	if (!answers || !answers->class || graft_class_takes(answers->class, node))
		return 0;
	err_usage(err, "%s is no device of type %s", name, answers->class);
	err_why(err, "its compatible in the host's device tree is another");
	err_fix(err, "give it the type vfio-platform");
	return err->code;
}

static int check_new(const struct graft *graft, const struct host_node *node, const char *name,
		     struct err *err)
{
	for (unsigned int i = 0; i < graft->n_devices; i++) {
		if (graft->devices[i].node != node)
			continue;
		err_usage(err, "%s is given twice: as %s, too", name, graft->devices[i].name);
		return err->code;
	}
	return 0;
}

int graft_add_device(struct graft *graft, const struct host_node *node, const char *name,
		     const struct graft_facts *facts, const struct graft_answers *answers,
		     struct err *err)
{
	struct graft_device *bigger, *device;
	int ret = check_new(graft, node, name, err);

	if (!ret)
		ret = check_class(node, name, answers, err);
	if (ret)
		return ret;
	bigger = realloc(graft->devices, (graft->n_devices + 1) * sizeof(*bigger));
	if (!bigger)
		return err_set(err, ENOMEM, "graft %s", name);
	graft->devices = bigger;
	device = &bigger[graft->n_devices];
	memset(device, 0, sizeof(*device));
	device->node = node;
	device->name = name;
	if (answers)
		device->answers = *answers;
	ret = init_device(device, graft->tree, facts, err);
	if (ret) {
		destroy_device(device);
		return ret;
	}
	return (int)graft->n_devices++;
}

static void plan_pass(struct graft *graft)
{
	uint32_t n = host_tree_n_nodes(graft->tree);

	arena_free(&graft->arena);
	graft->n_made = 0;
	graft->again = false;
	for (uint32_t i = 0; i < n; i++)
		graft->marks[i].in_guest = graft->marks[i].referenced = false;
	for (unsigned int i = 0; i < graft->n_devices; i++)
		graft->devices[i].nodes = graft->devices[i].bus = NULL;
	for (unsigned int i = 0; i < graft->n_devices; i++)
		graft_mark_device(graft, &graft->devices[i]);
	for (unsigned int i = 0; i < graft->n_devices; i++)
		graft_mark_partners(graft, &graft->devices[i]);
	for (unsigned int i = 0; i < graft->n_devices; i++)
		graft_plan_device(graft, &graft->devices[i]);
}

static void settle_references(const struct graft *graft, struct graft_node *node)
{
	for (; node; node = node->next) {
		if (node->host && graft->marks[node->host->index].in_guest)
			node->referenced = graft->marks[node->host->index].referenced;
		settle_references(graft, node->child);
	}
}

int graft_plan(struct graft *graft, struct err *err)
{
	do {
		plan_pass(graft);
	} while (graft->again && !graft->arena.failed);
	for (unsigned int i = 0; i < graft->n_devices; i++)
		settle_references(graft, graft->devices[i].nodes);
	for (unsigned int i = 0; i < graft->n_devices && !graft->arena.failed; i++)
		graft_judge_device(graft, &graft->devices[i]);
	return graft->arena.failed ? err_set(err, ENOMEM, "graft the device tree") : 0;
}

enum graft_result graft_device_result(const struct graft *graft, unsigned int device)
{
	return graft->devices[device].result;
}

const char *graft_device_reason(const struct graft *graft, unsigned int device, unsigned int n)
{
	const struct graft_device *d = &graft->devices[device];

	return n < d->n_reasons ? d->reasons[n] : NULL;
}

const struct graft_node *graft_device_nodes(const struct graft *graft, unsigned int device)
{
	return graft->devices[device].nodes;
}

const char *graft_device_path(const struct graft *graft, unsigned int device)
{
	return graft->devices[device].path;
}

const struct graft_node *graft_device_bus(const struct graft *graft, unsigned int device)
{
	return graft->devices[device].bus;
}

void graft_destroy(struct graft *graft)
{
	if (!graft)
		return;
	for (unsigned int i = 0; i < graft->n_devices; i++)
		destroy_device(&graft->devices[i]);
	free(graft->devices);
	for (uint32_t i = 0; graft->marks && i < host_tree_n_nodes(graft->tree); i++)
		free(graft->marks[i].dropped);
	free(graft->marks);
	arena_free(&graft->arena);
	free(graft);
}
