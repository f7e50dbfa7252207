// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/host/facts.h"
#include "tests/fixtures/fixture_graft.h"
#include "tests/fixtures/fixture_tree.h"
#include "vmm/base/range.h"

static struct host_tree *tree;

static void load(void)
{
	tree = fixture_tree("graft");
}

static void drop(void)
{
	host_tree_destroy(tree);
}

TestSuite(graft, .init = load, .fini = drop);

/* What becomes of one property, or of a child ("NAME/"). */
static const struct rule_case {
	const char *device;
	const char *node; /* below the device; "" */
	const char *property;
	enum graft_verdict verdict;
	const char *reason;  /* a part of it */
	const char *options; /* one of which the user is to give, with " | " between */
} rule_cases[] = {
	{ "/plain@10000", "", "compatible", GRAFT_COPY, "same device", "" },
	{ "/plain@10000", "", "reg", GRAFT_REWRITE, "guest addresses", "" },
	{ "/plain@10000", "", "reg-names", GRAFT_COPY, "", "" },
	{ "/plain@10000", "", "interrupts", GRAFT_REWRITE, "guest interrupts", "" },
	{ "/plain@10000", "", "interrupt-names", GRAFT_COPY, "", "" },
	{ "/plain@10000", "", "resets", GRAFT_DROP, "/clock-controller@2000", "" },
	{ "/plain@10000", "", "reset-names", GRAFT_DROP, "resets", "" },
	{ "/plain@10000", "", "power-domains", GRAFT_DROP, "/power-controller", "" },
	{ "/plain@10000", "", "pinctrl-0", GRAFT_DROP, "/pinctrl/pins", "" },
	{ "/plain@10000", "", "pinctrl-names", GRAFT_DROP, "pinctrl-0", "" },
	{ "/plain@10000", "", "cd-gpios", GRAFT_DROP, "/gpio@4000", "" },
	{ "/plain@10000", "", "broken-cd", GRAFT_REPLACE, "cd-gpios", "" },
	{ "/plain@10000", "", "dmas", GRAFT_DROP, "/dma-controller@5000", "" },
	{ "/plain@10000", "", "dma-names", GRAFT_DROP, "dmas", "" },
	{ "/plain@10000", "", "iommus", GRAFT_DROP, "IOMMU", "" },
	{ "/twin@3e000", "", "iommus", GRAFT_DROP, "in one IOMMU group with /twin@3f000", "" },
	{ "/twin@3f000", "", "iommus", GRAFT_DROP, "in one IOMMU group with /twin@3e000", "" },
	{ "/unconfined@3d000", "", "iommus", GRAFT_DROP, "nothing confines", "" },
	{ "/plain@10000", "", "msi-parent", GRAFT_DROP, "MSI", "" },
	{ "/plain@10000", "", "nvmem-cells", GRAFT_DROP, "MAC", "" },
	{ "/plain@10000", "", "memory-region", GRAFT_DROP, "RAM", "" },
	{ "/plain@10000", "", "operating-points-v2", GRAFT_DROP, "/opp-table", "" },
	{ "/plain@10000", "", "vdd-supply", GRAFT_REPLACE, "no stated voltage", "" },
	{ "/plain@10000", "", "vcc-supply", GRAFT_REPLACE, "3300000 uV", "" },
	{ "/plain@10000", "", "dma-noncoherent", GRAFT_COPY, "", "" },
	{ "/plain@10000", "", "local-mac-address", GRAFT_COPY, "plain data", "" },
	{ "/plain@10000", "", "phy-mode", GRAFT_COPY, "plain data", "" },
	{ "/plain@10000", "", "acme,fifo-depth", GRAFT_COPY, "plain data", "" },
	{ "/plain@10000", "", "acme,flag", GRAFT_COPY, "plain data", "" },
	{ "/plain@10000", "", "numa-node-id", GRAFT_DROP, "memory", "" },
	{ "/plain@10000", "", "status", GRAFT_DROP, "", "" },
	{ "/clocks@12000", "", "clocks", GRAFT_REPLACE,
	  "osc 24000000 Hz (copied), half 12000000 Hz (fixed), provider 100000000 Hz", "" },
	{ "/clocks@12000", "", "clock-names", GRAFT_COPY, "", "" },
	{ "/clocks@12000", "", "assigned-clocks", GRAFT_DROP, "", "" },
	{ "/clocks@12000", "", "assigned-clock-rates", GRAFT_DROP, "", "" },
	{ "/unknown-clocks@13000", "", "clocks", GRAFT_ASK, "core unknown, bus unknown",
	  "clock.core=HZ,clock.bus=HZ" },
	{ "/nameless-clock@14000", "", "clocks", GRAFT_ASK, "0 unknown", "clock.0=HZ" },
	{ "/argument-clock@14400", "", "clocks", GRAFT_REPLACE, "0 1000000 Hz (fixed)", "" },
	{ "/bad-clock@14800", "", "clocks", GRAFT_ASK, "do not add up", "drop=clocks" },
	{ "/uart@15000", "", "clocks", GRAFT_ASK, "apb_pclk 24000000 Hz (any will do)",
	  "clock.uartclk=HZ" },
	{ "/uart@15000", "", "arm,primecell-periphid", GRAFT_DROP, "", "" },
	{ "/primecell@16000", "", "clocks", GRAFT_REPLACE, "AMBA", "" },
	{ "/primecell@16000", "", "clock-names", GRAFT_REPLACE, "AMBA", "" },
	{ "/mmc@17000", "", "vmmc-supply", GRAFT_REPLACE, "3300000 uV (fixed)", "" },
	{ "/mmc@17000", "", "vqmmc-supply", GRAFT_ASK, "/regulator-io", "supply.vqmmc=MICROVOLT" },
	{ "/sound@18000", "", "dmas", GRAFT_REFUSE, "/dma-controller@5000", "" },
	{ "/sound@18000", "", "dma-names", GRAFT_DROP, "dmas", "" },
	{ "/usb@19000", "", "phys", GRAFT_ASK, "/phy@6000", "drop=phys" },
	{ "/refused@1a000", "", "acme,syscon", GRAFT_ASK, "/syscon@9000",
	  "syscon.acme,,syscon=shadow | drop=acme,,syscon" },
	{ "/refused@1a000", "", "memory-region", GRAFT_ASK,
	  "unless the device needs that address or", "carveout.firmware=guest" },
	{ "/camera@1aa00", "", "memory-region", GRAFT_ASK, "firmware@80100000 and 1 more",
	  "carveout.firmware=guest,carveout.frames=guest" },
	{ "/unconfined@3d000", "", "memory-region", GRAFT_ASK,
	  "unless the device needs that address or", "carveout.firmware=guest" },
	{ "/camera@1aa00", "", "memory-region-names", GRAFT_DROP, "memory-region", "" },
	{ "/spares@1ac00", "", "memory-region", GRAFT_REFUSE, "spare@80300000", "" },
	{ "/hole@1ad00", "", "memory-region", GRAFT_REFUSE, "", "" },
	{ "/hole@1ad00", "pool", "memory-region", GRAFT_DROP, "RAM", "" },
	{ "/refused@1a000", "", "mboxes", GRAFT_REFUSE, "/mailbox@a000", "" },
	{ "/other@1a800", "", "acme,gpio-thing", GRAFT_ASK, "/gpio@4000",
	  "keep=acme,,gpio-thing | drop=acme,,gpio-thing" },
	{ "/domains@1b000", "", "power-domains", GRAFT_REFUSE, "nobody when it is unbound", "" },
	{ "/domains@1b000", "", "nvmem-cells", GRAFT_ASK, "/efuse@b000/trim@8",
	  "drop=nvmem-cells" },
	{ "/resets@1c000", "", "resets", GRAFT_REFUSE, "sdhci-tegra.c", "" },
	{ "/required@1d000", "", "power-domains", GRAFT_DROP, "/power-controller", "" },
	{ "/ppi@1e000", "", "interrupts", GRAFT_REFUSE, "interrupt 1 is private to a CPU", "" },
	{ "/bad-irq@1f000", "", "interrupts-extended", GRAFT_REFUSE, "interrupt 0", "" },
	{ "/pci@20000", "", "device_type", GRAFT_REFUSE, "PCI", "" },
	{ "/idle@23000", "", "status", GRAFT_REFUSE, "does not use it", "" },
	{ "/anonymous@24000", "", "compatible", GRAFT_REFUSE, "driver", "" },
	{ "/glue@25000", "", "core@26000/", GRAFT_REFUSE, "assign the child", "" },
	{ "/ethernet@30000", "", "phy-handle", GRAFT_REWRITE, "mdio/ethernet-phy@1", "" },
	{ "/ethernet@30000", "", "acme,axi-config", GRAFT_REWRITE, "axi-config", "" },
	{ "/ethernet@30000", "axi-config", "acme,burst-size", GRAFT_COPY, "", "" },
	{ "/ethernet@30000", "mdio", "#size-cells", GRAFT_COPY, "", "" },
	{ "/ethernet@30000", "mdio/ethernet-phy@1", "reg", GRAFT_COPY, "own bus", "" },
	{ "/ethernet@30000", "mdio/ethernet-phy@1", "interrupts-extended", GRAFT_DROP,
	  "works without", "" },
	{ "/ethernet@30000", "mdio/ethernet-phy@1", "reset-gpios", GRAFT_DROP, "/gpio@4000", "" },
	{ "/ethernet@30000", "mdio/ethernet-phy@1", "clocks", GRAFT_DROP, "works without", "" },
	{ "/far-phy@31000", "", "phy-handle", GRAFT_ASK, "/mdio@32000",
	  "--device vfio-platform,host=32000.mdio" },
	{ "/fixed-link@33000", "fixed-link", "speed", GRAFT_COPY, "", "" },
	{ "/i2c@34000", "", "touch@20/", GRAFT_DROP, "interrupts-extended", "" },
	{ "/i2c@34000", "eeprom@50", "compatible", GRAFT_COPY, "", "" },
	{ "/banks@35000", "", "ranges", GRAFT_REWRITE, "", "" },
	{ "/banks@35000", "", "dma-ranges", GRAFT_REWRITE, "", "" },
	{ "/banks@35000", "", "bank@900/", GRAFT_DROP, "does not use it", "" },
	{ "/child-irq@36000", "port0", "interrupts", GRAFT_REFUSE, "own node only", "" },
	{ "/display@37000", "port/endpoint", "remote-endpoint", GRAFT_ASK, "/hdmi@38000",
	  "--device vfio-platform,host=38000.hdmi" },
};

