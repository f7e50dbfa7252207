// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "fdt/host/reference.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/plan/print.h"

#define FACT_INDENT 16 /* column of a fact's text */
#define ITEM_INDENT 38 /* column of a property's reason */

__attribute__((format(printf, 4, 5))) static void print_row(FILE *out, int indent, const char *head,
							    const char *fmt, ...)
{
	owned_ptr char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	wrap_print(out, fprintf(out, "%s", head), indent, text ?: "out of memory");
}

#define print_fact(out, head, ...) print_row(out, FACT_INDENT, head, __VA_ARGS__)

static void print_regions(const struct vfio_node *node, FILE *out)
{
	for (unsigned int i = 0; i < node->facts.n_regions; i++) {
		const struct range *host = &node->facts.regions[i];
		char head[32], size[32], guest[48] = "";

		snprintf(head, sizeof(head), "  region %u", i);
		if (node->number >= 0)
			snprintf(guest, sizeof(guest), ", in the guest at 0x%" PRIx64,
				 node->regions[i].start);
		print_fact(out, head, "0x%" PRIx64 ", %s%s", host->start,
			   str_size(host->size, size), guest);
	}
	if (node->facts.n_reg_entries > node->facts.n_regions)
		print_fact(out, "", "%u more in reg that are no addresses of the CPU",
			   node->facts.n_reg_entries - node->facts.n_regions);
}

static void print_irq(const struct vfio_node *node, unsigned int i, FILE *out)
{
	static const char *const kinds[] = {
		[HOST_IRQ_OK] = "",
		[HOST_IRQ_PPI] = ", private to each CPU",
		[HOST_IRQ_UNRESOLVED] = ", has no number in Linux",
		[HOST_IRQ_REPEATED] = ", the same line again",
	};
	const struct host_irq_fact *irq = &node->facts.irqs[i];
	char head[32], buf[64], guest[64] = "";
	struct text cells = text_in(buf);

	for (unsigned int k = 0; k < irq->n_cells && k < 4; k++)
		text_add(&cells, "%s%" PRIu32, k ? " " : "", irq->specifier[k]);
	snprintf(head, sizeof(head), "  interrupt %u", i);
	if (node->number >= 0 && i < node->n_irqs)
		snprintf(guest, sizeof(guest), ", in the guest SPI %" PRIu32 " %s",
			 node->irqs[i].spi, irq->edge ? "edge-rising" : "level-high");
	print_fact(out, head, "%s <%s>, %s%s%s",
		   irq->controller ? irq->controller->name : "no controller", buf,
		   host_trigger_name(irq->trigger), kinds[irq->kind], guest);
}

static void print_group(const struct live_device *live, bool no_iommu, FILE *out)
{
	const char *parameter, *module = vfio_host_noiommu_parameter(&live->host, &parameter);

	if (live->host.group >= 0)
		print_fact(out, "  group", "%d: %s", live->host.group, live->members);
	else if (no_iommu)
		print_fact(out, "  group", "none: no IOMMU; iommu=none takes %s.%s=Y", module,
			   parameter);
	else
		print_fact(out, "  group", "none seen before a driver is bound");
}

static void print_live(const struct live_device *live, bool no_iommu, FILE *out)
{
	static const char *const handlers[] = {
		[LIVE_HANDLER_UNKNOWN] = "unknown: the kernel's lists of modules cannot be read",
		[LIVE_HANDLER_NONE] = "none in this kernel: vfio_platform.reset_required=0",
		[LIVE_HANDLER_NO_LINE] = "none: its node names no reset line",
		[LIVE_HANDLER_THERE] = "there is one for it",
	};

	if (!live->found) {
		print_fact(out, "  driver", "Linux has made no device of this node");
	} else {
		print_fact(out, "  driver", "%s",
			   live->host.driver[0] ? live->host.driver : "none");
		print_group(live, no_iommu, out);
	}
	for (unsigned int i = 0; i < live->n_reserved; i++)
		print_fact(out, "  reserved", "DMA addresses 0x%" PRIx64 "-0x%" PRIx64 ", %s",
			   live->reserved[i].iova.start, range_last(live->reserved[i].iova),
			   live->reserved[i].kind);
	print_fact(out, "  reset", "%s", handlers[live->reset_handler]);
}

