// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "fdt/guest/graft_parts.h"
#include "vmm/base/array.h"
#include "vmm/base/str.h"

#define MAX_USERS_NAMED 4

void(graft_add_reason)(struct graft *graft, struct graft_device *device, const char *fmt, ...)
{
	const char **reason = array_add(device->reasons, device->n_reasons);
	va_list ap;

	if (!reason) {
		graft->arena.failed = true;
		return;
	}
	va_start(ap, fmt);
	*reason = arena_vprintf(&graft->arena, fmt, ap);
	va_end(ap);
	device->n_reasons++;
}

#define add_reason graft_add_reason

/* A reason that ends with how to answer it. @about: a property; "": the device. */
static void add_question(struct graft *graft, struct graft_device *device, const char *about,
			 const char *reason, const struct graft_option *options, size_t n)
{
	const struct graft_question question = { about, reason, options, n };

	add_reason(graft, device, "%s%s%s: %s", about, about[0] ? ": " : "", reason,
		   graft_options_text(&graft->arena, options, n));
	if (GRAFT_REASONS && array_append(device->questions, device->n_questions, &question))
		graft->arena.failed = true;
}

/* Reasons of all items of one verdict, or, for GRAFT_DROP, of those that are missed. */
static size_t collect(struct graft *graft, struct graft_device *device,
		      const struct graft_node *node, enum graft_verdict verdict)
{
	size_t n = 0;

	for (; node; node = node->next) {
		const char *prefix = graft_prefix(graft, device, node->host);

		for (size_t i = 0; i < node->n_items; i++) {
			const struct graft_item *item = &node->items[i];

			if (item->verdict != verdict ||
			    (verdict == GRAFT_DROP && !item->required && !item->lifted))
				continue;
			n++;
			if (!GRAFT_REASONS)
				continue;
			if (item->n_options)
				add_question(
					graft, device,
					arena_printf(&graft->arena, "%s%s", prefix, item->property)
						?: "",
					item->reason, item->options, item->n_options);
			else
				add_reason(graft, device, "%s%s%s: %s",
					   item->lifted     ? "note: "
					   : item->required ? "note: its binding requires "
							    : "",
					   prefix, item->property, item->reason);
		}
		n += collect(graft, device, node->child, verdict);
	}
	return n;
}

/*
 * How bad it is for a device of the host to lose what it points at: not at all; that device alone
 * may fail, which is for the user to say; or more of the host goes with it.
 */
enum dependence { DEPENDENCE_NONE, DEPENDENCE_SOME, DEPENDENCE_FULL };

/* Kinds of references by that, a bit each. */
#define FULL_KINDS                                                                      \
	(1u << REFERENCE_CLOCK | 1u << REFERENCE_RESET | 1u << REFERENCE_POWER_DOMAIN | \
	 1u << REFERENCE_PINCTRL | 1u << REFERENCE_IOMMU | 1u << REFERENCE_MSI |        \
	 1u << REFERENCE_INTERRUPT | 1u << REFERENCE_SYSCON)
#define NONE_KINDS (1u << REFERENCE_NONE | 1u << REFERENCE_OPP | 1u << REFERENCE_UNKNOWN)

/* They describe a wire seen from both ends, or what is not missed. */
#define NO_USES "companion trigger-sources post-init-providers cooling-device"

/* The other end of a wire is a chip that the guest does not get, and the host loses. */
static bool loses_partner(const struct graft *graft, const struct reference_user *user)
{
	const struct host_node *end =
		host_tree_target(graft->tree, user->node, user->property->name);

	while (end && !graft->marks[end->index].dropped)
		end = end->parent;
	return end;
}

static bool is_cpu(const struct host_node *node)
{
	const struct host_property *type = host_node_find(node, "device_type");

	return type && host_property_string_index(type, "cpu") == 0;
}