Test(graft, every_rule)
{
	for (size_t i = 0; i < n_elems(rule_cases); i++) {
		const struct rule_case *c = &rule_cases[i];
		struct graft *graft = fixture_graft(tree, &c->device, 1, NULL, NULL);
		const struct graft_node *node = graft_outcome(graft, 0)->nodes;
		const struct graft_item *item;

		item = fixture_item(node, c->node, c->property);
		cr_expect_not_null(item, "%s %s %s", c->device, c->node, c->property);
		if (item) {
			cr_expect_eq(item->verdict, c->verdict, "%s %s: %s: %s", c->device,
				     c->property, graft_verdict_name(item->verdict), item->reason);
			cr_expect(strstr(item->reason, c->reason), "%s %s: %s", c->device,
				  c->property, item->reason);
			cr_expect_str_eq(fixture_options(item), c->options, "%s %s", c->device,
					 c->property);
		}
		graft_destroy(graft);
	}
}

/* What becomes of a device, and the first reason. */
static const struct {
	const char *device;
	enum graft_result result;
	const char *reason; /* a part of the first; NULL: none */
} result_cases[] = {
	{ "/plain@10000", GRAFT_PASSES, NULL },
	{ "/clocks@12000", GRAFT_PASSES, NULL },
	{ "/unknown-clocks@13000", GRAFT_NEEDS_ANSWER, "clock.core=HZ" },
	{ "/argument-clock@14400", GRAFT_PASSES, NULL },
	{ "/bad-clock@14800", GRAFT_NEEDS_ANSWER, "drop=clocks" },
	{ "/primecell@16000", GRAFT_PASSES, NULL },
	{ "/sound@18000", GRAFT_REFUSED, "dmas" },
	{ "/refused@1a000", GRAFT_REFUSED, "mboxes" },
	{ "/required@1d000", GRAFT_PASSES, "note: its binding requires power-domains" },
	{ "/ppi@1e000", GRAFT_REFUSED, "PPI" },
	{ "/used@21000", GRAFT_REFUSED, "the host depends on it: /user@22000 (clocks)" },
	{ "/dma-controller@5000", GRAFT_NEEDS_ANSWER, "the host uses it: /plain@10000 (dmas)" },
	{ "/idle@23000", GRAFT_REFUSED, "does not use it" },
	{ "/no-registers", GRAFT_REFUSED, "no registers" },
	{ "/glue@25000", GRAFT_REFUSED, "core@26000" },
	{ "/ethernet@30000", GRAFT_PASSES, NULL },
	{ "/far-phy@31000", GRAFT_NEEDS_ANSWER, "host=32000.mdio" },
	{ "/i2c@34000", GRAFT_PASSES, "note: touch@20 is left out" },
	{ "/banks@35000", GRAFT_PASSES, NULL },
	{ "/child-irq@36000", GRAFT_REFUSED, "port0/interrupts" },
	{ "/shifted-bus/shifted@3b000", GRAFT_PASSES,
	  "note: dma-ranges of a bus above it hold in the guest, too" },
	{ "/wrapper/wrapped@39000", GRAFT_PASSES, "note: /wrapper above it" },
};

