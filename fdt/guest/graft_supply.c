// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fdt/guest/graft_parts.h"
#include "vmm/base/str.h"

#define SUFFIX "-supply"

/*
 * Supplies whose voltage drivers compute with: the MMC core chooses the bus mode by it
 * (bindings/mmc/mmc-controller.yaml), converters scale by their reference.
 */
#define MEASURED "vmmc-supply vqmmc-supply vref*-supply"

/* "vmmc" of "vmmc-supply" */
static const char *supply_name(const struct graft_place *place)
{
	const char *property = place->property->name;
	size_t n = strlen(property);

	if (n > strlen(SUFFIX) && strcmp(property + n - strlen(SUFFIX), SUFFIX) == 0)
		n -= strlen(SUFFIX);
	return arena_printf(&place->graft->arena, "%.*s", (int)n, property);
}

/* Where the voltage is from; NULL: unknown. */
static const char *find_voltage(const struct graft_place *place, const char *name, uint32_t *uv)
{
	const struct graft_answers *answers = &place->device->answers;
	const struct graft_answer *answer =
		graft_answer(place, answers->supplies, answers->n_supplies, name);
	const struct graft_host *host = &place->graft->host;
	const struct host_node *regulator = place->refs.refs[0].target;
	uint32_t min, max;

	if (answer) {
		*uv = (uint32_t)answer->value;
		return "as the user says";
	}
	if (!regulator)
		return NULL;
	if (host->supply_voltage && !host->supply_voltage(host->opaque, regulator, uv) && *uv)
		return "as the host has it";
	min = host_node_u32(regulator, "regulator-min-microvolt", 0);
	max = host_node_u32(regulator, "regulator-max-microvolt", 0);
	*uv = min;
	return min && min == max ? "fixed" : NULL;
}

/* @uv 0: of a voltage that nobody asks for. */
static uint32_t make_regulator(struct graft_place *place, uint32_t uv)
{
	struct graft *graft = place->graft;
	char prefix[48] = "regulator-on";
	struct graft_node *node;

	if (uv)
		snprintf(prefix, sizeof(prefix), "regulator-%" PRIu32, uv);
	node = graft_find_made(place->device, prefix);
	if (node)
		return node->phandle;
	node = graft_make_node(place, prefix, NULL, 4);
	if (!node)
		return 0;
	graft_make_string(graft, node, "compatible", "regulator-fixed");
	graft_make_string(graft, node, "regulator-name", node->name);
	if (uv) {
		graft_make_cell(graft, node, "regulator-min-microvolt", uv);
		graft_make_cell(graft, node, "regulator-max-microvolt", uv);
	}
	return node->phandle;
}

void graft_act_supply(struct graft_place *place)
{
	const char *name = supply_name(place), *targets = graft_target_names(place), *source;
	uint32_t uv = 0, phandle;

	if (!name)
		return;
	if (!place->refs.n_refs) {
		graft_set(place, GRAFT_DROP, "it points at nothing");
		return;
	}
	source = find_voltage(place, name, &uv);
	if (!source && str_matches(place->property->name, MEASURED)) {
		graft_set(place, GRAFT_ASK,
			  "its driver computes with the voltage, which the tree leaves open: %s",
			  targets);
		graft_ask(place, "supply.%s%s=MICROVOLT",
			  graft_prefix(place->graft, place->device, place->node), name);
		return;
	}
	if (source)
		graft_set(place, GRAFT_REPLACE, "a fixed regulator of %" PRIu32 " uV (%s) for %s",
			  uv, source, targets);
	else
		graft_set(place, GRAFT_REPLACE,
			  "a regulator that is always on, of no stated voltage, for %s", targets);
	phandle = make_regulator(place, source ? uv : 0);
	graft_cells(place->graft, place->item, &phandle, 1);
}
