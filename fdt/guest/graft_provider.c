// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "fdt/guest/graft_parts.h"
#include "vmm/base/str.h"

/*
 * The clock that the AMBA bus of Linux asks for by name (bindings/arm/primecell.yaml). The bus only
 * switches it on, and no driver reads its rate: any will do.
 */
#define APB_PCLK    "apb_pclk"
#define APB_PCLK_HZ 24000000

/* Of fixed factors on fixed factors. */
#define MAX_CHAIN 8

/* A rate that the tree states: a crystal, or a fixed factor of one. */
static bool fixed_rate(const struct host_tree *tree, const struct host_node *node, uint64_t *hz)
{
	uint64_t mult = 1, div = 1;

	for (unsigned int i = 0; node && i < MAX_CHAIN; i++) {
		if (host_node_is_compatible(node, "fixed-clock")) {
			*hz = host_node_u32(node, "clock-frequency", 0) * mult / div;
			return *hz != 0;
		}
		if (!host_node_is_compatible(node, "fixed-factor-clock"))
			return false;
		mult *= host_node_u32(node, "clock-mult", 1) & 0xffff;
		div *= host_node_u32(node, "clock-div", 1) & 0xffff;
		if (!mult || !div || (mult | div) >> 32)
			return false;
		node = host_tree_target(tree, node, "clocks");
	}
	return false;
}

/* assigned-clock-rates (bindings/clock/clock.yaml) of @node for the clock that @place points at. */
static bool assigned_rate(const struct graft_place *place, const struct reference *ref,
			  const struct host_node *node, uint64_t *hz)
{
	const struct host_property *clocks = host_node_find(node, "assigned-clocks");
	const struct host_property *rates = host_node_find(node, "assigned-clock-rates");
	struct reference_list list = { 0 };

	*hz = 0;
	if (!clocks || !rates)
		return false;
	if (reference_find(place->graft->tree, node, clocks, &list, NULL))
		place->graft->arena.failed = true;
	for (size_t i = 0; i < list.n_refs && (i + 1) * 4 <= rates->size; i++)
		if (reference_is_same(place->property, ref, clocks, &list.refs[i]))
			*hz = host_property_cell(rates, i);
	reference_list_destroy(&list);
	return *hz != 0;
}

static bool answered_rate(const struct graft_place *place, const char *name, uint64_t *hz)
{
	const struct graft_answers *answers = &place->device->answers;
	const struct graft_answer *answer =
		graft_answer(place, answers->clocks, answers->n_clocks, name);

	if (answer)
		*hz = answer->value;
	return answer;
}

/* The rate of a clock and where it is from; NULL: unknown. */
static const char *find_rate(struct graft_place *place, unsigned int index, const char *name,
			     uint64_t *hz)
{
	const struct graft_host *host = &place->graft->host;
	const struct reference *ref = &place->refs.refs[index];

	if (answered_rate(place, name, hz))
		return "as the user says";
	if (fixed_rate(place->graft->tree, ref->target, hz))
		return "fixed";
	if (host->clock_rate && !host->clock_rate(host->opaque, place->node, index, hz) && *hz)
		return "as the host has it";
	if (assigned_rate(place, ref, place->node, hz) ||
	    (ref->target && assigned_rate(place, ref, ref->target, hz)))
		return "assigned-clock-rates";
	*hz = APB_PCLK_HZ;
	return strcmp(name, APB_PCLK) == 0 ? "any will do" : NULL;
}

static uint32_t make_clock(struct graft_place *place, uint64_t hz)
{
	const struct graft_cell cells[] = { { "#clock-cells", 0 },
					    { "clock-frequency", (uint32_t)hz } };
	char name[48];

	snprintf(name, sizeof(name), "clock-%" PRIu64, hz);
	return graft_make_provider(place, name, "fixed-clock", NULL, cells);
}

/* "uartclk"; where the node has no names, "0". */
static const char *clock_name(const struct host_node *node, unsigned int index, char buf[16])
{
	const struct host_property *names = host_node_find(node, "clock-names");
	const char *name = names ? host_property_string(names, index) : NULL;

	if (name && name[0])
		return name;
	snprintf(buf, 16, "%u", index);
	return buf;
}

/* The phandle that stands for one clock; 0: it is not known. */
static uint32_t replace_clock(struct graft_place *place, unsigned int index)
{
	const struct reference *ref = &place->refs.refs[index];
	char buf[16];
	const char *name = clock_name(place->node, index, buf), *source;
	const char *separator = strchr(place->item->reason, ':') ? "," : ":";
	uint64_t hz;

	if (ref->target && host_node_is_compatible(ref->target, "fixed-clock") && !ref->n_args &&
	    !answered_rate(place, name, &hz) && fixed_rate(place->graft->tree, ref->target, &hz)) {
		graft_append(place, "%s %s %" PRIu64 " Hz (copied)", separator, name, hz);
		return graft_copy_data(place, ref->target);
	}
	source = find_rate(place, index, name, &hz);
	if (source && hz && hz <= UINT32_MAX) {
		graft_append(place, "%s %s %" PRIu64 " Hz (%s)", separator, name, hz, source);
		return make_clock(place, hz);
	}
	graft_ask_also(place, "its rates in Hz", "clock.%s%s=HZ",
		       graft_prefix(place->graft, place->device, place->node), name);
	graft_append(place, "%s %s unknown", separator, name);
	return 0;
}