Test(graft, every_result)
{
	for (size_t i = 0; i < n_elems(result_cases); i++) {
		struct graft *graft = fixture_graft(tree, &result_cases[i].device, 1, NULL, NULL);
		const char *device = result_cases[i].device;
		const char *reason = graft_device_reason(graft, 0, 0);

		cr_expect_eq(graft_outcome(graft, 0)->result, result_cases[i].result, "%s: %s: %s",
			     device, graft_result_name(graft_outcome(graft, 0)->result),
			     reason ? reason : "");
		if (result_cases[i].reason)
			cr_expect(reason && strstr(reason, result_cases[i].reason), "%s: %s",
				  device, reason ? reason : "");
		else
			cr_expect_null(reason, "%s: %s", device, reason ? reason : "");
		if (graft_outcome(graft, 0)->result == GRAFT_PASSES)
			host_tree_destroy(fixture_guest_tree(graft, 1));
		graft_destroy(graft);
	}
}

/* Answers that make a device pass. */
static const struct graft_answer clocks[] = { { "core", 1000 }, { "bus", 2000 }, { "0", 3000 } };
static const struct graft_answer supplies[] = { { "vqmmc", 1800000 } };
static const char *const drops[] = { "phys",          "resets",      "power-domains",
				     "nvmem-cells",   "acme,syscon", "mboxes",
				     "memory-region", "dmas",        "port0/interrupts" };