static enum dependence find_dependence(const struct graft *graft, const struct reference_user *user)
{
	if (str_matches(user->property->name, NO_USES))
		return DEPENDENCE_NONE;
	if (user->kind == REFERENCE_GRAPH)
		return loses_partner(graft, user) ? DEPENDENCE_SOME : DEPENDENCE_NONE;
	if (user->kind == REFERENCE_SUPPLY) /* a CPU's takes the host down */
		return is_cpu(user->node) ? DEPENDENCE_FULL : DEPENDENCE_SOME;
	/* of CPUs, mostly, which are no devices (bindings/dvfs/performance-domain.yaml) */
	if (str_matches(user->property->name, "performance-domains"))
		return DEPENDENCE_FULL;
	if (1u << user->kind & NONE_KINDS)
		return DEPENDENCE_NONE;
	return 1u << user->kind & FULL_KINDS ? DEPENDENCE_FULL : DEPENDENCE_SOME;
}

static bool has_user(const struct graft *graft, const struct host_node *node,
		     enum dependence dependence)
{
	struct reference_user user;
	size_t at = 0;

	while (reference_next_user(graft->tree, node, &at, &user))
		if (find_dependence(graft, &user) == dependence &&
		    !graft->marks[user.node->index].in_guest)
			return true;
	return false;
}

/* "/soc/a (clocks), /soc/b (resets) and 3 more"; NULL: nobody depends that much. */
static const char *name_users(struct graft *graft, const struct reference_user *users,
			      size_t n_users, enum dependence dependence)
{
	const struct host_node *last = NULL;
	const char *text = NULL;
	size_t n = 0;

	for (size_t i = 0; i < n_users; i++) {
		if (users[i].node == last || find_dependence(graft, &users[i]) != dependence ||
		    graft->marks[users[i].node->index].in_guest)
			continue;
		last = users[i].node;
		if (n++ < MAX_USERS_NAMED)
			text = arena_printf(&graft->arena, "%s%s%s (%s)", text ? text : "",
					    text ? ", " : "", graft_path(graft, last),
					    users[i].property->name);
	}
	if (n > MAX_USERS_NAMED && text)
		text = arena_printf(&graft->arena, "%s and %zu more", text, n - MAX_USERS_NAMED);
	return text;
}

/* Who depends on @node, fully and to some extent; without reasons, whether anybody does. */
static void find_users(struct graft *graft, const struct host_node *node, const char **full,
		       const char **some)
{
	struct reference_user *users = NULL;
	size_t n = 0;

	if (!GRAFT_REASONS) {
		*full = has_user(graft, node, DEPENDENCE_FULL) ? "" : NULL;
		*some = has_user(graft, node, DEPENDENCE_SOME) ? "" : NULL;
		return;
	}
	if (reference_users(graft->tree, node, &users, &n))
		graft->arena.failed = true;
	*full = name_users(graft, users, n, DEPENDENCE_FULL);
	*some = name_users(graft, users, n, DEPENDENCE_SOME);
	free(users);
}

/* Unless the user forces it, the host keeps what it cannot do without. */
static void judge_users(struct graft *graft, struct graft_device *device)
{
	static const struct graft_option force = { .setting = "force=on",
						   .why = "these may fail then" };
	bool forced = device->answers.force;
	const char *note = forced ? "note: forced, although " : "";
	const char *full, *some;

	find_users(graft, device->node, &full, &some);
	if (full && !forced)
		device->out.result = GRAFT_REFUSED;
	if (full)
		add_reason(graft, device, "%sthe host depends on it: %s", note, full);
	if (some && !forced && device->out.result == GRAFT_PASSES)
		device->out.result = GRAFT_NEEDS_ANSWER;
	if (some && forced)
		add_reason(graft, device, "%sthe host uses it: %s", note, some);
	else if (some)
		add_question(graft, device, "",
			     arena_printf(&graft->arena, "the host uses it: %s", some) ?: "",
			     &force, 1);
}

/* Buses that no driver is bound to, or one that does nothing when it is gone. */
#define PLAIN_BUSES "simple-bus simple-mfd simple-pm-bus arm,amba-bus isa"