static void add_served(struct text *text, unsigned int n, const char *what)
{
	if (n)
		text_add(text, "%s%u %s%s", text->used ? ", " : "", n, what, n > 1 ? "s" : "");
}

/* What a run gives where dais' own driver has the device. */
static void print_driven(const struct plan *driven, const struct plan_device *device, FILE *out)
{
	static const char *const verdicts[] = {
		[GRAFT_PASSES] = "it can be passed",
		[GRAFT_NEEDS_ANSWER] = "it can be passed once you give what is asked for",
		[GRAFT_REFUSED] = "it cannot be passed",
	};
	const struct vfio_node *node = &device->node;
	char buf[128];
	struct text text = text_in(buf);
	const char *reason = NULL;

	if (!vfio_node_has_held(node))
		return;
	for (size_t i = 0; i < VFIO_N_SERVED; i++)
		add_served(&text, node->n_served[i], vfio_served_names[i]);
	if (node->result != GRAFT_PASSES)
		reason = plan_reason(driven, device, 0);
	print_fact(out, "  vfio-dais", "with it on the host, %s%s%s%s%s", buf,
		   text.used ? " by SCMI; " : "nothing by SCMI; ", verdicts[node->result],
		   reason ? ": " : "", reason ?: "");
}

static void print_facts(const struct plan *plan, const struct plan_device *device, FILE *out)
{
	const struct vfio_node *node = &device->node;
	const struct host_property *compatible = host_node_find(node->host, "compatible");
	const char *first = compatible ? host_property_string(compatible, 0) : NULL;
	char path[512];

	wrap_put(out, node->name);
	fputc('\n', out);
	print_fact(out, "  node", "%s", host_node_path(node->host, path, sizeof(path)));
	if (first)
		print_fact(out, "  compatible", "%s", first);
	print_regions(node, out);
	for (unsigned int i = 0; i < node->facts.n_irqs; i++)
		print_irq(node, i, out);
	print_fact(out, "  DMA", "%s", node->facts.coherent ? "coherent" : "not coherent");
	if (host_dma_offset(&node->facts))
		print_fact(out, "", "bus addresses are 0x%" PRIx64 " below those of the CPU",
			   host_dma_offset(&node->facts));
	if (plan->nodes.live)
		print_live(&device->live, !host_node_has_iommu(plan->nodes.tree, node->host), out);
	if (plan->driven)
		print_driven(plan->driven, &plan->driven->devices[device - plan->devices], out);
	if (device->vfio.asked)
		print_fact(out, "  VFIO",
			   "regions: %u, interrupts: %u, reset by the kernel: %s (it was opened)",
			   device->vfio.n_regions, device->vfio.n_irqs,
			   device->vfio.can_reset ? "yes" : "no");
}

static void print_item(const struct graft_item *item, int depth, FILE *out)
{
	struct arena arena = { 0 };
	char head[160];

	snprintf(head, sizeof(head), "%*s%-12s %s", 2 + 2 * depth, "",
		 graft_verdict_name(item->verdict), item->property);
	print_row(out, ITEM_INDENT, head, "%s%s%s%s%s%s%s%s", item->reason,
		  item->guessed ? " (a guess)" : "",
		  item->required ? "; its binding requires it" : "", item->n_options ? "; " : "",
		  graft_options_text(&arena, item->options, item->n_options),
		  item->binding ? " [" : "", item->binding ?: "", item->binding ? "]" : "");
	arena_free(&arena);
}

static void print_decisions(const struct graft_node *node, int depth, FILE *out)
{
	for (; node; node = node->next) {
		fprintf(out, "%*s%s%s\n", 2 * depth, "", node->name,
			node->of_file ? " (of the overlay)"
				      : (node->host ? "" : " (made by dais)"));
		for (size_t i = 0; i < node->n_items; i++)
			print_item(&node->items[i], depth, out);
		print_decisions(node->child, depth + 1, out);
	}
}

