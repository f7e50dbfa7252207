// SPDX-License-Identifier: GPL-2.0-only
/* What the guest's driver insists on: passed, replaced by a stand-in, asked for, or refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "tests/fixtures/fixture_graft.h"
#include "tests/fixtures/fixture_tree.h"
#include "vmm/base/range.h"

#define CONSOLE "/pl011@9000000"

static const struct graft_host with_console = { .console = CONSOLE };
static struct host_tree *tree;

static void load(void)
{
	tree = fixture_tree("graft_needs");
}

static void drop(void)
{
	host_tree_destroy(tree);
}

TestSuite(graft_needs, .init = load, .fini = drop);

static const struct {
	const char *device, *node, *property;
	enum graft_verdict verdict;
	const char *reason, *options;
} rule_cases[] = {
	{ "/mmc@14000", "", "cd-gpios", GRAFT_DROP, "switch stays the host's: /gpio@4000", "" },
	{ "/mmc@14000", "", "broken-cd", GRAFT_REPLACE, "asks for the card", "" },
	{ "/mmc@16000", "", "cd-gpios", GRAFT_DROP, "", "" },
	{ "/npu@18000", "", "power-domains", GRAFT_REFUSE,
	  "VFIO does that for one domain only; drop=power-domains is right where", "" },
	{ "/one@19000", "", "power-domains", GRAFT_DROP, "VFIO powers it", "" },
	{ "/hsuart@20000", "", "dmas", GRAFT_DROP, "the driver moves the data itself", "" },
	{ "/mmc@21000", "", "dmas", GRAFT_REFUSE, "(Linux 6.12, omap_hsmmc.c)", "" },
	{ "/mmc@22000", "", "resets", GRAFT_REFUSE, "(Linux 6.12, sdhci-tegra.c)", "" },
	{ "/can@23000", "", "resets", GRAFT_DROP, "reset through VFIO", "" },
	{ "/dma@24000", "", "iommus", GRAFT_REFUSE, "(Linux 6.12, tegra186-gpc-dma.c)", "" },
	{ "/phy@27000", "", "fsl,anatop", GRAFT_DROP, "does without it (Linux 6.12, phy-mxs", "" },
	{ "/gmac@28000", "", "rockchip,grf", GRAFT_ASK, "insists on it (Linux 6.12, dwmac-rk.c)",
	  "syscon.rockchip,,grf=shadow" },
	{ "/other@29000", "", "st,syscon", GRAFT_ASK, "may insist",
	  "syscon.st,,syscon=shadow | drop=st,,syscon" },
	{ "/dsp@2a000", "", "ti,bootreg", GRAFT_REFUSE, "omap_remoteproc.c", "" },
	{ "/mmc@36700", "", "pinctrl-1", GRAFT_REPLACE, "an empty state", "" },
	{ "/mmc@36700", "", "pinctrl-names", GRAFT_COPY, "", "" },
	{ "/mmc@36800", "", "pinctrl-0", GRAFT_DROP, "the pins stay", "" },
	{ "/mmc@36800", "", "pinctrl-names", GRAFT_DROP, "", "" },
	{ "/geniqup@36900/i2c@36a00", "", "compatible", GRAFT_REFUSE,
	  "of the node above it has (Linux 6.12, qcom-geni-se.c)", "" },
	{ "/hole@2c000", "", "phys", GRAFT_COPY, "points at nothing", "" },
	{ "/hole@2c000", "", "phy-names", GRAFT_COPY, "", "" },
	{ "/hole@2c000", "", "dmas", GRAFT_COPY, "points at nothing", "" },
	/* What is asked for is tried, and what that asks for. */
	{ "/display@30000", "port/endpoint", "remote-endpoint", GRAFT_REFUSE,
	  "/encoder@31000, and that cannot be assigned either: "
	  "ports/port@1/endpoint/remote-endpoint: the guest does not have its partner: "
	  "/i2c@32000/bridge@2c/port/endpoint",
	  "" },
	{ "/display@33000", "port/endpoint", "remote-endpoint", GRAFT_ASK, "assign it, too",
	  "--device vfio-platform,host=34000.acme,,encoder" },
	{ "/dsi@35000", "port/endpoint", "remote-endpoint", GRAFT_ASK, "assign it, too",
	  "--device vfio-platform,host=34000.acme,,encoder" },
	/* A PHY that is a device of its own, and serves no other, or not. */
	{ "/sata@36200", "", "phys", GRAFT_ASK, "(Linux 6.12, ahci_imx.c): assign it, too",
	  "--device vfio-platform,host=36000.phy" },
	{ "/dsi@36300", "", "phys", GRAFT_REFUSE, "(Linux 6.12, mtk_dsi.c)", "" },
	{ "/switch@36400", "ethernet-ports/port", "phys", GRAFT_REFUSE, "(Linux 6.12, cpsw.c)",
	  "" },
	{ "/ethernet@36500", "", "resets", GRAFT_REFUSE, "(Linux 6.12, ravb_main.c)", "" },
	{ "/leds@17000", "led@10000008,0", "reg", GRAFT_REWRITE, "", "" },
	{ "/leds@17000", "led@10000008,1", "reg", GRAFT_REWRITE, "", "" },
};

