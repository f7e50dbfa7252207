// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "fdt/host/facts.h"
#include "fdt/host/interrupt.h"
#include "vmm/base/array.h"
#include "vmm/base/own.h"

#define NO_MEMORY "there is no memory left"
#define CIRCLE    "their parents lead in a circle"

/* More than any device has (all SPIs of a GICv3, extended ones too, are 2,012). */
#define MAX_IRQS 4096

/* Interrupts that an amba_device has room for: AMBA_NR_IRQS in include/linux/amba/bus.h. */
#define MAX_AMBA_IRQS 9

/* IRQCHIP_DECLARE() of drivers/irqchip/irq-gic.c and irq-gic-v3.c */
#define GICS_V2                                                                               \
	"arm,gic-400 arm,cortex-a15-gic arm,cortex-a9-gic arm,cortex-a7-gic arm,arm11mp-gic " \
	"arm,arm1176jzf-devchip-gic arm,pl390 qcom,msm-8660-qgic qcom,msm-qgic2"
#define GICS_V3      "arm,gic-v3"
/* The same on the GIC of the CPUs: irq-gic-pm.c */
#define GICS_STACKED "nvidia,tegra210-agic"

/*
 * Controllers whose last cell is not a trigger, though there is more than one (their files in
 * bindings/interrupt-controller/).
 */
#define WITHOUT_TRIGGER \
	"samsung,exynos4210-combiner brcm,bcm2835-armctrl-ic brcm,bcm2836-armctrl-ic"

/* First cell of a GIC's specifier (bindings/interrupt-controller/arm,gic-v3.yaml). */
enum { GIC_SPI, GIC_PPI, GIC_ESPI, GIC_EPPI };
#define GIC_N_SPIS  988 /* INTIDs 32 to 1019 */
#define GIC_N_ESPIS 1024

/* include/dt-bindings/interrupt-controller/irq.h */
static enum host_trigger decode_trigger(uint32_t flags)
{
	static const unsigned char triggers[16] = {
		[1] = HOST_TRIGGER_EDGE_RISING, [2] = HOST_TRIGGER_EDGE_FALLING,
		[3] = HOST_TRIGGER_EDGE_BOTH,   [4] = HOST_TRIGGER_LEVEL_HIGH,
		[8] = HOST_TRIGGER_LEVEL_LOW,
	};

	return triggers[flags & 0xf];
}

static void set_trigger(struct host_irq_fact *fact)
{
	const struct host_node *controller = fact->controller;
	unsigned int n = fact->n_cells;

	fact->n_line_cells = n;
	/* bindings/interrupt-controller/ti,sci-intr.yaml: one trigger for all */
	if (host_node_has(controller, "ti,intr-trigger-type")) {
		fact->trigger =
			decode_trigger(host_node_u32(controller, "ti,intr-trigger-type", 0));
	} else if (n >= 2 && !host_node_matches(controller, WITHOUT_TRIGGER)) {
		fact->n_line_cells = fact->is_gic ? 2 : n - 1;
		fact->trigger = decode_trigger(fact->specifier[fact->n_line_cells]);
	}
	fact->edge = fact->trigger && fact->trigger <= HOST_TRIGGER_EDGE_BOTH;
}

/* gic_irq_domain_translate() of both drivers */
static int gic_kind(const struct interrupt *interrupt, bool v3)
{
	uint32_t type = interrupt->cells[0], number = interrupt->cells[1];

	if (interrupt->n_cells < 3 || interrupt->n_cells > 4)
		return HOST_IRQ_UNRESOLVED;
	if (type == GIC_PPI || (v3 && type == GIC_EPPI))
		return HOST_IRQ_PPI;
	if (type == GIC_SPI)
		return number < GIC_N_SPIS ? HOST_IRQ_OK : HOST_IRQ_UNRESOLVED;
	return v3 && type == GIC_ESPI && number < GIC_N_ESPIS ? HOST_IRQ_OK : HOST_IRQ_UNRESOLVED;
}