static void note_buses(struct graft *graft, struct graft_device *device)
{
	if (device->out.bus)
		add_reason(graft, device,
			   "note: dma-ranges of a bus above it hold in the guest, too, where it "
			   "is below %s",
			   device->out.bus->name);
	for (const struct host_node *node = device->node->parent; node; node = node->parent)
		if (node->parent && host_node_has(node, "compatible") &&
		    !host_node_matches(node, PLAIN_BUSES))
			add_reason(graft, device,
				   "note: %s above it must keep its driver on the host",
				   graft_path(graft, node));
}

/*
 * Of what is below these Linux makes devices at once, whether they have a driver or not
 * (of_default_bus_match_table of drivers/of/platform.c, 6.12).
 */
#define POPULATED "simple-bus arm,amba-bus isa"

static void judge_facts(struct graft *graft, struct graft_device *device)
{
	const struct host_node *above = device->node, *parent = above->parent;
	const struct host_node *pci = NULL; /* the bus above it, which may be far */
	const char *fault = graft_class_fault(graft, device);

	for (; above; above = above->parent) {
		if (host_node_has(above, "#iommu-cells"))
			add_reason(graft, device, "it is an IOMMU: the host's own");
		if (!pci && above->parent && host_bus_is_pci(above->parent))
			pci = above->parent;
	}
	if (pci == parent && pci)
		add_reason(graft, device,
			   "it is a PCI function: vfio-pci has those, and no guest "
			   "of dais a PCI bus");
	else if (pci)
		add_reason(
			graft, device,
			"it is a part of a PCI function, below %s: its registers are in a BAR, its "
			"interrupts and its DMA go through that function's driver",
			graft_path(graft, pci));
	else if (!device->facts.n_regions || host_node_matches(device->node, POPULATED))
		add_reason(graft, device, "it has no registers of its own that VFIO could pass");
	if (!device->facts.n_irqs && host_node_has(device->node, "msi-parent"))
		add_reason(
			graft, device,
			"its interrupts are MSIs (msi-parent), which vfio-platform does not have");
	if (parent && !host_node_is_available(parent))
		add_reason(graft, device,
			   "the host does not use the bus above it: there is no device");
	if (fault)
		add_reason(graft, device, "%s", fault);
	if (device->n_reasons)
		device->out.result = GRAFT_REFUSED;
}

static void note_left_out(struct graft *graft, struct graft_device *device,
			  const struct host_node *node)
{
	for (const struct host_node *child = node->child; child; child = child->next) {
		const char *why = graft->marks[child->index].dropped;

		if (why)
			add_reason(graft, device, "note: %s is left out: %s", child->name, why);
		else
			note_left_out(graft, device, child);
	}
}

void graft_judge_device(struct graft *graft, struct graft_device *device)
{
	const struct host_facts *host = &device->host;

	device->n_reasons = device->n_questions = 0;
	device->clashes = false;
	device->out.result = GRAFT_PASSES;
	judge_facts(graft, device);
	graft_judge_shared(graft, device);
	if (collect(graft, device, device->out.nodes, GRAFT_REFUSE))
		device->out.result = GRAFT_REFUSED;
	if (!device->answers.force)
		judge_users(graft, device);
	if (collect(graft, device, device->out.nodes, GRAFT_ASK) &&
	    device->out.result == GRAFT_PASSES)
		device->out.result = GRAFT_NEEDS_ANSWER;
	if (device->answers.force)
		judge_users(graft, device);
	if (!GRAFT_REASONS)
		return; /* the rest are notes */
	collect(graft, device, device->out.nodes, GRAFT_DROP);
	note_left_out(graft, device, device->node);
	if (host->n_reg_entries > host->n_regions)
		add_reason(graft, device, "note: only the first %u of %u regions can be translated",
			   host->n_regions, host->n_reg_entries);
	note_buses(graft, device);
	graft_note_shared(graft, device);
}