Test(graft_needs, every_rule)
{
	for (size_t i = 0; i < n_elems(rule_cases); i++) {
		const char *device = rule_cases[i].device, *property = rule_cases[i].property;
		struct graft *graft = fixture_graft(tree, &device, 1, NULL, NULL);
		const struct graft_item *item =
			fixture_item(graft_outcome(graft, 0)->nodes, rule_cases[i].node, property);

		cr_assert_not_null(item, "%s %s", device, property);
		cr_expect_eq(item->verdict, rule_cases[i].verdict, "%s %s: %s: %s", device,
			     property, graft_verdict_name(item->verdict), item->reason);
		cr_expect(strstr(item->reason, rule_cases[i].reason), "%s %s: %s", device, property,
			  item->reason);
		cr_expect_str_eq(fixture_options(item), rule_cases[i].options, "%s %s", device,
				 property);
		if (graft_outcome(graft, 0)->result == GRAFT_PASSES)
			host_tree_destroy(fixture_guest_tree(graft, 1));
		graft_destroy(graft);
	}
}

/* What a binding requires is cited of devices of its own kind. */
Test(graft_needs, a_binding_is_cited_of_its_own_devices)
{
	static const struct {
		const char *device, *property, *binding;
		bool required;
	} cites[] = {
		{ "/uart@25000", "power-domains", "serial/renesas,scif.yaml", true },
		{ "/uart@25100", "power-domains", "serial/renesas,hscif.yaml", true },
		{ "/uart@25200", "power-domains", "serial/renesas,scifa.yaml", true },
		{ "/thing@26000", "power-domains", "power-domain-consumer.yaml", false },
		{ "/can@23000", "fsl,stop-mode", "net/can/fsl,flexcan.yaml", false },
		{ "/ethernet@25300", "fsl,stop-mode", "net/fsl,fec.yaml", false },
		{ "/usb@25400", "mediatek,syscon-wakeup", "usb/mediatek,mtu3.yaml", false },
	};

	for (size_t i = 0; i < n_elems(cites); i++) {
		struct graft *graft = fixture_graft(tree, &cites[i].device, 1, NULL, NULL);
		const struct graft_item *item =
			fixture_item(graft_outcome(graft, 0)->nodes, "", cites[i].property);

		cr_assert_not_null(item, "%s", cites[i].device);
		cr_expect_eq(item->required, cites[i].required, "%s", cites[i].device);
		cr_expect_str_eq(item->binding, cites[i].binding, "%s", cites[i].device);
		graft_destroy(graft);
	}
}

/* It is found out once for the tree, and is the same again. */
Test(graft_needs, what_was_tried_is_known)
{
	static const struct {
		const char *device;
		enum graft_result result;
	} tried[] = {
		{ "/display@30000", GRAFT_REFUSED },
		{ "/display@33000", GRAFT_NEEDS_ANSWER },
		{ "/dsi@35000", GRAFT_NEEDS_ANSWER },
		{ "/encoder@31000", GRAFT_REFUSED },
	};

	for (size_t i = 0; i < 3 * n_elems(tried); i++) {
		size_t n = i % n_elems(tried);
		struct graft *graft = fixture_graft(tree, &tried[n].device, 1, NULL, NULL);

		cr_expect_eq(graft_outcome(graft, 0)->result, tried[n].result, "%s",
			     tried[n].device);
		graft_destroy(graft);
	}
}

Test(graft_needs, a_card_that_stays_is_not_asked_for)
{
	static const char *const device = "/mmc@16000";
	struct graft *graft = fixture_graft(tree, &device, 1, NULL, NULL);

	cr_expect_null(fixture_item(graft_outcome(graft, 0)->nodes, "", "broken-cd"));
	graft_destroy(graft);
}