/* What is known of an interrupt that arrived at its last controller. */
static void describe(const struct interrupt *interrupt, struct host_irq_fact *fact)
{
	const struct host_node *controller = interrupt->controller;
	bool v3;

	if (!host_node_has(controller, "interrupt-controller") ||
	    !host_node_is_available(controller) || interrupt->n_cells > n_elems(fact->specifier))
		return;
	fact->kind = HOST_IRQ_OK;
	fact->controller = controller;
	fact->n_cells = interrupt->n_cells;
	memcpy(fact->specifier, interrupt->cells, 4 * interrupt->n_cells);
	v3 = host_node_matches(controller, GICS_V3);
	fact->is_gic = v3 || host_node_matches(controller, GICS_V2);
	if (fact->is_gic || host_node_matches(controller, GICS_STACKED))
		fact->kind = gic_kind(interrupt, v3);
	if (fact->kind == HOST_IRQ_UNRESOLVED)
		return;
	set_trigger(fact);
}

/* The two properties side by side, read in step. */
struct reader {
	struct interrupt_walk walk;
	const struct host_property *extended; /* NULL: none, or what is left makes no sense */
	size_t cell;                          /* of @extended */
	const struct host_property *plain;
	const struct host_node *parent; /* of @plain */
	uint32_t n_parent_cells;
};

enum read_result { READ_END, READ_HOLE, READ_OK };

/* After an entry that makes no sense Linux finds no other one. */
static enum read_result read_extended(struct reader *r, struct interrupt *interrupt)
{
	const struct host_property *p = r->extended;
	size_t n_cells = p ? p->size / 4 : 0;
	uint32_t phandle;

	if (r->cell >= n_cells)
		return READ_END;
	phandle = host_property_cell(p, r->cell++);
	if (!phandle)
		return READ_HOLE;
	interrupt->controller = host_tree_by_phandle(r->walk.tree, phandle);
	if (interrupt->controller)
		interrupt->n_cells =
			host_node_u32(interrupt->controller, "#interrupt-cells", UINT32_MAX);
	if (!interrupt->controller || interrupt->n_cells > HOST_INTERRUPT_MAX_CELLS ||
	    interrupt->n_cells > n_cells - r->cell) {
		r->extended = NULL;
		return READ_HOLE;
	}
	host_property_cells(p, r->cell, interrupt->n_cells, interrupt->cells);
	r->cell += interrupt->n_cells;
	return READ_OK;
}

static enum read_result read_plain(const struct reader *r, size_t index,
				   struct interrupt *interrupt)
{
	if (!r->plain || r->plain->size < 4)
		return READ_END;
	if (!r->parent)
		return index ? READ_END : READ_HOLE;
	if ((index + 1) * r->n_parent_cells > r->plain->size / 4)
		return READ_END;
	interrupt->controller = r->parent;
	interrupt->n_cells = r->n_parent_cells;
	host_property_cells(r->plain, index * r->n_parent_cells, interrupt->n_cells,
			    interrupt->cells);
	return READ_OK;
}

/*
 * of_irq_parse_one(): "interrupts-extended" first; for an index that it has not, "interrupts".
 */
static enum read_result read_next(struct reader *r, size_t index, struct interrupt *interrupt)
{
	enum read_result result = read_extended(r, interrupt), plain;

	if (result == READ_OK)
		return result;
	plain = read_plain(r, index, interrupt);
	return plain == READ_END ? result : plain;
}

static int compare_facts(const void *a, const void *b)
{
	const struct host_irq_fact *x = *(struct host_irq_fact *const *)a;
	const struct host_irq_fact *y = *(struct host_irq_fact *const *)b;
	int by_specifier = memcmp(x->specifier, y->specifier, sizeof(x->specifier));

	if (x->controller != y->controller)
		return x->controller < y->controller ? -1 : 1;
	if (by_specifier)
		return by_specifier;
	return x < y ? -1 : x > y;
}

