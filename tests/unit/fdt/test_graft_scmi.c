// SPDX-License-Identifier: GPL-2.0-only
/* References to what a virtual SCMI platform serves. */
#include <criterion/criterion.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "tests/fixtures/fixture_graft.h"
#include "tests/fixtures/fixture_tree.h"
#include "vmm/base/range.h"

static struct host_tree *tree;
static struct graft *graft;
static struct err err;

static void load(void)
{
	tree = fixture_tree("scmi");
}

static void drop(void)
{
	graft_destroy(graft);
	host_tree_destroy(tree);
}

TestSuite(graft_scmi, .init = load, .fini = drop);

static void plan(const char *path, const struct graft_scmi *scmi,
		 const struct graft_answers *answers)
{
	const struct host_node *node = host_tree_find(tree, path);
	const struct range region = { 0x10000000, 0x1000 };
	const struct graft_facts facts = { .regions = &region,
					   .n_regions = 1,
					   .amba = strstr(path, "pl011"),
					   .keeps_power = true,
					   .scmi = scmi };

	cr_assert_eq(graft_create(tree, NULL, &graft, &err), 0);
	cr_assert_eq(graft_add_device(graft, node, path, &facts, answers, &err), 0, "%s", err.what);
	cr_assert_eq(graft_plan(graft, &err), 0);
}

static const struct graft_item *item(const char *property)
{
	return fixture_item(graft_outcome(graft, 0)->nodes, "", property);
}

#define MAX_CELLS 8
#define CLOCK     DT_PHANDLE_SCMI_CLOCK
#define RESET     DT_PHANDLE_SCMI_RESET
#define POWER     DT_PHANDLE_SCMI_POWER

static void expect_cells(const char *property, size_t n, const uint32_t *cells)
{
	const struct graft_item *found = item(property);

	cr_assert_eq(found->size, 4 * n, "%s: %zu bytes", property, found->size);
	for (size_t i = 0; i < n; i++)
		cr_expect_eq(fdt32_ld((const fdt32_t *)found->value + i), cells[i], "%s, cell %zu",
			     property, i);
}

#define EXPECT(property, ...) \
	expect_cells(property, n_elems(((uint32_t[]){ __VA_ARGS__ })), (uint32_t[]){ __VA_ARGS__ })

static const struct graft_scmi numbers = { .clocks = 10, .resets = 20, .domains = 30 };

Test(graft_scmi, all_of_a_device)
{
	plan("/mmc@2000", &numbers, NULL);
	cr_expect_eq(graft_outcome(graft, 0)->result, GRAFT_PASSES);
	EXPECT("clocks", CLOCK, 10, CLOCK, 11, 0, CLOCK, 13);
	EXPECT("resets", RESET, 20, RESET, 21);
	EXPECT("power-domains", POWER, 30);
	cr_expect_str_eq(item("reset-names")->value, "core");
	cr_expect_str_eq(item("clock-names")->value, "core");
	cr_expect_eq(item("resets")->verdict, GRAFT_REPLACE);
	cr_expect(strstr(item("resets")->reason, "SCMI"), "%s", item("resets")->reason);
}

Test(graft_scmi, the_rates_to_begin_with)
{
	plan("/mmc@2000", &numbers, NULL);
	EXPECT("assigned-clocks", CLOCK, 13, 0, CLOCK, 10);
	EXPECT("assigned-clock-rates", 50000000, 0, 100000000);
	cr_expect_eq(item("assigned-clock-parents")->verdict, GRAFT_DROP);
}

Test(graft_scmi, none_of_anothers_clocks)
{
	plan("/usb@3000", &numbers, NULL);
	cr_expect_eq(item("assigned-clocks")->verdict, GRAFT_DROP);
	cr_expect_eq(item("assigned-clock-rates")->verdict, GRAFT_DROP);
}

