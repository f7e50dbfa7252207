// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/graft_device.h"
#include "fdt/graft_device_policy.h"
#include "fdt/host_tree.h"

#define MAX_PROPERTIES 16

/* One property of a node to graft: @size bytes and a NUL behind them. */
struct given {
	const char *name;
	const char *value;
	size_t size;
};

struct told {
	const char *property;
	enum graft_verdict verdict;
	const char *reason;
};

/* The node grafted into a tree of its own, and what was reported. */
struct outcome {
	int ret;
	struct err err;
	void *blob;
	int node; /* offset of the guest's node */
	struct told told[2 * MAX_PROPERTIES];
	unsigned int n_told;
};

static void note(void *opaque, const char *property, enum graft_verdict verdict, const char *reason)
{
	struct outcome *out = opaque;

	cr_assert_lt(out->n_told, 2u * MAX_PROPERTIES);
	out->told[out->n_told++] = (struct told){ property, verdict, reason };
}

static void graft(const char *name, const struct given *given, const struct graft_facts *facts,
		  struct outcome *out)
{
	struct host_property properties[MAX_PROPERTIES];
	struct host_node node = { .name = name, .properties = properties };
	struct dt dt;
	size_t size;

	memset(out, 0, sizeof(*out));
	for (; given[node.n_properties].name; node.n_properties++) {
		const struct given *g = &given[node.n_properties];

		properties[node.n_properties] =
			(struct host_property){ g->name, (const uint8_t *)g->value, g->size };
	}
	dt_init(&dt);
	out->ret = graft_device(&dt, &node, facts, note, out, &out->err);
	cr_assert_eq(dt_finish(&dt, &out->blob, &size, &out->err), 0);
	cr_assert_eq(fdt_check_full(out->blob, size), 0);
	out->node = fdt_first_subnode(out->blob, 0);
	dt_destroy(&dt);
}

/* @size < 0: it is not there. */
static void expect(const struct outcome *out, const char *name, const char *value, int size)
{
	int found_size;
	const void *found = fdt_getprop(out->blob, out->node, name, &found_size);

	if (size < 0)
		cr_expect_null(found, "%s is there", name);
	else if (!found)
		cr_expect(false, "%s is not there", name);
	else
		cr_expect(found_size == size && memcmp(found, value, (size_t)size) == 0,
			  "%s is different", name);
}

static void expect_told(const struct outcome *out, const char *name, enum graft_verdict verdict)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < out->n_told; i++) {
		if (strcmp(out->told[i].property, name) != 0)
			continue;
		n++;
		cr_expect_eq(out->told[i].verdict, verdict, "%s", name);
		cr_expect(out->told[i].reason && out->told[i].reason[0], "%s", name);
	}
	cr_expect_eq(n, 1, "%s was reported %u times", name, n);
}