Test(graft, answers_make_it_pass)
{
	static const struct graft_answers answers = {
		.force = true,
		.clocks = clocks,
		.n_clocks = n_elems(clocks),
		.supplies = supplies,
		.n_supplies = n_elems(supplies),
		.drop = drops,
		.n_drop = n_elems(drops),
	};
	static const char *const devices[] = { "/unknown-clocks@13000",
					       "/nameless-clock@14000",
					       "/mmc@17000",
					       "/usb@19000",
					       "/refused@1a000",
					       "/domains@1b000",
					       "/resets@1c000",
					       "/sound@18000",
					       "/child-irq@36000",
					       "/used@21000" };

	for (size_t i = 0; i < n_elems(devices); i++) {
		struct graft *graft = fixture_graft(tree, &devices[i], 1, NULL, &answers);

		cr_expect_eq(graft_outcome(graft, 0)->result, GRAFT_PASSES, "%s: %s", devices[i],
			     graft_device_reason(graft, 0, 0));
		graft_destroy(graft);
	}
}

static int live_rate(void *opaque, const struct host_node *consumer, unsigned int index,
		     uint64_t *hz)
{
	(void)opaque;
	(void)consumer;
	*hz = 1000000 * (index + 1);
	return index < 2 ? 0 : -ENOENT;
}