Test(graft_scmi, several_domains_and_a_reset_that_its_driver_insists_on)
{
	plan("/usb@3000", &numbers, NULL);
	EXPECT("power-domains", POWER, 30, POWER, 31);
	EXPECT("resets", RESET, 20);
	cr_expect_eq(graft_outcome(graft, 0)->result, GRAFT_PASSES);
	graft_destroy(graft);
	plan("/usb@3000", NULL, NULL);
	cr_expect_eq(graft_outcome(graft, 0)->result, GRAFT_REFUSED);
}

Test(graft_scmi, a_rate_that_the_user_says_is_fixed)
{
	static const struct graft_answer core = { "core", 48000000 };
	static const struct graft_answers answers = { .clocks = &core, .n_clocks = 1 };
	const struct graft_item *clocks;

	plan("/mmc@2000", &numbers, &answers);
	clocks = item("clocks");
	cr_assert_eq(clocks->size, 24);
	cr_expect_neq(fdt32_ld(clocks->value), CLOCK);
	cr_expect_eq(fdt32_ld((const fdt32_t *)clocks->value + 1), CLOCK);
	cr_expect_eq(fdt32_ld((const fdt32_t *)clocks->value + 2), 11);
	cr_expect(strstr(clocks->reason, "core 48000000 Hz (as the user says)"), "%s",
		  clocks->reason);
}

/* The AMBA bus asks for a clock by its name before any driver is there. */
Test(graft_scmi, the_clock_of_the_amba_bus_is_fixed)
{
	plan("/pl011@4000", &numbers, NULL);
	cr_expect_eq(item("clocks")->size, 4);
}

/* Linux asks for them before it has drivers for SCMI. */
Test(graft_scmi, the_clocks_of_a_timer_are_fixed)
{
	const uint32_t *cells;

	plan("/timer@7000", &numbers, NULL);
	cells = item("clocks")->value;
	cr_assert_eq(item("clocks")->size, 4, "no cell of SCMI's");
	cr_expect_neq(fdt32_ld((const fdt32_t *)cells), CLOCK);
	cr_expect(strstr(item("clocks")->reason, "0 66000000 Hz"), "%s", item("clocks")->reason);
	cr_expect_eq(item("assigned-clocks")->verdict, GRAFT_DROP);
}

Test(graft_scmi, a_clock_of_others_has_one_rate)
{
	plan("/mmc@2000", &numbers, NULL);
	cr_expect_str_eq(item("clocks")->reason,
			 "clocks: core by SCMI, bus by SCMI, tuning by SCMI, of one rate, for "
			 "/sdio@5000 has it, too");
}

Test(graft_scmi, what_is_only_read)
{
	uint64_t rates[4] = { 0, 0, 1, 0 };
	struct graft_scmi reads = numbers;

	reads.rates = rates;
	plan("/mmc@2000", &reads, NULL);
	cr_expect_eq(graft_outcome(graft, 0)->result, GRAFT_PASSES);
	EXPECT("clocks", CLOCK, 10, CLOCK, 11, 0, CLOCK, 13);
	EXPECT("power-domains", POWER, 30);
	cr_expect_eq(item("resets")->verdict, GRAFT_DROP, "nobody can tell whether it is asserted");
	cr_expect_eq(rates[0], 100000000);
	cr_expect_eq(rates[1], 24000000);
	cr_expect_eq(rates[3], 50000000);
	cr_expect(strstr(item("clocks")->reason, "bus by SCMI, which stays at 24000000 Hz (fixed)"),
		  "%s", item("clocks")->reason);
}

Test(graft_scmi, a_rate_that_is_not_known_cannot_be_read)
{
	uint64_t rates[1] = { 7 };
	struct graft_scmi reads = numbers;

	reads.rates = rates;
	plan("/usb@3000", &reads, NULL);
	cr_expect_eq(item("clocks")->verdict, GRAFT_ASK);
	cr_expect_eq(rates[0], 0);
}

Test(graft_scmi, nothing_without_a_platform)
{
	plan("/mmc@2000", NULL, NULL);
	cr_expect_eq(item("resets")->verdict, GRAFT_DROP);
	cr_expect_eq(item("assigned-clocks")->verdict, GRAFT_DROP);
}
