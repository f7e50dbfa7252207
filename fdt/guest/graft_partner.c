// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is asked to be assigned, too, is tried with the devices that ask for it, and so is what that
 * asks for: nobody is told to assign what is refused then.
 */
#include <stdlib.h>

#include "fdt/guest/graft_parts.h"
#include "vmm/base/array.h"

/* A display has about six, with all that they ask for; trace units of an SoC are some fifty. */
#define MAX_TRIED 64

struct tried {
	const struct host_node *nodes[MAX_TRIED];
	size_t n;
	bool changed;
	bool clashes; /* what is refused depends on who was tried together */
};

static void try(struct tried *tried, const struct host_node *node)
{
	for (size_t i = 0; i < tried->n; i++)
		if (tried->nodes[i] == node)
			return;
	if (tried->n == n_elems(tried->nodes))
		return;
	tried->nodes[tried->n++] = node;
	tried->changed = true;
}

/* What devices that could pass ask for. */
static void collect(struct tried *tried, const struct graft *graft)
{
	for (unsigned int i = 0; i < graft->n_devices; i++) {
		const struct graft_device *device = &graft->devices[i];

		if (device->out.result != GRAFT_NEEDS_ANSWER)
			continue;
		for (size_t q = 0; q < device->n_questions; q++)
			for (size_t o = 0; o < device->questions[q].n_options; o++)
				if (device->questions[q].options[o].device)
					try(tried, device->questions[q].options[o].device);
	}
}

/*
 * Where its registers and interrupts are in the guest changes no verdict, nor do its numbers with
 * SCMI, which serves what is kept on.
 */
static int add_partner(struct graft *trial, const struct host_node *node, bool keeps_power)
{
	static const struct graft_scmi scmi;
	struct host_facts host;
	struct graft_facts facts = { .keeps_power = keeps_power,
				     .scmi = keeps_power ? &scmi : NULL };
	struct err err;
	int ret = host_facts_read(trial->tree, node, &host, &err);

	if (ret)
		return ret;
	facts.regions = host.regions;
	facts.n_regions = host.n_regions;
	facts.n_irqs = host_facts_n_usable_irqs(&host);
	facts.irqs = arena_alloc(&trial->kept, (facts.n_irqs + 1) * sizeof(*facts.irqs));
	facts.amba = host.amba;
	facts.coherent = host.coherent;
	ret = trial->kept.failed ? -ENOMEM
				 : graft_add_device(trial, node, node->name, &facts, NULL, &err);
	host_facts_destroy(&host);
	return ret < 0 ? ret : 0;
}

static int fill(struct graft *trial, const struct graft *graft, const struct tried *tried)
{
	bool keeps_power = false;
	struct err err;
	int ret = 0;

	trial->refused = graft->refused;
	for (uint32_t i = 0; i < graft->tree->n_nodes; i++)
		trial->marks[i].refused = graft->marks[i].refused;
	for (unsigned int i = 0; i < graft->n_devices && ret >= 0; i++) {
		const struct graft_device *device = &graft->devices[i];

		keeps_power |= device->facts.keeps_power;
		ret = graft_add_device(trial, device->node, device->name, &device->facts,
				       &device->answers, &err);
	}
	for (size_t i = 0; i < tried->n && ret >= 0; i++)
		ret = add_partner(trial, tried->nodes[i], keeps_power);
	return ret;
}

/* Those that are refused are tried no more. */
static void sort_out(struct graft *graft, const struct graft *trial, struct tried *tried)
{
	for (unsigned int i = graft->n_devices; i < trial->n_devices; i++) {
		const struct graft_device *device = &trial->devices[i];
		size_t n = 0;

		tried->clashes |= device->clashes;
		if (device->out.result != GRAFT_REFUSED)
			continue;
		graft->marks[device->node->index].refused =
			arena_printf(&graft->kept, "%s", device->reasons[0]);
		for (size_t t = 0; t < tried->n; t++)
			if (tried->nodes[t] != device->node)
				tried->nodes[n++] = tried->nodes[t];
		tried->n = n;
		tried->changed = true;
	}
}

/*
 * Of a device alone of which nobody said anything the same is found out each time: what is refused
 * is kept for the other devices of a whole tree. What is not refused depends on who was tried with
 * it, and is tried again.
 */
static bool is_alone(const struct graft *graft)
{
	const struct graft_device *d = graft->devices;

	return BUILT(PLAN) && graft->n_devices == 1 && !d->answers.force && !d->answers.class &&
	       !d->answers.compatible && !d->answers.n_drop && !d->answers.n_keep &&
	       !d->answers.n_clocks && !d->answers.n_supplies &&
	       !(d->facts.n_carveouts + d->facts.n_shadows);
}

static const char **known_refusals(const struct graft *graft)
{
	const uint32_t n = graft->tree->n_nodes;

	return graft->tree->tried->refused + (graft->devices[0].facts.keeps_power ? n : 0);
}

static void keep(struct graft *graft)
{
	const char **known = graft->refused;

	for (uint32_t i = 0; i < graft->tree->n_nodes; i++)
		if (graft->marks[i].refused && !known[i])
			known[i] = arena_printf(&graft->tree->tried->arena, "%s",
						graft->marks[i].refused);
}

/* Whether some of what is asked for is refused, so that all is to be decided again. */
static bool try_partners(struct graft *graft)
{
	struct tried tried = { .n = 0 };
	bool refused = false;

	collect(&tried, graft);
	if (!tried.n)
		return false;
	while (tried.changed && tried.n) {
		struct graft *trial = NULL;
		size_t n = tried.n;
		struct err err;

		tried.changed = false;
		if (graft_create(graft->tree, &graft->host, &trial, &err)) {
			graft->arena.failed = true;
			break;
		}
		if (!fill(trial, graft, &tried)) {
			graft_decide(trial);
			sort_out(graft, trial, &tried);
			refused |= tried.n < n;
			collect(&tried, trial);
		}
		graft->arena.failed |= trial->arena.failed || trial->kept.failed;
		graft_destroy(trial);
	}
	if (graft->refused && !tried.clashes)
		keep(graft);
	return refused;
}

int graft_plan(struct graft *graft, struct err *err)
{
	if (GRAFT_REASONS && is_alone(graft))
		graft->refused = known_refusals(graft);
	graft_decide(graft);
	if (GRAFT_REASONS && !graft->arena.failed && try_partners(graft))
		graft_decide(graft);
	if (!graft->arena.failed)
		graft_plan_aliases(graft);
	return graft->arena.failed ? err_set(err, ENOMEM, "graft the device tree") : 0;
}
