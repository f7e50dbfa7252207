// SPDX-License-Identifier: GPL-2.0-only
/* Devices of which more is known than the generic rules can know: what they must have. */
#include <string.h>

#include "fdt/guest/graft_parts.h"
#include "vmm/base/range.h"

/* A row for each binding of a device. */
struct class
{
	const char *name; /* as a type of device: "vfio-amd-xgbe" */
	const char *compatible;
	const char *with, *without; /* a property that tells the binding; NULL: any */
	unsigned int min_regions, min_irqs;
	bool level;            /* all interrupts are level-triggered */
	const char *property;  /* that must be there; NULL: none */
	const char *clocks[3]; /* of clock-names, up to NULL */
	const char *binding;
};

static const struct class classes[] = {
	{
		.name = "vfio-calxeda-xgmac",
		.compatible = "calxeda,hb-xgmac",
		.min_regions = 1,
		.min_irqs = 3, /* main, power management, low power */
		.level = true,
		.binding = "net/calxeda-xgmac.yaml",
	},
	{
		/* The PHY's registers are the device's own: drivers/net/ethernet/amd/xgbe. */
		.name = "vfio-amd-xgbe",
		.compatible = "amd,xgbe-seattle-v1a",
		.without = "phy-handle",
		.min_regions = 5, /* MAC, PCS, SerDes Rx/Tx, SerDes integration 1 and 2 */
		.min_irqs = 2,    /* main, auto-negotiation; between them one per DMA channel */
		.property = "phy-mode",
		.clocks = { "dma_clk", "ptp_clk" },
		.binding = "net/amd-xgbe.txt",
	},
	{
		/* The PHY is a node, and a device, of its own: it must be assigned, too. */
		.name = "vfio-amd-xgbe",
		.compatible = "amd,xgbe-seattle-v1a",
		.with = "phy-handle",
		.min_regions = 2, /* MAC, PCS */
		.min_irqs = 1,
		.property = "phy-mode",
		.clocks = { "dma_clk", "ptp_clk" },
		.binding = "net/amd-xgbe.txt",
	},
	{
		.name = "vfio-pl330",
		.compatible = "arm,pl330",
		.min_regions = 1,
		.min_irqs = 1,
		.clocks = { "apb_pclk" },
		.binding = "dma/arm,pl330.yaml",
	},
};

static bool takes(const struct class *class, const struct host_node *node)
{
	return host_node_is_compatible(node, class->compatible) &&
	       (!class->with || host_node_has(node, class->with)) &&
	       (!class->without || !host_node_has(node, class->without));
}

bool graft_class_takes(const char *name, const struct host_node *node)
{
	for (size_t i = 0; i < n_elems(classes); i++)
		if (strcmp(classes[i].name, name) == 0 && takes(&classes[i], node))
			return true;
	return false;
}

static const char *misses(struct graft *graft, const struct class *class, const char *what,
			  const char *name)
{
	return arena_printf(&graft->arena, "%s %s, which %s requires, is missing", what, name,
			    class->binding);
}

static const char *has_fewer(struct graft *graft, const struct class *class, const char *what,
			     unsigned int wanted, unsigned int n)
{
	return arena_printf(&graft->arena, "%s has %u %s, but there are %u", class->name, wanted,
			    what, n);
}

const char *graft_class_fault(struct graft *graft, const struct graft_device *device)
{
	const struct host_property *names = host_node_find(device->node, "clock-names");
	const struct graft_facts *facts = &device->facts;
	const struct class *class = classes;

	while (!takes(class, device->node))
		if (++class == classes + n_elems(classes))
			return NULL;
	if (facts->n_regions < class->min_regions)
		return has_fewer(graft, class, "regions", class->min_regions, facts->n_regions);
	if (facts->n_irqs < class->min_irqs)
		return has_fewer(graft, class, "interrupts", class->min_irqs, facts->n_irqs);
	for (unsigned int i = 0; class->level && i < facts->n_irqs; i++)
		if (facts->irqs[i].edge)
			return arena_printf(&graft->arena,
					    "%s has level interrupts, but number %u is an edge",
					    class->name, i);
	if (class->property && !host_node_has(device->node, class->property))
		return misses(graft, class, "property", class->property);
	/* Without names a driver takes them by order. */
	for (size_t i = 0; names && i < n_elems(class->clocks) && class->clocks[i]; i++)
		if (host_property_string_index(names, class->clocks[i]) < 0)
			return misses(graft, class, "clock", class->clocks[i]);
	return NULL;
}
