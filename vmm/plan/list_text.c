// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/own.h"
#include "vmm/base/str.h"
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
	return column + fprintf(out, "%*s%s", start - column, "", text);
}

static void print_row(FILE *out, const char *name, const char *driver, const char *group,
		      const char *reset, const char *coherent, const char *state)
{
	int column = fprintf(out, "%s", name);

	column = print_cell(out, column, DRIVER, driver);
	column = print_cell(out, column, GROUP, group);
	column = print_cell(out, column, RESET, reset);
	column = print_cell(out, column, COHERENT, coherent);
	print_cell(out, column, STATE, state);
	fputc('\n', out);
}

/* A list in the making: NULL when memory ran out. */
static void append(char **text, const char *separator, const char *item)
{
	char *longer = str_printf("%s%s%s", *text ?: "", *text ? separator : "", item);

	free(*text);
	*text = longer;
}

static void print_detail(FILE *out, const char *what, const char *text)
{
	if (text)
		wrap_print(out, fprintf(out, "    %s", what), DETAIL, text);
}

static void print_regions(const struct list_device *device, FILE *out)
{
	owned_ptr char *text = NULL;

	for (unsigned int i = 0; i < device->facts.n_regions; i++) {
		const struct range *region = &device->facts.regions[i];
		char size[32], item[80];

		snprintf(item, sizeof(item), "0x%" PRIx64 " %s", region->start,
			 str_size(region->size, size));
		append(&text, ", ", item);
	}
	print_detail(out, "registers", text);
}

const char *list_irq_name(const struct host_irq_fact *irq, char *buf, size_t size)
{
	/* bindings/interrupt-controller/arm,gic-v3.yaml */
	static const char *const types[] = { "SPI", "PPI", "ESPI", "EPPI" };
	size_t used = 0;

	buf[0] = '\0';
	if (irq->is_gic && irq->n_cells >= 3 && irq->specifier[0] < n_elems(types)) {
		snprintf(buf, size, "%s %" PRIu32, types[irq->specifier[0]], irq->specifier[1]);
		return buf;
	}
	for (unsigned int i = 0; i < irq->n_cells && i < n_elems(irq->specifier) && used < size;
	     i++)
		used += (size_t)snprintf(buf + used, size - used, "%" PRIu32 " ",
					 irq->specifier[i]);
	if (used < size)
		snprintf(buf + used, size - used, "of %s",
			 irq->controller ? irq->controller->name : "no controller");
	return buf;
}

static void print_irqs(const struct list_device *device, FILE *out)
{
	static const char *const kinds[] = {
		[HOST_IRQ_OK] = "",
		[HOST_IRQ_PPI] = "",
		[HOST_IRQ_UNRESOLVED] = " (no number in Linux)",
		[HOST_IRQ_PLACEHOLDER] = " (again)",
	};
	owned_ptr char *text = NULL;

	for (unsigned int i = 0; i < device->facts.n_irqs; i++) {
		const struct host_irq_fact *irq = &device->facts.irqs[i];
		char name[120], item[200];

		snprintf(item, sizeof(item), "%s %s%s", list_irq_name(irq, name, sizeof(name)),
			 host_trigger_name(irq->trigger), kinds[irq->kind]);
		append(&text, ", ", item);
	}
	print_detail(out, "interrupts", text);
}

static void print_members(const struct list_device *device, FILE *out)
{
	owned_ptr char *text = NULL;

	for (unsigned int i = 0; i < device->n_members; i++) {
		const struct list_member *member = &device->members[i];
		char item[sizeof(*member) + 16];

		snprintf(item, sizeof(item), "%s (%s)", member->name,
			 member->driver[0] ? member->driver : "no driver");
		append(&text, ", ", item);
	}
	print_detail(out, "group with", text);
}

static void print_device(const struct list_device *device, FILE *out)
{
	static const char *const handlers[] = {
		[LIVE_HANDLER_UNKNOWN] = "?",
		[LIVE_HANDLER_NONE] = "no",
		[LIVE_HANDLER_THERE] = "yes",
	};
	const struct vfio_host_device *host = &device->host;
	char group[16] = "-";

	if (host->group >= 0)
		snprintf(group, sizeof(group), "%d", host->group);
	print_row(out, host->name, host->driver[0] ? host->driver : "-", group,
		  handlers[device->reset_handler], device->facts.coherent ? "yes" : "no",
		  list_state_name(device->state));
	print_regions(device, out);
	print_irqs(device, out);
	print_members(device, out);
	for (unsigned int i = 0; i < device->n_reasons; i++)
		print_detail(out, "why", device->reasons[i]);
}

void list_print_text(const struct list *list, FILE *out)
{
	if (list->n_devices)
		print_row(out, "device", "driver", "group", "reset", "coherent", "state");
	for (unsigned int i = 0; i < list->n_devices; i++)
		print_device(&list->devices[i], out);
	if (list->n_left_out)
		fprintf(out, "%u without registers and interrupts: --all shows them\n",
			list->n_left_out);
}