Test(graft, a_platform_device)
{
	static const struct range regions[] = { { 0x10000000, 0x1000 }, { 0x10010000, 0x200 } };
	static const struct graft_irq irqs[] = { { 0, false }, { 33, true } };
	static const struct graft_facts facts = {
		.regions = regions,
		.n_regions = 2,
		.irqs = irqs,
		.n_irqs = 2,
		.coherent = true,
	};
	static const struct given given[] = {
		{ "clocks", "\0\0\0\x07", 4 },
		{ "compatible", "vendor,dev\0generic-dev", 23 },
		{ "dma-coherent", "", 0 },
		{ "interrupts-extended", "\0\0\0\1\0\0\0\0\0\0\0\x50\0\0\0\4", 16 },
		{ "iommus", "\0\0\0\3\0\0\0\x10", 8 },
		{ "local-mac-address", "\2\0\0\0\0\1", 6 },
		{ "name", "ethernet", 9 },
		{ "phandle", "\0\0\0\x20", 4 },
		{ "phy-mode", "rgmii", 6 },
		{ "reg", "\xff\xf5\0\0\0\0\x10\0", 8 },
		{ "reg-names", "mac\0dma", 8 },
		{ "status", "okay", 5 },
		{ "vendor,deep-fifo", "", 0 },
		{ NULL, NULL, 0 },
	};
	struct outcome out;

	graft("ethernet@fff50000", given, &facts, &out);
	cr_assert_eq(out.ret, 0);
	cr_expect_str_eq(fdt_get_name(out.blob, out.node, NULL), "ethernet@10000000");
	expect(&out, "compatible", "vendor,dev\0generic-dev", 23);
	expect(&out, "reg",
	       "\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\x10\1\0\0\0\0\0\0\0\0\2\0", 32);
	expect(&out, "interrupts", "\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\x21\0\0\0\1", 24);
	expect(&out, "dma-coherent", "", 0);
	expect(&out, "local-mac-address", "\2\0\0\0\0\1", 6);
	expect(&out, "phy-mode", "rgmii", 6);
	expect(&out, "reg-names", "mac\0dma", 8);
	expect(&out, "vendor,deep-fifo", "", 0);
	expect(&out, "clocks", NULL, -1);
	expect(&out, "interrupts-extended", NULL, -1);
	expect(&out, "iommus", NULL, -1);
	expect(&out, "name", NULL, -1);
	expect(&out, "phandle", NULL, -1);
	expect(&out, "status", NULL, -1);
	expect_told(&out, "compatible", GRAFT_COPY);
	expect_told(&out, "reg", GRAFT_REWRITE);
	expect_told(&out, "interrupts", GRAFT_REWRITE); /* the host's node has only -extended */
	expect_told(&out, "dma-coherent", GRAFT_REWRITE);
	expect_told(&out, "clocks", GRAFT_DROP);
	expect_told(&out, "vendor,deep-fifo", GRAFT_COPY);
	cr_expect_eq(out.n_told, 14u);
	free(out.blob);
}

Test(graft, an_amba_device_gets_the_clocks_that_its_binding_names)
{
	static const struct range region = { 0x10000000, 0x1000 };
	static const struct graft_facts facts = { .regions = &region,
						  .n_regions = 1,
						  .amba = true };
	static const struct {
		struct given given[4];
		const char *names;
		int names_size;
		int n_clocks;
	} cases[] = {
		{ { { "compatible", "arm,pl031\0arm,primecell", 24 } }, "apb_pclk", 9, 1 },
		{ { { "clock-names", "apb_pclk", 9 },
		    { "clocks", "\0\0\0\x80", 4 },
		    { "compatible", "arm,pl031\0arm,primecell", 24 } },
		  "apb_pclk",
		  9,
		  1 },
		{ { { "clock-names", "uartclk\0apb_pclk", 17 },
		    { "clocks", "\0\0\0\x80\0\0\0\x81", 8 },
		    { "compatible", "arm,pl011\0arm,primecell", 24 } },
		  "uartclk\0apb_pclk",
		  17,
		  2 },
		{ { { "clock-names", "uartclk\0", 8 }, { "compatible", "arm,pl011", 10 } },
		  "apb_pclk",
		  9,
		  1 },
		{ { { "clock-names", "apb_pclk\0cut", 12 }, { "compatible", "arm,pl011", 10 } },
		  "apb_pclk",
		  9,
		  1 },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct outcome out;

		graft("pl@9000000", cases[i].given, &facts, &out);
		cr_assert_eq(out.ret, 0, "case %zu", i);
		expect(&out, "clock-names", cases[i].names, cases[i].names_size);
		expect(&out, "clocks", "\0\0\0\2\0\0\0\2", 4 * cases[i].n_clocks);
		expect_told(&out, "clocks", GRAFT_REPLACE);
		expect_told(&out, "clock-names", GRAFT_REPLACE);
		free(out.blob);
	}
}