bool graft_wants_apb_pclk(const struct graft_place *place)
{
	const struct host_property *names = host_node_find(place->node, "clock-names");

	return place->role == GRAFT_ROLE_DEVICE && place->device->facts.amba &&
	       (!names || !host_property_is_strings(names) ||
		host_property_string_index(names, APB_PCLK) < 0);
}

void graft_set_apb_pclk(struct graft_place *place)
{
	uint32_t phandle = make_clock(place, APB_PCLK_HZ);

	place->item->binding = "arm/primecell.yaml";
	graft_set(place, GRAFT_REPLACE,
		  "a fixed clock: the guest's AMBA bus wants one, of any rate");
	graft_cells(place->graft, place->item, &phandle, 1);
}

void graft_name_apb_pclk(struct graft_place *place)
{
	place->item->binding = "arm/primecell.yaml";
	graft_set(place, GRAFT_REPLACE, "the AMBA bus asks by name");
	graft_value(place->item, APB_PCLK, sizeof(APB_PCLK));
}

/* The user says its rate, which is one then. */
static bool is_answered(const struct graft_place *place, unsigned int index)
{
	char buf[16];
	uint64_t hz;

	return answered_rate(place, clock_name(place->node, index, buf), &hz);
}

/* One that SCMI serves; where the guest only reads it, its rate must be known. */
static bool serve_clock(struct graft_place *place, unsigned int index, uint32_t cells[2])
{
	const struct graft_scmi *scmi = place->device->facts.scmi;
	char buf[16];
	const char *name = clock_name(place->node, index, buf), *source;
	uint64_t hz;

	if (is_answered(place, index) || !graft_scmi_clock(place, index, cells))
		return false;
	if (!scmi->rates) {
		graft_tell_scmi_clock(place, index, name);
		return true;
	}
	source = find_rate(place, index, name, &hz);
	scmi->rates[index] = source ? hz : 0;
	if (source)
		graft_append(place, "%s %s by SCMI, which stays at %" PRIu64 " Hz (%s)",
			     strchr(place->item->reason, ':') ? "," : ":", name, hz, source);
	return source;
}

static void put_clocks(struct graft_place *place, uint32_t *cells)
{
	size_t n = 0;

	for (unsigned int i = 0; i < place->refs.n_refs; i++) {
		const struct reference *ref = &place->refs.refs[i];

		if (ref->target && place->graft->marks[ref->target->index].in_guest) {
			cells[n++] = graft_guest_phandle(place->graft, place->device, ref->target);
			host_property_cells(place->property, ref->offset / 4 + 1, ref->n_args,
					    cells + n);
			n += ref->n_args;
		} else if (BUILT(SCMI) && !reference_is_hole(ref) &&
			   serve_clock(place, i, cells + n)) {
			n += 2;
		} else {
			cells[n++] = reference_is_hole(ref) ? 0 : replace_clock(place, i);
		}
	}
	if (place->item->verdict == GRAFT_ASK)
		graft_append(place, "; a live plan reads rates from the host");
	else
		graft_cells(place->graft, place->item, cells, n);
}

static bool all_in_guest(const struct graft_place *place)
{
	for (size_t i = 0; i < place->refs.n_refs; i++) {
		const struct host_node *target = place->refs.refs[i].target;

		if (target && !place->graft->marks[target->index].in_guest)
			return false;
	}
	return true;
}

void graft_act_clocks(struct graft_place *place)
{
	uint32_t *cells =
		arena_alloc(&place->graft->arena, 2 * place->property->size + sizeof(*cells));

	if (!cells || (all_in_guest(place) && graft_keep_references(place)))
		return;
	if (graft_wants_apb_pclk(place)) {
		graft_set_apb_pclk(place);
	} else if (place->refs.malformed) {
		graft_set(place, GRAFT_ASK,
			  "its cells do not add up to what the nodes that it points at want");
	} else if (!place->refs.n_refs) {
		graft_set(place, GRAFT_DROP, "it points at nothing");
	} else {
		graft_set(place, GRAFT_REPLACE, "%s",
			  BUILT(SCMI) && place->device->facts.scmi ? "clocks" : "fixed clocks");
		put_clocks(place, cells);
	}
}

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
	const struct graft_cell cells[] = { { uv ? "regulator-min-microvolt" : NULL, uv },
					    { uv ? "regulator-max-microvolt" : NULL, uv } };
	char name[48] = "regulator-on";

	if (uv)
		snprintf(name, sizeof(name), "regulator-%" PRIu32, uv);
	return graft_make_provider(place, name, "regulator-fixed", "regulator-name", cells);
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
	if (BUILT(SCMI) && graft_scmi_supply(place, name))
		return;
	source = find_voltage(place, name, &uv);
	if (!source && str_matches(place->property->name, MEASURED)) {
		graft_set(place, GRAFT_ASK,
			  "its driver computes with the voltage, which the tree leaves open: %s",
			  targets);
		graft_ask(place, "its voltage", "supply.%s%s=MICROVOLT",
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