static void print_power(const struct host_power_list *list, FILE *out)
{
	if (list->n_items)
		fputs("\n  What the guest does not get, and whether the host holds it on\n", out);
	for (size_t i = 0; i < list->n_items; i++) {
		const struct host_power *power = &list->items[i];
		char head[160];

		snprintf(head, sizeof(head), "    %s %s", reference_kind_name(power->kind),
			 power->name);
		print_row(out, ITEM_INDENT, head, "%s%s: %s", host_power_state_name(power->state),
			  power->cut ? ", CUT when its driver is unbound" : "", power->how);
		if (power->remedy)
			print_row(out, ITEM_INDENT, "", "remedy: %s", power->remedy);
	}
}

static void print_verdict(const struct plan *plan, const struct plan_device *device, FILE *out)
{
	static const char *const texts[] = {
		[GRAFT_PASSES] = "It can be passed.",
		[GRAFT_NEEDS_ANSWER] = "It can be passed once you give what is asked for.",
		[GRAFT_REFUSED] = "It cannot be passed.",
	};
	const char *reason;

	fputc('\n', out);
	wrap_put(out, device->node.name);
	fprintf(out, ": %s\n", texts[device->node.result]);
	for (unsigned int i = 0; (reason = plan_reason(plan, device, i)); i++)
		print_row(out, 4, "  -", "%s", reason);
	for (size_t i = 0; i < device->power.n_items; i++) {
		const struct host_power *power = &device->power.items[i];

		if (power->cut || power->state == HOST_POWER_OFF)
			print_row(out, 4, "  -", "note: %s %s %s: an access may hang the machine",
				  reference_kind_name(power->kind), power->name,
				  power->cut ? "goes off when the driver is unbound" : "is off");
	}
}

void plan_print_text(const struct plan *plan, FILE *out)
{
	for (unsigned int i = 0; i < plan->n_devices; i++) {
		const struct plan_device *device = &plan->devices[i];

		if (i)
			fputs("\n\n", out);
		print_facts(plan, device, out);
		if (device->node.number >= 0) {
			fprintf(out, "\n  What becomes of the %s\n",
				device->node.overlay.brings ? "overlay's nodes" : "host's node");
			print_decisions(vfio_node_outcome(&plan->nodes, &device->node), 1, out);
		}
		print_power(&device->power, out);
		if (device->text)
			fprintf(out, "\n  What the guest finds in its device tree\n\n%s",
				device->text);
		print_verdict(plan, device, out);
	}
}

/* The table of "dais list". */

/* Cells of the table; what is too long for its own goes on a line below, so nothing is cut. */
#define N_CELLS 6

static void print_cells(FILE *out, const char *const cells[N_CELLS])
{
	static const int starts[N_CELLS] = { 0, 26, 43, 50, 57, 67 };
	int column = 0;

	for (size_t i = 0; i < N_CELLS; i++) {
		if (column > starts[i] - 2 && column > 0) {
			fputc('\n', out);
			column = 0;
		}
		column += fprintf(out, "%*s", starts[i] - column, "");
		column += wrap_put(out, cells[i]);
	}
	fputc('\n', out);
}

/* One more of a list in the making, which is NULL when memory ran out. */
__attribute__((format(printf, 3, 4))) static void append(struct arena *arena, const char **list,
							 const char *fmt, ...)
{
	const char *item;
	va_list ap;

	va_start(ap, fmt);
	item = arena_vprintf(arena, fmt, ap);
	va_end(ap);
	*list = item && *list ? arena_printf(arena, "%s, %s", *list, item) : item;
}

static void print_list(FILE *out, const char *head, const char *list)
{
	if (list)
		print_fact(out, head, "%s", list);
}

