// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "fdt/host/reference.h"
#include "vmm/base/str.h"
#include "vmm/plan/print.h"

/*
 * jansson's functions take NULL for "it could not be made" and fail; json_pack() with "o" takes
 * over what it is given, also then. So only the end result is looked at. "?" is null for NULL.
 */

json_t *plan_json_text(const char *text)
{
	json_t *string = text[0] ? json_string(text) : json_null();
	struct text escaped;
	char buf[1024];

	if (string)
		return string;
	escaped = text_in(buf);
	text_add_escaped(&escaped, text, strlen(text));
	return json_string(buf);
}

static json_t *json_of_hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

static json_t *json_of_path(const struct host_node *node)
{
	char path[512];

	return node ? json_string(host_node_path(node, path, sizeof(path))) : json_null();
}

static json_t *json_of_compatible(const struct host_node *node)
{
	const struct host_property *compatible = node ? host_node_find(node, "compatible") : NULL;
	const char *first = compatible ? host_property_string(compatible, 0) : NULL;

	return first ? json_string(first) : json_null();
}

static json_t *json_of_group(const struct vfio_host_device *host)
{
	return host->group < 0 ? json_null() : json_integer(host->group);
}

static const char *handler_name(enum live_handler handler)
{
	static const char *const names[] = {
		[LIVE_HANDLER_UNKNOWN] = "unknown",
		[LIVE_HANDLER_NONE] = "no",
		[LIVE_HANDLER_NO_LINE] = "no",
		[LIVE_HANDLER_THERE] = "yes",
	};

	return names[handler];
}

/* @node: "dais plan" also says where in the guest they are; NULL: not asked for. */
static json_t *regions_of(const struct host_facts *facts, const struct vfio_node *node)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < facts->n_regions; i++) {
		json_t *region =
			json_pack("{s:o,s:o}", "address", json_of_hex(facts->regions[i].start),
				  "size", json_of_hex(facts->regions[i].size));

		if (node)
			json_object_set_new(
				region, "guest",
				json_of_hex(node->number < 0 ? 0 : node->regions[i].start));
		json_array_append_new(array, region);
	}
	return array;
}

static json_t *irqs_of(const struct vfio_node *node)
{
	static const char *const kinds[] = {
		[HOST_IRQ_OK] = "ok",
		[HOST_IRQ_PPI] = "ppi",
		[HOST_IRQ_UNRESOLVED] = "unresolved",
		[HOST_IRQ_REPEATED] = "repeated",
	};
	json_t *array = json_array();

	for (unsigned int i = 0; i < node->facts.n_irqs; i++) {
		const struct host_irq_fact *irq = &node->facts.irqs[i];
		json_t *specifier = json_array();

		for (unsigned int k = 0; k < irq->n_cells; k++)
			json_array_append_new(specifier, json_integer(irq->specifier[k]));
		json_array_append_new(
			array,
			json_pack("{s:i,s:o,s:o,s:s,s:s,s:o,s:s}", "index", (int)i, "controller",
				  json_of_path(irq->controller), "specifier", specifier, "trigger",
				  host_trigger_name(irq->trigger), "kind", kinds[irq->kind], "spi",
				  i < node->n_irqs ? json_integer(node->irqs[i].spi) : json_null(),
				  "guest", irq->edge ? "edge-rising" : "level-high"));
	}
	return array;
}

/* What the properties of the node and of all below it point at. */
static int add_references(const struct plan *plan, const struct host_node *node, json_t *array)
{
	for (size_t i = 0; i < node->n_properties; i++) {
		struct reference_list list;
		enum reference_kind kind;

		if (reference_find(plan->nodes.tree, node, &node->properties[i], &list, &kind))
			return -ENOMEM;
		for (size_t k = 0; k < list.n_refs && kind != REFERENCE_NONE; k++)
			json_array_append_new(array, json_pack("{s:o,s:s,s:o,s:s,s:b}", "node",
							       json_of_path(node), "property",
							       node->properties[i].name, "target",
							       json_of_path(list.refs[k].target),
							       "kind", reference_kind_name(kind),
							       "guessed", (int)list.guessed));
		reference_list_destroy(&list);
	}
	for (const struct host_node *child = node->child; child; child = child->next)
		if (add_references(plan, child, array))
			return -ENOMEM;
	return 0;
}

static json_t *options_of(const struct graft_option *options, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_pack("{s:o,s:s}", "option",
						       plan_json_text(options[i].setting), "why",
						       options[i].why));
	return array;
}

