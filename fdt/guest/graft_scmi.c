// SPDX-License-Identifier: GPL-2.0-only
/* References that a virtual SCMI platform serves: bindings/firmware/arm,scmi.yaml */
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/graft_parts.h"
#include "fdt/host/shared.h"

/* Of a device's own node; what is below it, its driver on the host may share. */
static const struct graft_scmi *served(const struct graft_place *place)
{
	return BUILT(SCMI) && place->role == GRAFT_ROLE_DEVICE ? place->device->facts.scmi : NULL;
}

/* The guest's kernel asks for the clocks of an early timer before it has drivers for SCMI. */
static const struct graft_scmi *served_clocks(const struct graft_place *place)
{
	return host_is_early_timer(place->node) ? NULL : served(place);
}

/* Whether one of the clocks of @node is made by @provider, which has what it makes it of */
static bool makes_one_of(const struct graft_place *place, const struct host_node *provider)
{
	for (size_t i = 0; i < place->refs.n_refs; i++)
		if (place->refs.refs[i].target == provider)
			return true;
	return false;
}

/* Another node whose driver works at the rate of this clock, as vfio-dais looks for it; or NULL */
static const struct host_node *other_user(const struct graft_place *place,
					  const struct reference *clock)
{
	struct reference_user user;
	size_t at = 0;

	while (reference_next_same(place->graft->tree, place->property, clock, &at, &user))
		if (!strcmp(user.property->name, "clocks") &&
		    !place->graft->marks[user.node->index].in_guest &&
		    !makes_one_of(place, user.node))
			return user.node;
	return NULL;
}

void graft_tell_scmi_clock(struct graft_place *place, unsigned int index, const char *name)
{
	const struct host_node *other = other_user(place, &place->refs.refs[index]);
	const char *separator = strchr(place->item->reason, ':') ? "," : ":";

	if (other)
		graft_append(place, "%s %s by SCMI, of one rate, for %s has it, too", separator,
			     name, graft_path(place->graft, other));
	else
		graft_append(place, "%s %s by SCMI", separator, name);
}

bool graft_scmi_clock(const struct graft_place *place, unsigned int index, uint32_t cells[2])
{
	const struct graft_scmi *scmi = served_clocks(place);

	if (!scmi)
		return false;
	cells[0] = DT_PHANDLE_SCMI_CLOCK;
	cells[1] = scmi->clocks + index;
	return true;
}

static void refer(struct graft_place *place, const char *what, uint32_t phandle, uint32_t first)
{
	const size_t n = place->refs.n_refs;
	uint32_t *cells = arena_alloc(&place->graft->arena, 2 * n * sizeof(*cells));

	for (uint32_t i = 0; cells && i < n; i++) {
		cells[2 * i] = phandle;
		cells[2 * i + 1] = first + i;
	}
	if (!cells)
		return;
	place->item->binding = "firmware/arm,scmi.yaml";
	graft_set(place, GRAFT_REPLACE, "%s of SCMI, which acts on %s", what,
		  graft_target_names(place));
	graft_cells(place->graft, place->item, cells, 2 * n);
}

void graft_act_reset(struct graft_place *place)
{
	if (served(place) && !served(place)->rates && !place->refs.malformed)
		refer(place, "reset domains", DT_PHANDLE_SCMI_RESET, served(place)->resets);
}

void graft_act_power_domain(struct graft_place *place)
{
	if (served(place) && !place->refs.malformed)
		refer(place, "power domains", DT_PHANDLE_SCMI_POWER, served(place)->domains);
}

/* Which of the node's clocks that is; -1: none. */
static int own_clock(const struct host_property *clocks, const struct reference_list *list,
		     const struct host_property *assigned, const struct reference *ref)
{
	for (size_t i = 0; i < list->n_refs; i++)
		if (reference_is_same(assigned, ref, clocks, &list->refs[i]))
			return (int)i;
	return -1;
}

/*
 * What assigned-clocks has in the guest: those of the node's own clocks; Linux passes over the
 * holes that stand for others (drivers/clk/clk-conf.c). Returns how many cells, 0: it has none.
 */
static size_t assign_clocks(const struct graft_place *place, uint32_t *cells)
{
	const struct host_property *clocks = host_node_find(place->node, "clocks");
	const struct host_property *assigned = host_node_find(place->node, "assigned-clocks");
	struct reference_list own = { 0 }, refs = { 0 };
	size_t n = 0, n_own = 0;

	if (!clocks || !assigned)
		return 0;
	if (reference_find(place->graft->tree, place->node, clocks, &own, NULL) ||
	    reference_find(place->graft->tree, place->node, assigned, &refs, NULL))
		place->graft->arena.failed = true;
	for (size_t i = 0; i < refs.n_refs; i++) {
		int clock = own_clock(clocks, &own, assigned, &refs.refs[i]);

		cells[n++] = 0;
		if (clock < 0)
			continue;
		graft_scmi_clock(place, (unsigned int)clock, &cells[n++ - 1]);
		n_own++;
	}
	reference_list_destroy(&own);
	reference_list_destroy(&refs);
	return n_own ? n : 0;
}

void graft_act_assigned(struct graft_place *place)
{
	const struct host_property *assigned = host_node_find(place->node, "assigned-clocks");
	uint32_t *cells;
	size_t n;

	if (!assigned || !served_clocks(place))
		return;
	cells = arena_alloc(&place->graft->arena, 2 * assigned->size);
	n = cells ? assign_clocks(place, cells) : 0;
	if (!n)
		return;
	if (!strcmp(place->property->name, "assigned-clocks")) {
		graft_set(place, GRAFT_REPLACE, "clocks of SCMI");
		graft_cells(place->graft, place->item, cells, n);
	} else if (!strcmp(place->property->name, "assigned-clock-rates")) {
		graft_set(place, GRAFT_COPY, "the guest sets them by SCMI");
		graft_copy(place);
	}
}

bool graft_scmi_supply(struct graft_place *place, const char *name)
{
	const struct graft_answers *answers = &place->device->answers;
	const struct graft_answer *answer =
		graft_answer(place, answers->supplies, answers->n_supplies, name);
	const struct graft_scmi *scmi = served(place);
	uint32_t phandle;

	if (!answer || answer->value != GRAFT_SUPPLY_BY_SCMI)
		return false;
	if (!scmi || scmi->rates) {
		graft_set(
			place, GRAFT_REFUSE,
			"SCMI serves supplies of a device's own node, where vfio-dais has it, and "
			"not with clocks=fixed");
		return true;
	}
	phandle = DT_PHANDLE_SCMI_SUPPLY + scmi->supplies;
	for (const struct graft_answer *a = answers->supplies; a < answer; a++)
		phandle += a->value == GRAFT_SUPPLY_BY_SCMI;
	place->item->binding = "firmware/arm,scmi.yaml";
	graft_set(place, GRAFT_REPLACE,
		  "a voltage domain of SCMI, which acts on %s; the guest's kernel needs "
		  "REGULATOR_ARM_SCMI, which Debian's 6.12 and 7.3 do not have",
		  graft_target_names(place));
	graft_cells(place->graft, place->item, &phandle, 1);
	return true;
}
