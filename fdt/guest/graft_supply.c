// SPDX-License-Identifier: GPL-2.0-only
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fdt/guest/graft_parts.h"
#include "vmm/base/range.h"

#define SUFFIX "-supply"

/*
 * Supplies whose voltage drivers compute with: the MMC core chooses the bus mode by it
 * (bindings/mmc/mmc-controller.yaml), converters scale by their reference.
 */
static const char *const measured[] = { "vmmc-supply", "vqmmc-supply", "vref*-supply" };

static bool is_measured(const char *property)
{
	for (size_t i = 0; i < n_elems(measured); i++) {
		if (fnmatch(measured[i], property, 0) == 0)
			return true;
	}
	return false;
}

/* "vmmc" of "vmmc-supply", with the path below the device in front. */
static void supply_name(const struct graft_place *place, char *buf, size_t size)
{
	const char *property = place->property->name;
	size_t used, n = strlen(property);

	graft_node_prefix(place->device, place->node, buf, size);
	used = strlen(buf);
	if (n > strlen(SUFFIX) && strcmp(property + n - strlen(SUFFIX), SUFFIX) == 0)
		n -= strlen(SUFFIX);
	snprintf(buf + used, size - used, "%.*s", (int)n, property);
}

/* Where the voltage is from; NULL: unknown. */
static const char *find_voltage(const struct graft_place *place, const char *name, uint32_t *uv)
{
	const struct graft_answers *answers = &place->device->answers;
	const struct graft_host *host = &place->graft->host;
	const struct host_node *regulator = place->refs.refs[0].target;
	uint32_t min, max;

	for (unsigned int i = 0; i < answers->n_supplies; i++) {
		if (strcmp(answers->supplies[i].name, name) == 0) {
			*uv = (uint32_t)answers->supplies[i].value;
			return "as the user says";
		}
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
	node = graft_make_node(place, prefix, 4);
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

void graft_act_supply(struct graft_place *place, struct graft_item *item)
{
	char name[128], target[96];
	const char *source;
	uint32_t uv = 0, phandle;

	if (!place->refs.n_refs) {
		graft_item_set(item, GRAFT_DROP, item->binding, "it points at nothing");
		return;
	}
	supply_name(place, name, sizeof(name));
	graft_target_names(place, target, sizeof(target));
	source = find_voltage(place, name, &uv);
	if (!source && is_measured(place->property->name)) {
		graft_item_set(item, GRAFT_ASK, item->binding,
			       "its driver computes with the voltage, which the tree leaves open: "
			       "%s",
			       target);
		graft_item_ask(item, "supply.%s=MICROVOLT", name);
		return;
	}
	if (source)
		graft_item_set(item, GRAFT_REPLACE, item->binding,
			       "a fixed regulator of %" PRIu32 " uV (%s) for %s", uv, source,
			       target);
	else
		graft_item_set(item, GRAFT_REPLACE, item->binding,
			       "a regulator that is always on, of no stated voltage, for %s",
			       target);
	phandle = make_regulator(place, source ? uv : 0);
	graft_item_cells(place->graft, item, &phandle, 1);
}