Test(graft, coherence_is_what_the_facts_say)
{
	static const struct given without[] = { { "compatible", "a", 2 }, { NULL, NULL, 0 } };
	static const struct given with[] = { { "compatible", "a", 2 },
					     { "dma-coherent", "", 0 },
					     { NULL, NULL, 0 } };
	static const struct graft_facts coherent = { .coherent = true }, plain = { .n_irqs = 0 };
	struct outcome out;

	graft("dev", without, &coherent, &out); /* a bus above the node says it */
	expect(&out, "dma-coherent", "", 0);
	expect_told(&out, "dma-coherent", GRAFT_REWRITE);
	free(out.blob);
	graft("dev", with, &plain, &out);
	expect(&out, "dma-coherent", NULL, -1);
	expect_told(&out, "dma-coherent", GRAFT_DROP);
	free(out.blob);
}

Test(graft, the_user_can_give_another_compatible)
{
	static const struct given given[] = { { "compatible", "test,ahci", 10 },
					      { NULL, NULL, 0 } };
	static const struct graft_facts facts = { .compatible = "generic-ahci" };
	struct outcome out;

	graft("sata", given, &facts, &out);
	expect(&out, "compatible", "generic-ahci", 13);
	expect_told(&out, "compatible", GRAFT_REPLACE);
	cr_expect_str_eq(fdt_get_name(out.blob, out.node, NULL), "sata");
	free(out.blob);
}

Test(graft, a_node_without_compatible_is_refused_and_nothing_written)
{
	static const struct given cases[][2] = {
		{ { "reg", "\0\0\0\0", 4 } },
		{ { "compatible", "", 0 } },
		{ { "compatible", "unterminated", 12 } },
	};
	static const struct graft_facts facts = { .n_irqs = 0 };

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct outcome out;

		graft("odd@0", cases[i], &facts, &out);
		cr_expect_eq(out.ret, -EINVAL, "case %zu", i);
		cr_expect(strstr(out.err.what, "odd@0"), "%s", out.err.what);
		cr_expect_lt(out.node, 0);
		free(out.blob);
	}
}

/*
 * Each holds a phandle, or means nothing without the host: in a guest it would point at a wrong
 * node.
 */
Test(graft, references_to_the_host_are_dropped)
{
	static const char *const names[] = {
		"clocks",
		"clock-names",
		"assigned-clocks",
		"assigned-clock-rates",
		"assigned-clock-parents",
		"resets",
		"reset-names",
		"power-domains",
		"pinctrl-0",
		"pinctrl-names",
		"iommus",
		"iommu-map",
		"msi-parent",
		"msi-map",
		"phys",
		"phy-names",
		"phy-handle",
		"dmas",
		"dma-names",
		"gpios",
		"reset-gpios",
		"cd-gpio",
		"vmmc-supply",
		"interconnects",
		"nvmem-cells",
		"memory-region",
		"mboxes",
		"operating-points-v2",
		"interrupt-parent",
		"interrupt-map",
		"interrupt-map-mask",
		"ranges",
		"dma-ranges",
		"#address-cells",
		"#size-cells",
		"name",
		"phandle",
		"linux,phandle",
		"status",
		"arm,primecell-periphid",
		"vendor,syscon",
		"syscon-tcsr",
		"numa-node-id",
	};
	static const struct graft_facts facts = { .coherent = true };

	for (size_t i = 0; i < n_elems(names); i++) {
		const struct graft_rule *rule = graft_device_rule_find(names[i], &facts);

		cr_expect_eq(rule->verdict, GRAFT_DROP, "%s", names[i]);
		cr_expect_str_not_empty(rule->reason);
		cr_expect_str_not_empty(rule->binding);
	}
}

Test(graft, plain_properties_are_copied)
{
	static const char *const names[] = {
		"reg-names",     "interrupt-names", "clock-frequency", "reg-shift", "reg-io-width",
		"phy-mode",      "mac-address",     "label",           "bus-width", "dr_mode",
		"vendor,option", "fifo-size",       "max-frequency",   "model",
	};
	static const struct graft_facts facts = { .coherent = true };

	for (size_t i = 0; i < n_elems(names); i++)
		cr_expect_eq(graft_device_rule_find(names[i], &facts)->verdict, GRAFT_COPY, "%s",
			     names[i]);
}