static int live_voltage(void *opaque, const struct host_node *regulator, uint32_t *microvolt)
{
	(void)opaque;
	*microvolt = 1850000;
	return strcmp(regulator->name, "regulator-io") ? -ENOENT : 0;
}

Test(graft, the_running_host_knows_rates_and_voltages)
{
	static const struct graft_host host = { .clock_rate = live_rate,
						.supply_voltage = live_voltage };
	static const char *const devices[] = { "/unknown-clocks@13000", "/mmc@17000" };
	struct graft *graft = fixture_graft(tree, devices, 2, &host, NULL);
	const struct graft_item *item = fixture_item(graft_outcome(graft, 0)->nodes, "", "clocks");

	cr_expect_eq(graft_outcome(graft, 0)->result, GRAFT_PASSES);
	cr_expect(strstr(item->reason, "core 1000000 Hz (as the host has it), bus 2000000 Hz"),
		  "%s", item->reason);
	cr_expect_eq(graft_outcome(graft, 1)->result, GRAFT_PASSES);
	item = fixture_item(graft_outcome(graft, 1)->nodes, "", "vqmmc-supply");
	cr_expect(strstr(item->reason, "1850000 uV (as the host has it)"), "%s", item->reason);
	graft_destroy(graft);
}

Test(graft, no_text_is_cut_and_all_can_be_printed)
{
	static const char *const device = "/many-clocks@13800";
	struct graft *graft = fixture_graft(tree, &device, 1, NULL, NULL);
	const struct graft_item *item = fixture_item(graft_outcome(graft, 0)->nodes, "", "clocks");
	const char *reason = graft_device_reason(graft, 0, 0), *option;
	const struct graft_question *question;

	cr_expect(strstr(item->reason, "fixed clocks: 0 unknown, 1 unknown, the-third"), "%s",
		  item->reason);
	cr_expect(strstr(item->reason, "the-last-of-many-clocks-by-its-name unknown; a live plan"),
		  "%s", item->reason);
	cr_assert_eq(item->n_options, 1);
	option = item->options[0].setting;
	cr_expect(strncmp(option, "clock.0=HZ,clock.1=HZ,", 22) == 0, "%s", option);
	cr_expect(strstr(option, ",clock.the-last-of-many-clocks-by-its-name=HZ"), "%s", option);
	cr_expect(strstr(reason, option), "%s", reason);
	question = graft_device_question(graft, 0, 0);
	cr_assert_not_null(question);
	cr_expect_str_eq(question->about, "clocks");
	cr_expect_str_eq(question->options[0].setting, option);
	cr_expect_null(graft_device_question(graft, 0, 1));
	graft_destroy(graft);
}

/* A pair of devices keeps the references between them. */
static const struct {
	const char *devices[2];
	const char *node, *property;
} pair_cases[] = {
	{ { "/used@21000", "/user@22000" }, "", "clocks" },
	{ { "/mdio@32000", "/far-phy@31000" }, "", "phy-handle" },
	{ { "/hdmi@38000", "/display@37000" }, "port/endpoint", "remote-endpoint" },
	{ { "/dma-controller@5000", "/sound@18000" }, "", "dmas" },
	{ { "/phy@6000", "/usb@19000" }, "", "phys" },
	{ { "/syscon@9000", "/refused@1a000" }, "", "acme,syscon" },
};

Test(graft, references_between_assigned_devices_survive)
{
	static const struct graft_answers force = { .force = true };

	for (size_t i = 0; i < n_elems(pair_cases); i++) {
		struct graft *graft = fixture_graft(tree, pair_cases[i].devices, 2, NULL, &force);
		const struct graft_node *target = graft_outcome(graft, 0)->nodes;
		const struct graft_item *item = fixture_item(
			graft_outcome(graft, 1)->nodes, pair_cases[i].node, pair_cases[i].property);

		cr_assert_not_null(item);
		cr_expect_eq(item->verdict, GRAFT_REWRITE, "%s: %s", item->property, item->reason);
		cr_expect_not_null(item->value);
		if (!target->child)
			cr_expect(target->referenced, "%s", target->name);
		graft_destroy(graft);
	}
}