static void add_properties(const struct graft_node *node, json_t *array)
{
	for (; node; node = node->next) {
		for (size_t i = 0; i < node->n_items; i++) {
			const struct graft_item *item = &node->items[i];

			json_array_append_new(
				array,
				json_pack("{s:s,s:o,s:s,s:s,s:s,s:s?,s:o,s:b,s:b}", "node",
					  node->name, "host", json_of_path(node->host), "property",
					  item->property, "verdict",
					  graft_verdict_name(item->verdict), "reason", item->reason,
					  "binding", item->binding, "options",
					  options_of(item->options, item->n_options), "guessed",
					  (int)item->guessed, "required", (int)item->required));
		}
		add_properties(node->child, array);
	}
}

static json_t *power_of(const struct plan_device *device)
{
	json_t *array = json_array();

	for (size_t i = 0; i < device->power.n_items; i++) {
		const struct host_power *power = &device->power.items[i];

		json_array_append_new(
			array,
			json_pack("{s:s,s:s,s:o,s:o,s:s,s:b,s:o,s:s?}", "property", power->property,
				  "kind", reference_kind_name(power->kind), "provider",
				  json_of_path(power->provider), "name",
				  plan_json_text(power->name), "state",
				  host_power_state_name(power->state), "cut", (int)power->cut,
				  "how", plan_json_text(power->how), "remedy", power->remedy));
	}
	return array;
}

static json_t *live_of(const struct live_device *live)
{
	json_t *reserved = json_array();

	for (unsigned int i = 0; i < live->n_reserved; i++)
		json_array_append_new(reserved,
				      json_pack("{s:o,s:o,s:s}", "address",
						json_of_hex(live->reserved[i].iova.start), "size",
						json_of_hex(live->reserved[i].iova.size), "kind",
						live->reserved[i].kind));
	return json_pack("{s:o,s:o,s:o,s:o,s:s}", "driver", plan_json_text(live->host.driver),
			 "iommu_group", json_of_group(&live->host), "members",
			 live->members[0] ? plan_json_text(live->members) : json_string(""),
			 "reserved", reserved, "reset_handler", handler_name(live->reset_handler));
}

static json_t *reasons_of(const struct plan *plan, const struct plan_device *device)
{
	json_t *array = json_array();
	const char *reason;

	for (unsigned int i = 0; (reason = plan_reason(plan, device, i)); i++)
		json_array_append_new(array, json_string(reason));
	return array;
}

static json_t *questions_of(const struct plan *plan, const struct plan_device *device)
{
	const struct graft_question *question;
	json_t *array = json_array();
	int number = device->node.number;

	for (unsigned int i = 0;
	     number >= 0 && (question = graft_device_question(plan->nodes.graft, number, i)); i++)
		json_array_append_new(
			array, json_pack("{s:o,s:s,s:o}", "about", plan_json_text(question->about),
					 "reason", question->reason, "options",
					 options_of(question->options, question->n_options)));
	return array;
}

static json_t *driven_of(const struct plan *driven, const struct plan_device *device)
{
	const unsigned int *n = device->node.n_served;

	return json_pack("{s:s,s:o,s:o,s:i,s:i,s:i,s:i}", "result",
			 graft_result_name(device->node.result), "reasons",
			 reasons_of(driven, device), "questions", questions_of(driven, device),
			 "clocks", (int)n[0], "reset_lines", (int)n[1], "power_domains", (int)n[2],
			 "supplies", (int)n[3]);
}

