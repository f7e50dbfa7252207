// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/graft_device.h"

#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/graft_device_policy.h"
#include "fdt/host_tree.h"

/* The clock that the AMBA bus of Linux asks for by name (bindings/arm/primecell.yaml). */
#define APB_PCLK "apb_pclk"

static void write_compatible(struct dt *dt, const struct host_node *node,
			     const struct graft_facts *facts)
{
	const struct host_property *host = host_node_find(node, "compatible");

	if (facts->compatible)
		dt_prop_str(dt, "compatible", facts->compatible);
	else
		dt_prop(dt, "compatible", host->value, host->size);
}

static void write_reg(struct dt *dt, const struct host_node *node, const struct graft_facts *facts)
{
	(void)node;
	dt_prop_reg(dt, facts->regions, facts->n_regions);
}

static void write_interrupts(struct dt *dt, const struct host_node *node,
			     const struct graft_facts *facts)
{
	char *p = dt_prop_room(dt, "interrupts", facts->n_irqs * 3 * sizeof(fdt32_t));

	(void)node;
	for (unsigned int i = 0; p && i < facts->n_irqs; i++, p += 3 * sizeof(fdt32_t)) {
		const struct graft_irq *irq = &facts->irqs[i];

		fdt32_st(p, DT_GIC_SPI);
		fdt32_st(p + sizeof(fdt32_t), irq->spi);
		fdt32_st(p + 2 * sizeof(fdt32_t),
			 irq->edge ? DT_IRQ_EDGE_RISING : DT_IRQ_LEVEL_HIGH);
	}
}

static void write_coherent(struct dt *dt, const struct host_node *node,
			   const struct graft_facts *facts)
{
	(void)node;
	(void)facts;
	dt_prop_empty(dt, "dma-coherent");
}

/*
 * The bus asks for apb_pclk, drivers for further clocks by the names that the binding gives them:
 * the guest gets those that the host's node names. All are the one fixed clock.
 */
static void write_clocks(struct dt *dt, const struct host_node *node,
			 const struct graft_facts *facts)
{
	const struct host_property *host = host_node_find(node, "clock-names");
	const char *names = APB_PCLK;
	size_t size = sizeof(APB_PCLK), n = 0;
	char *p;

	(void)facts;
	if (host && host_property_is_strings(host) &&
	    fdt_stringlist_contains((const char *)host->value, (int)host->size, APB_PCLK)) {
		names = (const char *)host->value;
		size = host->size;
	}
	for (size_t i = 0; i < size; i++)
		n += names[i] == '\0';
	p = dt_prop_room(dt, "clocks", n * sizeof(fdt32_t));
	for (size_t i = 0; p && i < n; i++)
		fdt32_st(p + i * sizeof(fdt32_t), DT_PHANDLE_APB_PCLK);
	dt_prop(dt, "clock-names", names, size);
}

/* What dais writes itself, in this order, unless the policy drops it. */
static const struct own_property {
	const char *name;
	void (*write)(struct dt *dt, const struct host_node *node, const struct graft_facts *facts);
} own_properties[] = {
	{ "compatible", write_compatible }, { "reg", write_reg },
	{ "interrupts", write_interrupts }, { "dma-coherent", write_coherent },
	{ "clocks", write_clocks },         { "clock-names", NULL }, /* with clocks */
};

static bool is_own(const char *name)
{
	for (size_t i = 0; i < n_elems(own_properties); i++) {
		if (strcmp(own_properties[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Unit addresses are lower-case hex without 0x (Devicetree Specification 0.4, 2.2.1.1). */
static void begin_node(struct dt *dt, const struct host_node *node, const struct graft_facts *facts)
{
	int base = (int)strcspn(node->name, "@");

	if (facts->n_regions)
		dt_begin_node(dt, "%.*s@%" PRIx64, base, node->name, facts->regions[0].start);
	else
		dt_begin_node(dt, "%s", node->name);
}

int graft_device(struct dt *dt, const struct host_node *node, const struct graft_facts *facts,
		 graft_report_fn report, void *opaque, struct err *err)
{
	const struct host_property *compatible = host_node_find(node, "compatible");

	if (!compatible || !host_property_is_strings(compatible)) {
		err_set(err, 0, "device tree node %s has no compatible", node->name);
		err_why(err, "a guest finds its driver by this property alone");
		return err->code;
	}
	begin_node(dt, node, facts);
	for (size_t i = 0; i < n_elems(own_properties); i++) {
		const struct own_property *own = &own_properties[i];

		if (own->write && graft_device_rule_find(own->name, facts)->verdict != GRAFT_DROP)
			own->write(dt, node, facts);
	}
	for (size_t i = 0; i < node->n_properties; i++) {
		const struct host_property *p = &node->properties[i];
		const struct graft_rule *rule = graft_device_rule_find(p->name, facts);

		if (rule->verdict == GRAFT_COPY && !is_own(p->name))
			dt_prop(dt, p->name, p->value, p->size);
		if (report)
			report(opaque, p->name, rule->verdict, rule->reason);
	}
	for (size_t i = 0; report && i < n_elems(own_properties); i++) {
		const char *name = own_properties[i].name;
		const struct graft_rule *rule = graft_device_rule_find(name, facts);

		if (rule->verdict != GRAFT_DROP && !host_node_find(node, name))
			report(opaque, name, rule->verdict, rule->reason);
	}
	dt_end_node(dt);
	return 0;
}