static void list_regions(struct list_row *row, FILE *out)
{
	const struct host_facts *facts = &row->device->node.facts;
	const char *list = NULL;

	for (unsigned int i = 0; i < facts->n_regions; i++) {
		const struct range *region = &facts->regions[i];
		char size[32];

		append(&row->arena, &list, "0x%" PRIx64 " %s", region->start,
		       str_size(region->size, size));
	}
	print_list(out, "    registers", list);
}

const char *list_state_name(enum list_state state)
{
	static const char *const names[] = {
		[LIST_READY] = "ready",
		[LIST_ASSIGNABLE] = "assignable",
		[LIST_ASKS] = "needs-answer",
		[LIST_NO_IOMMU] = "no-iommu",
		[LIST_NO] = "no",
		[LIST_HELD] = "held",
		[LIST_LEFT_BOUND] = "left-bound",
	};

	return names[state];
}

const char *list_irq_name(const struct host_irq_fact *irq, char *buf, size_t size)
{
	/* bindings/interrupt-controller/arm,gic-v3.yaml */
	static const char *const types[] = { "SPI", "PPI", "ESPI", "EPPI" };
	struct text text = text_start(buf, size);

	if (irq->is_gic && irq->n_cells >= 3 && irq->specifier[0] < n_elems(types)) {
		text_add(&text, "%s %" PRIu32, types[irq->specifier[0]], irq->specifier[1]);
		return buf;
	}
	for (unsigned int i = 0; i < irq->n_cells && i < n_elems(irq->specifier); i++)
		text_add(&text, "%" PRIu32 " ", irq->specifier[i]);
	text_add(&text, "of %s", irq->controller ? irq->controller->name : "no controller");
	return buf;
}

static void list_irqs(struct list_row *row, FILE *out)
{
	static const char *const kinds[] = {
		[HOST_IRQ_OK] = "",
		[HOST_IRQ_PPI] = "",
		[HOST_IRQ_UNRESOLVED] = " (no number in Linux)",
		[HOST_IRQ_REPEATED] = " (again)",
	};
	const struct host_facts *facts = &row->device->node.facts;
	const char *list = NULL;

	for (unsigned int i = 0; i < facts->n_irqs; i++) {
		const struct host_irq_fact *irq = &facts->irqs[i];
		char name[120];

		append(&row->arena, &list, "%s %s%s", list_irq_name(irq, name, sizeof(name)),
		       host_trigger_name(irq->trigger), kinds[irq->kind]);
	}
	print_list(out, "    interrupts", list);
}

static void list_members(struct list_row *row, FILE *out)
{
	const char *list = NULL;

	for (unsigned int i = 0; i < row->n_members; i++) {
		const struct list_member *member = &row->members[i];

		append(&row->arena, &list, "%s (%s)", member->name,
		       member->driver[0] ? member->driver : "no driver");
	}
	print_list(out, "    group with", list);
}

void list_print_row(struct list_row *row, bool head, FILE *out)
{
	static const char *const handlers[] = {
		[LIVE_HANDLER_UNKNOWN] = "?",
		[LIVE_HANDLER_NONE] = "no",
		[LIVE_HANDLER_NO_LINE] = "no",
		[LIVE_HANDLER_THERE] = "yes",
	};
	static const char *const heads[N_CELLS] = { "device", "driver",   "group",
						    "reset",  "coherent", "state" };
	const struct plan_device *device = row->device;
	char group[16] = "-";
	const char *const cells[N_CELLS] = { row->host.name,
					     row->host.driver[0] ? row->host.driver : "-",
					     group,
					     handlers[device->live.reset_handler],
					     device->node.facts.coherent ? "yes" : "no",
					     list_state_name(row->state) };

	if (head)
		print_cells(out, heads);
	if (row->host.group >= 0)
		snprintf(group, sizeof(group), "%d", row->host.group);
	print_cells(out, cells);
	list_regions(row, out);
	list_irqs(row, out);
	list_members(row, out);
	for (unsigned int i = 0; i < row->n_reasons; i++)
		print_fact(out, "    why", "%s", row->reasons[i]);
}