json_t *plan_device_json(const struct plan *plan, const struct plan_device *device)
{
	json_t *references = json_array(), *properties = json_array(), *object;
	const struct vfio_node *node = &device->node;

	if (add_references(plan, node->host, references)) {
		json_decref(references);
		json_decref(properties);
		return NULL;
	}
	add_properties(vfio_node_outcome(&plan->nodes, node), properties);
	object = json_pack(
		"{s:o,s:o,s:o,s:b,s:b,s:o,s:i,s:o,s:o,s:o,s:s,s:o,s:o,s:s?,s:o}", "device",
		plan_json_text(node->name), "path", json_of_path(node->host), "compatible",
		json_of_compatible(node->host), "amba", (int)node->facts.amba, "coherent",
		(int)node->facts.coherent, "dma_offset", json_of_hex(host_dma_offset(&node->facts)),
		"reg_entries", (int)node->facts.n_reg_entries, "regions",
		regions_of(&node->facts, node), "interrupts", irqs_of(node), "references",
		references, "result", graft_result_name(node->result), "reasons",
		reasons_of(plan, device), "questions", questions_of(plan, device), "node",
		device->text, "properties", properties);
	if (plan->nodes.live && object) {
		json_object_set_new(object, "live", live_of(&device->live));
		json_object_set_new(object, "held", power_of(device));
	}
	if (plan->driven && object)
		json_object_set_new(
			object, "with_vfio_dais",
			driven_of(plan->driven, &plan->driven->devices[device - plan->devices]));
	if (device->vfio.asked && object)
		json_object_set_new(object, "vfio",
				    json_pack("{s:i,s:i,s:b}", "regions",
					      (int)device->vfio.n_regions, "interrupts",
					      (int)device->vfio.n_irqs, "reset",
					      (int)device->vfio.can_reset));
	return object;
}

static json_t *list_irqs_of(const struct host_facts *facts)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < facts->n_irqs; i++) {
		const struct host_irq_fact *irq = &facts->irqs[i];
		bool is_spi = irq->is_gic && irq->n_cells >= 3 && !irq->specifier[0];
		char name[120];

		json_array_append_new(
			array,
			json_pack("{s:s,s:o,s:s}", "name", list_irq_name(irq, name, sizeof(name)),
				  "spi", is_spi ? json_integer(irq->specifier[1]) : json_null(),
				  "trigger", host_trigger_name(irq->trigger)));
	}
	return array;
}

static json_t *members_of(const struct list_row *row)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < row->n_members; i++) {
		const struct list_member *member = &row->members[i];

		json_array_append_new(array,
				      json_pack("{s:o,s:o}", "name", plan_json_text(member->name),
						"driver", plan_json_text(member->driver)));
	}
	return array;
}

static json_t *list_reasons_of(const struct list_row *row)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < row->n_reasons; i++)
		json_array_append_new(array, plan_json_text(row->reasons[i]));
	return array;
}

json_t *list_row_json(const struct list_row *row)
{
	const struct vfio_host_device *host = &row->host;
	const struct plan_device *device = row->device;

	return json_pack("{s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:b,s:s,s:o}", "device",
			 plan_json_text(host->name), "bus", host->amba ? "amba" : "platform",
			 "node", json_of_path(device->node.host), "compatible",
			 json_of_compatible(device->node.host), "driver",
			 plan_json_text(host->driver), "iommu_group", json_of_group(host),
			 "members", members_of(row), "regions",
			 regions_of(&device->node.facts, NULL), "interrupts",
			 list_irqs_of(&device->node.facts), "reset_handler",
			 handler_name(device->live.reset_handler), "coherent",
			 (int)device->node.facts.coherent, "state", list_state_name(row->state),
			 "reasons", list_reasons_of(row));
}

void plan_json_add(json_t *devices, const char *name, json_t *device, const struct err *err)
{
	if (!device)
		device = json_pack("{s:o,s:o,s:o}", "device", plan_json_text(name), "error",
				   plan_json_text(err ? err->what : "it cannot be told in JSON"),
				   "cause", plan_json_text(err ? err->why : ""));
	json_array_append_new(devices, device);
}

/* jansson writes each word and each space: they are collected before stdio has them. */
struct collected {
	FILE *out;
	size_t n;
	char bytes[4096];
};

static int flush(struct collected *collected)
{
	size_t n = collected->n;

	collected->n = 0;
	return fwrite(collected->bytes, 1, n, collected->out) == n ? 0 : -1;
}

static int collect(const char *bytes, size_t n, void *opaque)
{
	struct collected *collected = opaque;

	while (n) {
		size_t room = sizeof(collected->bytes) - collected->n;
		size_t part = n < room ? n : room;

		memcpy(collected->bytes + collected->n, bytes, part);
		collected->n += part;
		bytes += part;
		n -= part;
		if (part == room && flush(collected))
			return -1;
	}
	return 0;
}

int plan_json_print(json_t *root, FILE *out, struct err *err)
{
	struct collected collected = { .out = out };
	int ret = root ? json_dump_callback(root, collect, &collected, JSON_INDENT(2)) : -1;

	if (!ret)
		ret = flush(&collected);
	json_decref(root);
	fputc('\n', out);
	return ret && !ferror(out) ? err_set(err, ENOMEM, "print JSON") : 0;
}
