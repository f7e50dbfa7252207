// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as what a user gives as overlay=: an overlay, or a partial tree for Xen, of the one
 * device of a host. What is malformed must be an error; what is applied must leave a tree that
 * libfdt holds for sound.
 */
#include <assert.h>
#include <libfdt.h>
#include <stdlib.h>

#include "fdt/builder.h"
#include "fdt/guest/overlay.h"
#include "fdt/guest/partial_tree.h"
#include "fdt/guest/tree.h"
#include "fdt/host/facts.h"
#include "fdt/host/tree.h"

static const struct range regions[] = { { 0x10000000, 0x1000 } };
static const struct graft_irq irqs[] = { { 3, false } };

/* With a GIC, and one device. */
static void *make_tree(size_t *size)
{
	void *blob = NULL;
	struct err err;
	struct dt dt;

	dt_init(&dt);
	dt_prop_u32(&dt, "interrupt-parent", DT_PHANDLE_GIC);
	dt_begin_node(&dt, "intc");
	dt_prop_str(&dt, "compatible", "arm,gic-v3");
	dt_prop_empty(&dt, "interrupt-controller");
	dt_prop_u32(&dt, "#interrupt-cells", 3);
	dt_prop_u32(&dt, "phandle", DT_PHANDLE_GIC);
	dt_end_node(&dt);
	dt_begin_node(&dt, "net@10000000");
	dt_prop_str(&dt, "compatible", "acme,net");
	dt_prop_reg(&dt, regions, 1);
	dt_prop_interrupt(&dt, DT_GIC_SPI, 80, DT_IRQ_LEVEL_HIGH);
	dt_end_node(&dt);
	assert(!dt_finish(&dt, &blob, size, &err));
	dt_destroy(&dt);
	return blob;
}

static void apply(struct overlay *overlay, const char *label, const struct host_node *host)
{
	struct overlay_device device = {
		.label = label,
		.facts = { .regions = regions, .n_regions = 1, .irqs = irqs, .n_irqs = 1 }
	};
	struct graft_node *nodes;
	struct arena arena = { 0 };
	struct err err;
	size_t size;
	void *blob;

	if (!label || overlay_check(overlay, label, &err))
		return;
	blob = make_tree(&size);
	if (!overlay_brings(overlay, label))
		device.path = "/net@10000000";
	overlay_tell(overlay, label, host, &arena, &nodes, &err);
	if (!overlay_apply(&blob, &size, overlay, &device, 1, &err)) {
		assert(!fdt_check_full(blob, size));
		dt_check(blob, size, &err);
	}
	arena_free(&arena);
	free(blob);
}

/* As bytes of a user, or translated. */
static void give(const uint8_t *data, size_t size, const struct host_facts *facts)
{
	struct overlay overlay = { "input", data, size };
	const struct partial_tree partial = { "input", data, size, NULL, "10000000.net", facts };
	struct graft_node *nodes;
	struct arena arena = { 0 };
	void *translated = NULL;
	struct err err;

	if (!partial_tree_is(data, size)) {
		apply(&overlay, overlay_label(&overlay), facts->node);
		return;
	}
	if (!partial_tree_translate(&partial, &arena, &nodes, &translated, &overlay.size, &err)) {
		overlay.blob = translated;
		apply(&overlay, partial.name, facts->node);
	}
	arena_free(&arena);
	free(translated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct host_facts facts;
	static struct host_tree *host;
	static void *blob;
	struct err err;
	size_t n;

	if (!host) {
		blob = make_tree(&n);
		assert(!host_tree_parse(blob, n, "host", &host, &err));
		assert(!host_facts_read(host, host_tree_find(host, "/net@10000000"), &facts, &err));
	}
	give(data, size, &facts);
	return 0;
}
