// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/print.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/blob.h"
#include "fdt/builder.h"
#include "vmm/base/range.h"

#define WIDTH 80
#define TAB   8

/* Where the text stands: lines break between items. */
struct printer {
	FILE *out;
	unsigned int depth;
	unsigned int column;
};

/* Cells that belong together: <a b c d>, <e f g h>. All others stand in one pair of brackets. */
static const struct {
	const char *property;
	size_t n_cells;
} groups[] = {
	{ "reg", DT_ADDRESS_CELLS + DT_SIZE_CELLS },
	{ "interrupts", 3 },
};

static void indent(struct printer *p, unsigned int tabs)
{
	for (unsigned int i = 0; i < tabs; i++)
		fputc('\t', p->out);
	p->column = tabs * TAB;
}

/* One item of a value: behind a space, or on a line of its own when there is no room. */
__attribute__((format(printf, 3, 4))) static void put_item(struct printer *p, bool first,
							   const char *fmt, ...)
{
	char item[512];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(item, sizeof(item), fmt, ap);
	va_end(ap);
	n = strlen(item);
	if (!first && p->column + 1 + n > WIDTH) {
		fputc('\n', p->out);
		indent(p, p->depth + 1);
	} else if (!first) {
		fputc(' ', p->out);
		p->column++;
	}
	fputs(item, p->out);
	p->column += (unsigned int)n;
}

static bool is_strings(const char *value, int size)
{
	if (size < 2 || value[size - 1])
		return false;
	for (int i = 0; i < size; i++) {
		if (!value[i] ? i == 0 || !value[i - 1] : !isprint((unsigned char)value[i]))
			return false;
	}
	return true;
}

static void put_strings(struct printer *p, const char *value, int size)
{
	for (int at = 0; at < size; at += (int)strlen(value + at) + 1) {
		bool last = at + (int)strlen(value + at) + 1 == size;
		char text[400];
		size_t n = 0;

		for (const char *c = value + at; *c && n + 2 < sizeof(text); c++) {
			if (*c == '"' || *c == '\\')
				text[n++] = '\\';
			text[n++] = *c;
		}
		text[n] = '\0';
		put_item(p, at == 0, "\"%s\"%s", text, last ? ";" : ",");
	}
}

static void put_cells(struct printer *p, const char *name, const void *value, int size)
{
	const fdt32_t *cells = value;
	size_t n = (size_t)size / sizeof(*cells), group = n;

	for (size_t i = 0; i < n_elems(groups); i++)
		if (strcmp(groups[i].property, name) == 0 && n % groups[i].n_cells == 0)
			group = groups[i].n_cells;
	for (size_t i = 0; i < n; i++) {
		bool first = i % group == 0, last = (i + 1) % group == 0;
		uint32_t cell = fdt32_ld(&cells[i]);

		put_item(p, i == 0, cell < 10 ? "%s%" PRIu32 "%s%s" : "%s0x%" PRIx32 "%s%s",
			 first ? "<" : "", cell, last ? ">" : "",
			 i + 1 == n ? ";"
			 : last     ? ","
				    : "");
	}
}

static void put_bytes(struct printer *p, const uint8_t *value, int size)
{
	for (int i = 0; i < size; i++)
		put_item(p, i == 0, "%s%02x%s", i == 0 ? "[" : "", value[i],
			 i + 1 == size ? "];" : "");
}

static void print_property(struct printer *p, const char *name, const void *value, int size)
{
	indent(p, p->depth);
	p->column += (unsigned int)fprintf(p->out, "%s", name);
	if (!size) {
		fputs(";\n", p->out);
		return;
	}
	p->column += (unsigned int)fprintf(p->out, " = ");
	if (is_strings(value, size))
		put_strings(p, value, size);
	else if (size % (int)sizeof(fdt32_t) == 0)
		put_cells(p, name, value, size);
	else
		put_bytes(p, value, size);
	fputc('\n', p->out);
}

static void print_properties(struct printer *p, const void *blob, int node)
{
	int property;

	fdt_for_each_property_offset(property, blob, node)
	{
		const char *name;
		int size;
		const void *value = fdt_getprop_by_offset(blob, property, &name, &size);

		if (value)
			print_property(p, name, value, size);
	}
}

static void close_node(struct printer *p)
{
	p->depth--;
	indent(p, p->depth);
	fputs("};\n", p->out);
}

static void open_node(struct printer *p, const void *blob, int node)
{
	if (ftell(p->out) > 0)
		fputc('\n', p->out);
	indent(p, p->depth);
	fprintf(p->out, "%s {\n", fdt_get_name(blob, node, NULL));
	p->depth++;
	print_properties(p, blob, node);
}

static void print_node(struct printer *p, const void *blob, int node)
{
	int depth = 0;

	open_node(p, blob, node);
	while ((node = fdt_next_node(blob, node, &depth)) >= 0 && depth > 0) {
		while ((int)p->depth > depth)
			close_node(p);
		open_node(p, blob, node);
	}
	while (p->depth)
		close_node(p);
}

static bool is_named(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; names && i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return !names;
}

int dt_print(const void *blob, size_t size, const char *const *names, size_t n, char **text,
	     struct err *err)
{
	struct printer p = { 0 };
	size_t text_size;
	int node, ret = blob_check(blob, size);

	if (ret)
		return err_set(err, 0, "print a device tree: %s", fdt_strerror(ret));
	p.out = open_memstream(text, &text_size);
	if (!p.out)
		return err_set(err, ENOMEM, "print a device tree");
	fdt_for_each_subnode(node, blob, 0) if (is_named(fdt_get_name(blob, node, NULL), names, n))
		print_node(&p, blob, node);
	if (fclose(p.out)) {
		free(*text);
		*text = NULL;
		return err_set(err, ENOMEM, "print a device tree");
	}
	return 0;
}