/* Sorted, those of one line stand in their order. */
static int mark_repeated(struct host_irq_fact *irqs, unsigned int n_irqs)
{
	owned_ptr struct host_irq_fact **sorted =
		calloc(n_irqs + 1, sizeof(struct host_irq_fact *));
	size_t n = 0;

	if (!sorted)
		return -ENOMEM;
	for (unsigned int i = 0; i < n_irqs; i++)
		if (irqs[i].kind == HOST_IRQ_OK)
			sorted[n++] = &irqs[i];
	qsort(sorted, n, sizeof(struct host_irq_fact *), compare_facts);
	for (size_t i = 1; i < n; i++) {
		if (sorted[i]->controller != sorted[i - 1]->controller ||
		    memcmp(sorted[i]->specifier, sorted[i - 1]->specifier,
			   sizeof(sorted[i]->specifier)) != 0)
			continue;
		sorted[i]->kind = HOST_IRQ_REPEATED;
		sorted[i]->first = sorted[i - 1]->first;
	}
	return 0;
}

/* NULL, or why not. */
static const char *read_all(struct reader *r, const struct host_node *node,
			    struct host_irq_fact **irqs, unsigned int *n_irqs)
{
	bool amba = host_node_is_amba(node);

	for (;;) {
		struct interrupt interrupt = { 0 };
		enum read_result result = read_next(r, *n_irqs, &interrupt);
		struct host_irq_fact *fact;

		if (result == READ_END || (amba && *n_irqs == MAX_AMBA_IRQS))
			return NULL;
		if (*n_irqs == MAX_IRQS)
			return "no device has so many";
		fact = array_add(*irqs, *n_irqs);
		if (!fact)
			return NO_MEMORY;
		fact->first = (*n_irqs)++;
		fact->kind = HOST_IRQ_UNRESOLVED;
		r->walk.n_steps = HOST_INTERRUPT_MAX_STEPS;
		if (result == READ_OK && interrupt_resolve(&r->walk, node, &interrupt))
			describe(&interrupt, fact);
		if (!r->walk.n_steps)
			return CIRCLE;
	}
}

int host_irqs_read(const struct host_tree *tree, const struct host_node *node,
		   struct host_irq_fact **irqs, unsigned int *n_irqs, struct err *err)
{
	const char *why = NULL;
	struct reader r = {
		.walk = { tree, HOST_INTERRUPT_MAX_STEPS },
		.extended = host_node_find(node, "interrupts-extended"),
		.plain = host_node_find(node, "interrupts"),
	};
	char path[256];

	*irqs = NULL;
	*n_irqs = 0;
	if (r.plain)
		r.parent = interrupt_parent(&r.walk, node);
	if (r.parent)
		r.n_parent_cells = host_node_u32(r.parent, "#interrupt-cells", 0);
	if (!r.walk.n_steps)
		why = CIRCLE;
	else if (r.parent && (!r.n_parent_cells || r.n_parent_cells > HOST_INTERRUPT_MAX_CELLS))
		why = "#interrupt-cells of their parent makes no sense";
	else
		why = read_all(&r, node, irqs, n_irqs);
	if (!why && mark_repeated(*irqs, *n_irqs))
		why = NO_MEMORY;
	if (!why)
		return 0;
	err_set(err, strcmp(why, NO_MEMORY) ? EINVAL : ENOMEM, "read interrupts of %s",
		host_node_path(node, path, sizeof(path)));
	return err_why(err, "%s", why);
}

const char *host_trigger_name(enum host_trigger trigger)
{
	static const char names[][16] = {
		[HOST_TRIGGER_NONE] = "default",
		[HOST_TRIGGER_EDGE_RISING] = "edge-rising",
		[HOST_TRIGGER_EDGE_FALLING] = "edge-falling",
		[HOST_TRIGGER_EDGE_BOTH] = "edge-both",
		[HOST_TRIGGER_LEVEL_HIGH] = "level-high",
		[HOST_TRIGGER_LEVEL_LOW] = "level-low",
	};

	return names[trigger];
}