/* dais' own driver attaches several domains; what is below the device's node is nobody's still. */
Test(graft_needs, several_domains_that_are_kept_on_are_no_obstacle)
{
	const struct host_node *node = host_tree_find(tree, "/npu@18000");
	struct range region = { 0x10000000, 0x1000 };
	struct graft_facts facts = { .regions = &region, .n_regions = 1, .direct_dma = true };

	for (int kept = 0; kept < 2; kept++) {
		struct graft *graft = NULL;
		struct err err = { 0 };

		facts.keeps_power = kept;
		cr_assert_eq(graft_create(tree, NULL, &graft, &err), 0);
		cr_assert_geq(graft_add_device(graft, node, "npu", &facts, NULL, &err), 0);
		cr_assert_eq(graft_plan(graft, &err), 0);
		cr_expect_eq(
			fixture_item(graft_outcome(graft, 0)->nodes, "", "power-domains")->verdict,
			kept ? GRAFT_DROP : GRAFT_REFUSE);
		graft_destroy(graft);
	}
}

Test(graft_needs, who_lifts_a_refusal_is_told_of_it)
{
	static const char *const device = "/npu@18000", *const lifts = "power-domains";
	static const struct graft_answers answers = { .drop = &lifts, .n_drop = 1 };
	struct graft *graft = fixture_graft(tree, &device, 1, NULL, &answers);

	cr_expect_eq(graft_outcome(graft, 0)->result, GRAFT_PASSES);
	cr_expect(strstr(graft_device_reason(graft, 0, 0), "note: power-domains: the guest does"),
		  "%s", graft_device_reason(graft, 0, 0));
	graft_destroy(graft);
}

static const struct {
	const char *devices[4];
	bool console;
	const char *aliases; /* "NAME=PATH NAME=PATH"; "": there are none */
} alias_cases[] = {
	{ { "/mmc@14000" }, true, "mmc2=/mmc@10000000" },
	{ { "/serial@12000" }, true, "serial0=" CONSOLE " serial5=/serial@10000000" },
	{ { "/serial@12000" }, false, "serial5=/serial@10000000" },
	{ { "/serial@10000" }, false, "serial0=/serial@10000000" },
	/* The host's order, behind dais' own console and what has no number there behind all. */
	{ { "/serial@13000", "/serial@11000", "/serial@10000", "/serial@12000" },
	  true,
	  "serial0=" CONSOLE " serial6=/serial@10000000 serial2=/serial@10001000 "
	  "serial1=/serial@10002000 serial5=/serial@10003000" },
	{ { "/mux@15000" }, true, "i2c3=/mux@10000000/i2c@10000100" },
	{ { "/one@19000" }, true, "" },
	{ { "/npu@18000" }, true, "" }, /* does not pass */
};

/* The aliases of the guest's tree are these, in any order. */
static void expect_aliases(const struct host_node *aliases, const char *expected, size_t i)
{
	char copy[512], *rest = copy, *one;
	size_t n = 0;

	strcpy(copy, expected);
	while ((one = strsep(&rest, " ")) && *one) {
		char *path = strchr(one, '=');
		const struct host_property *alias;

		*path++ = '\0';
		alias = aliases ? host_node_find(aliases, one) : NULL;
		cr_assert_not_null(alias, "%zu: %s", i, one);
		cr_expect_str_eq(host_property_string(alias, 0), path, "%zu: %s", i, one);
		n++;
	}
	cr_expect_eq(aliases ? aliases->n_properties : 0, n, "%zu", i);
}

Test(graft_needs, devices_keep_their_numbers)
{
	for (size_t i = 0; i < n_elems(alias_cases); i++) {
		const char *const *devices = alias_cases[i].devices;
		unsigned int n = 0, n_written;
		struct graft *graft;
		struct host_tree *guest;

		while (n < 4 && devices[n])
			n++;
		graft = fixture_graft(tree, devices, n,
				      alias_cases[i].console ? &with_console : NULL, NULL);
		n_written = graft_outcome(graft, 0)->result == GRAFT_PASSES ? n : 0;
		guest = fixture_guest_tree(graft, n_written);
		expect_aliases(host_tree_find(guest, "/aliases"), alias_cases[i].aliases, i);
		host_tree_destroy(guest);
		graft_destroy(graft);
	}
}