/* Without an IOMMU a guest computes the same bus addresses as the host. */
Test(graft, memory_is_where_it_is_on_the_host_for_a_device_without_iommu)
{
	static const char *const device = "/shifted-bus/shifted@3b000";
	struct graft *graft = fixture_graft(tree, &device, 1, NULL, NULL);
	struct host_tree *guest = fixture_guest_tree(graft, 1);
	const struct host_node *node = host_tree_find(guest, graft_outcome(graft, 0)->path);
	struct host_facts facts;
	struct err err;

	cr_assert_not_null(node, "%s", graft_outcome(graft, 0)->path);
	cr_expect_str_eq(node->parent->name, "dma-bus-0");
	cr_assert_eq(host_facts_read(guest, node, &facts, &err), 0);
	cr_expect_eq(facts.regions[0].start, 0x10000000);
	cr_assert_eq(facts.n_dma, 2);
	cr_expect_eq(facts.dma[0].bus, 0xc0000000);
	cr_expect_eq(facts.dma[0].cpu.start, 0x0);
	cr_expect_eq(facts.dma[0].cpu.size, 0x10000000);
	cr_expect_eq(facts.dma[1].bus, 0x20000000);
	cr_expect_eq(facts.dma[1].cpu.start, 0x20000000);
	host_facts_destroy(&facts);
	host_tree_destroy(guest);
	graft_destroy(graft);
}

Test(graft, a_connector_comes_along_with_what_is_between)
{
	static const char *const device = "/tv@3a000";
	struct graft *graft = fixture_graft(tree, &device, 1, NULL, NULL);
	const struct graft_node *tv = graft_outcome(graft, 0)->nodes, *encoder = tv->next;
	const struct graft_node *connector = encoder ? encoder->next : NULL;

	cr_expect_eq(graft_outcome(graft, 0)->result, GRAFT_PASSES);
	cr_assert_not_null(connector);
	cr_expect_str_eq(encoder->name, "encoder");
	cr_expect_str_eq(connector->name, "connector");
	cr_expect_eq(fixture_item(tv, "port/endpoint", "remote-endpoint")->verdict, GRAFT_REWRITE);
	cr_expect_eq(fixture_item(connector, "port/endpoint", "remote-endpoint")->verdict,
		     GRAFT_REWRITE);
	cr_expect_eq(fixture_item(connector, "", "hpd-gpios")->verdict, GRAFT_DROP);
	graft_destroy(graft);
}

Test(graft, a_bus_is_no_device)
{
	static const char *const device = "/bus@5c000";
	struct graft *graft = fixture_graft(tree, &device, 1, NULL, NULL);

	cr_expect_eq(graft_outcome(graft, 0)->result, GRAFT_REFUSED);
	cr_expect(strstr(graft_device_reason(graft, 0, 0), "no registers of its own"));
	graft_destroy(graft);
}

Test(graft, a_device_that_does_not_pass_is_not_written)
{
	static const char *const device = "/sound@18000";
	struct graft *graft = fixture_graft(tree, &device, 1, NULL, NULL);
	struct err err = { 0 };

	cr_expect_eq(graft_write(graft, 0, NULL, &err), -EINVAL);
	cr_expect(strstr(err.what, "sound@18000") && strstr(err.what, "refused"), "%s", err.what);
	cr_expect(strstr(err.why, "dmas"), "%s", err.why);
	graft_destroy(graft);
}

Test(graft, a_device_can_be_given_once)
{
	const struct host_node *node = host_tree_find(tree, "/plain@10000");
	struct graft_facts facts = { 0 };
	struct graft *graft;
	struct err err = { 0 };

	cr_assert_eq(graft_create(tree, NULL, &graft, &err), 0);
	cr_expect_eq(graft_plan(graft, &err), 0, "none is given: %s", err.what);
	cr_expect_eq(graft_add_device(graft, node, "a", &facts, NULL, &err), 0);
	cr_expect_eq(graft_add_device(graft, node, "b", &facts, NULL, &err), -EINVAL);
	cr_expect(strstr(err.what, "b") && strstr(err.what, "a"), "%s", err.what);
	graft_destroy(graft);
	graft_destroy(NULL);
}
