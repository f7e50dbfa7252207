// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/guest/graft.h"
#include "fdt/builder.h"

#include <stdlib.h>

#include "fdt/guest/graft_parts.h"
#include "fdt/host/shared.h"
#include "vmm/base/array.h"

const char *graft_verdict_name(enum graft_verdict verdict)
{
	static const char names[][16] = {
		[GRAFT_COPY] = "copied",      [GRAFT_REWRITE] = "rewritten",
		[GRAFT_REPLACE] = "replaced", [GRAFT_DROP] = "dropped",
		[GRAFT_ASK] = "needs-answer", [GRAFT_REFUSE] = "refused",
	};

	return names[verdict];
}

const char *graft_result_name(enum graft_result result)
{
	static const char names[][16] = {
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
		g->marks = arena_alloc(&g->kept, tree->n_nodes * sizeof(*g->marks));
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

static int check_class(const struct host_node *node, const char *name,
		       const struct graft_answers *answers, struct err *err)
{
	if (!answers || !answers->class || graft_class_takes(answers->class, node))
		return 0;
	err_usage(err, "%s is no device of type %s", name, answers->class);
	err_why(err, "its compatible in the host's device tree is another");
	return err_fix(err, "give it the type vfio-platform");
}

static int check_new(const struct graft *graft, const struct host_node *node, const char *name,
		     struct err *err)
{
	const struct graft_device *device = graft_find_device(graft, node);

	return device ? err_usage(err, "%s is given twice: as %s, too", name, device->name) : 0;
}

int graft_add_device(struct graft *graft, const struct host_node *node, const char *name,
		     const struct graft_facts *facts, const struct graft_answers *answers,
		     struct err *err)
{
	struct graft_device *device;
	struct arena *kept = &graft->kept;
	int ret = check_new(graft, node, name, err);

	if (!ret)
		ret = check_class(node, name, answers, err);
	if (ret)
		return ret;
	device = array_add(graft->devices, graft->n_devices);
	if (!device)
		return err_set(err, ENOMEM, "graft %s", name);
	device->node = node;
	device->name = name;
	if (answers)
		device->answers = *answers;
	device->facts = *facts;
	device->facts.regions =
		arena_copy(kept, facts->regions, facts->n_regions * sizeof(*facts->regions));
	device->facts.irqs = arena_copy(kept, facts->irqs, facts->n_irqs * sizeof(*facts->irqs));
	device->facts.carveouts =
		arena_copy(kept, facts->carveouts, facts->n_carveouts * sizeof(*facts->carveouts));
	device->facts.shadows =
		arena_copy(kept, facts->shadows, facts->n_shadows * sizeof(*facts->shadows));
	ret = kept->failed ? err_set(err, ENOMEM, "graft %s", name)
			   : host_facts_read(graft->tree, node, &device->host, err);
	if (ret) {
		host_facts_destroy(&device->host);
		return ret;
	}
	return (int)graft->n_devices++;
}

static void plan_pass(struct graft *graft)
{
	uint32_t n = graft->tree->n_nodes;

	arena_free(&graft->arena);
	graft->n_made = 0;
	graft->again = false;
	for (uint32_t i = 0; graft->passed && i < n; i++)
		graft->marks[i].in_guest = graft->marks[i].referenced = false;
	graft->passed = true;
	for (unsigned int i = 0; i < graft->n_devices; i++) {
		graft->devices[i].out = (struct graft_outcome){ 0 };
		graft_mark_device(graft, &graft->devices[i]);
	}
	for (unsigned int i = 0; i < graft->n_devices; i++)
		graft_mark_partners(graft, &graft->devices[i]);
	for (unsigned int i = 0; i < graft->n_devices; i++)
		graft_plan_device(graft, &graft->devices[i]);
}

static void mark_referenced(const struct graft *graft, struct graft_node *node)
{
	for (; node; node = node->next) {
		if (node->host && graft->marks[node->host->index].in_guest)
			node->referenced = graft->marks[node->host->index].referenced;
		mark_referenced(graft, node->child);
	}
}

void graft_decide(struct graft *graft)
{
	do {
		plan_pass(graft);
	} while (graft->again && !graft->arena.failed && !graft->kept.failed);
	graft->arena.failed |= graft->kept.failed;
	for (unsigned int i = 0; i < graft->n_devices; i++)
		mark_referenced(graft, graft->devices[i].out.nodes);
	if (host_shared_create(graft->tree))
		graft->arena.failed = true;
	for (unsigned int i = 0; i < graft->n_devices && !graft->arena.failed; i++)
		graft_judge_device(graft, &graft->devices[i]);
}

const struct graft_outcome *graft_outcome(const struct graft *graft, int device)
{
	return &graft->devices[device].out;
}

const char *graft_device_reason(const struct graft *graft, int device, unsigned int n)
{
	const struct graft_device *d = &graft->devices[device];

	return n < d->n_reasons ? d->reasons[n] : NULL;
}

const struct graft_question *graft_device_question(const struct graft *graft, int device,
						   unsigned int n)
{
	const struct graft_device *d = &graft->devices[device];

	return n < d->n_questions ? &d->questions[n] : NULL;
}

void graft_destroy(struct graft *graft)
{
	if (!graft)
		return;
	for (unsigned int i = 0; i < graft->n_devices; i++) {
		host_facts_destroy(&graft->devices[i].host);
		free(graft->devices[i].reasons);
		free(graft->devices[i].questions);
	}
	free(graft->devices);
	arena_free(&graft->kept);
	arena_free(&graft->arena);
	free(graft);
}

static void write_items(struct dt *dt, const struct graft_node *node)
{
	for (size_t i = 0; i < node->n_items; i++) {
		const struct graft_item *item = &node->items[i];

		if (item->value)
			dt_prop(dt, item->property, item->value, item->size);
	}
}

static void begin_node(struct dt *dt, const struct graft_node *node)
{
	dt_begin_node(dt, "%s", node->name);
	write_items(dt, node);
	if (node->referenced)
		dt_prop_u32(dt, "phandle", node->phandle);
}

void graft_write_node(struct dt *dt, const struct graft_node *node)
{
	begin_node(dt, node);
	for (const struct graft_node *child = node->child; child; child = child->next)
		graft_write_node(dt, child);
	dt_end_node(dt);
}

/* One that several devices have is written with the first of them. */
static bool has_shadow(const struct graft *graft, const struct graft_device *device,
		       const struct host_node *node)
{
	for (const struct graft_device *d = graft->devices; d < device; d++)
		if (node && d->written && graft_is_shadow(d, node))
			return true;
	return false;
}

static int does_not_pass(const struct graft_device *d, struct err *err)
{
	err_usage(err, "%s cannot be given to a guest as it is: %s", d->name,
		  graft_result_name(d->out.result));
	err_why(err, "%s", d->reasons[0]);
	return err_fix(err, "\"dais plan %s\" tells all of it%s", d->name,
		       d->out.result == GRAFT_NEEDS_ANSWER ? " and what to answer" : "");
}

int graft_check_refused(const struct graft *graft, int device, struct err *err)
{
	const struct graft_device *d = &graft->devices[device];

	return d->out.result == GRAFT_REFUSED ? does_not_pass(d, err) : 0;
}

int graft_write(struct graft *graft, int device, struct dt *dt, struct err *err)
{
	struct graft_device *d = &graft->devices[device];

	if (d->out.result != GRAFT_PASSES)
		return does_not_pass(d, err);
	d->written = true;
	if (d->out.bus)
		begin_node(dt, d->out.bus);
	graft_write_node(dt, d->out.nodes);
	if (d->out.bus)
		dt_end_node(dt);
	for (const struct graft_node *node = d->out.nodes->next; node; node = node->next)
		if (node != d->reserved && node != d->aliases && !has_shadow(graft, d, node->host))
			graft_write_node(dt, node);
	return 0;
}

/* A region that several devices brought is written with the first of them. */
static bool is_written(const struct graft *graft, const struct graft_device *device,
		       const struct host_node *region)
{
	for (const struct graft_device *d = graft->devices; d < device; d++)
		for (unsigned int i = 0; i < d->facts.n_carveouts; i++)
			if (d->facts.carveouts[i].node == region)
				return true;
	return false;
}

static void write_carveouts(const struct graft *graft, struct dt *dt)
{
	const struct graft_node *open = NULL;

	for (unsigned int i = 0; i < graft->n_devices; i++) {
		const struct graft_device *device = &graft->devices[i];

		if (!device->reserved)
			continue;
		if (!open)
			begin_node(dt, device->reserved);
		open = device->reserved;
		for (const struct graft_node *region = open->child; region; region = region->next)
			if (!is_written(graft, device, region->host))
				graft_write_node(dt, region);
	}
	if (open)
		dt_end_node(dt);
}

static void write_aliases(const struct graft *graft, struct dt *dt)
{
	bool open = false;

	for (unsigned int i = 0; i < graft->n_devices; i++) {
		const struct graft_node *node = graft->devices[i].aliases;

		if (!node || !graft->devices[i].written)
			continue;
		if (!open)
			dt_begin_node(dt, "%s", node->name);
		open = true;
		write_items(dt, node);
	}
	if (open)
		dt_end_node(dt);
}

void graft_write_shared(const struct graft *graft, struct dt *dt)
{
	write_aliases(graft, dt);
	if (BUILT(CARVEOUT))
		write_carveouts(graft, dt);
}
