// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/base/text.h"
#include "vmm/cli/wrap.h"
#include "vmm/plan/list.h"

/* Columns of the table; what is too long for its own goes on a line below, so nothing is cut. */
enum { DRIVER = 26, GROUP = 43, RESET = 50, COHERENT = 57, STATE = 67 };

#define DETAIL 16 /* column of a detail's text */

/* Text at a column of the line; returns where the line then ends. */
static int print_cell(FILE *out, int column, int start, const char *text)
{
	if (column > start - 2 && column > 0) {
		fputc('\n', out);
		column = 0;
	}
	column += fprintf(out, "%*s", start - column, "");
	return column + wrap_put(out, text);
}

static void print_row(FILE *out, const char *name, const char *driver, const char *group,
		      const char *reset, const char *coherent, const char *state)
{
	int column = wrap_put(out, name);

	column = print_cell(out, column, DRIVER, driver);
	column = print_cell(out, column, GROUP, group);
	column = print_cell(out, column, RESET, reset);
	column = print_cell(out, column, COHERENT, coherent);
	print_cell(out, column, STATE, state);
	fputc('\n', out);
}

/* One more of a list in the making, which is NULL when memory ran out. */
__attribute__((format(printf, 2, 3))) static void append(char **list, const char *fmt, ...)
{
	char *item = NULL, *longer;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&item, fmt, ap) < 0)
		item = NULL;
	va_end(ap);
	longer = item ? str_printf("%s%s%s", *list ?: "", *list ? ", " : "", item) : NULL;
	free(item);
	free(*list);
	*list = longer;
}

static void print_detail(FILE *out, const char *what, const char *text)
{
	if (text)
		wrap_print(out, fprintf(out, "    %s", what), DETAIL, text);
}

static void print_regions(const struct host_facts *facts, FILE *out)
{
	owned_ptr char *text = NULL;

	for (unsigned int i = 0; i < facts->n_regions; i++) {
		const struct range *region = &facts->regions[i];
		char size[32];

		append(&text, "0x%" PRIx64 " %s", region->start, str_size(region->size, size));
	}
	print_detail(out, "registers", text);
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

static void print_irqs(const struct host_facts *facts, FILE *out)
{
	static const char *const kinds[] = {
		[HOST_IRQ_OK] = "",
		[HOST_IRQ_PPI] = "",
		[HOST_IRQ_UNRESOLVED] = " (no number in Linux)",
		[HOST_IRQ_PLACEHOLDER] = " (again)",
	};
	owned_ptr char *text = NULL;

	for (unsigned int i = 0; i < facts->n_irqs; i++) {
		const struct host_irq_fact *irq = &facts->irqs[i];
		char name[120];

		append(&text, "%s %s%s", list_irq_name(irq, name, sizeof(name)),
		       host_trigger_name(irq->trigger), kinds[irq->kind]);
	}
	print_detail(out, "interrupts", text);
}

static void print_members(const struct list_row *row, FILE *out)
{
	owned_ptr char *text = NULL;

	for (unsigned int i = 0; i < row->n_members; i++) {
		const struct list_member *member = &row->members[i];

		append(&text, "%s (%s)", member->name,
		       member->driver[0] ? member->driver : "no driver");
	}
	print_detail(out, "group with", text);
}

void list_print_head(FILE *out)
{
	print_row(out, "device", "driver", "group", "reset", "coherent", "state");
}

void list_print_row(const struct list_row *row, FILE *out)
{
	static const char *const handlers[] = {
		[LIVE_HANDLER_UNKNOWN] = "?",
		[LIVE_HANDLER_NONE] = "no",
		[LIVE_HANDLER_THERE] = "yes",
	};
	const struct plan_device *device = row->device;
	char group[16] = "-";

	if (row->host.group >= 0)
		snprintf(group, sizeof(group), "%d", row->host.group);
	print_row(out, row->host.name, row->host.driver[0] ? row->host.driver : "-", group,
		  handlers[device->live.reset_handler], device->node.facts.coherent ? "yes" : "no",
		  list_state_name(row->state));
	print_regions(&device->node.facts, out);
	print_irqs(&device->node.facts, out);
	print_members(row, out);
	for (unsigned int i = 0; i < row->n_reasons; i++)
		print_detail(out, "why", row->reasons[i]);
}
