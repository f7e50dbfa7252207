// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/guest/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/host/excerpt.h"
#include "fdt/host/tree.h"
#include "vmm/base/built.h"
#include "vmm/base/range.h"

#define WIDTH 80
#define TAB   8

/* Where the text stands: lines break between items. */
struct printer {
	FILE *out;
	unsigned int depth;
	size_t column;
	const bool *marked; /* NULL: all is printed as it is */
};

static void indent(struct printer *p, unsigned int tabs)
{
	for (unsigned int i = 0; i < tabs; i++)
		fputc('\t', p->out);
	p->column = tabs * TAB;
}

/* The next item of a value, of @n bytes, is behind a space, or on a line of its own. */
static void make_room(struct printer *p, bool first, size_t n)
{
	if (!first && p->column + 1 + n > WIDTH) {
		fputc('\n', p->out);
		indent(p, p->depth + 1);
	} else if (!first) {
		fputc(' ', p->out);
		p->column++;
	}
	p->column += n;
}

static void put_item(struct printer *p, bool first, const char *item)
{
	make_room(p, first, strlen(item));
	fputs(item, p->out);
}

static void put_strings(struct printer *p, const struct host_property *property)
{
	const char *first = (const char *)property->value, *end = first + property->size;

	for (const char *s = first; s < end; s += strlen(s) + 1) {
		size_t n = strlen("\"\",");

		for (const char *c = s; *c; c++)
			n += *c == '"' || *c == '\\' ? 2 : 1;
		make_room(p, s == first, n);
		fputc('"', p->out);
		for (const char *c = s; *c; c++)
			fprintf(p->out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
		fputs(s + strlen(s) + 1 == end ? "\";" : "\",", p->out);
	}
}

/* Cells that belong together: <a b c d>, <e f g h>. All others stand in one pair of brackets. */
static size_t group_size(const char *property, size_t n_cells)
{
	size_t group = n_cells;

	if (strcmp(property, "reg") == 0)
		group = DT_ADDRESS_CELLS + DT_SIZE_CELLS;
	else if (strcmp(property, "interrupts") == 0)
		group = 3;
	return n_cells % group ? n_cells : group;
}

static void put_cells(struct printer *p, const struct host_property *property)
{
	size_t n = property->size / 4, group = group_size(property->name, n);

	for (size_t i = 0; i < n; i++) {
		uint32_t cell = host_property_cell(property, i);
		bool last = (i + 1) % group == 0;
		char item[20];

		snprintf(item, sizeof(item),
			 cell < 10 ? "%s%" PRIu32 "%s%s" : "%s0x%" PRIx32 "%s%s",
			 i % group ? "" : "<", cell, last ? ">" : "",
			 i + 1 == n ? ";" : (last ? "," : ""));
		put_item(p, i == 0, item);
	}
}

static void put_bytes(struct printer *p, const struct host_property *property)
{
	char item[8];

	for (size_t i = 0; i < property->size; i++) {
		snprintf(item, sizeof(item), "%s%02x%s", i ? "" : "[", property->value[i],
			 i + 1 == property->size ? "];" : "");
		put_item(p, i == 0, item);
	}
}

static void print_property(struct printer *p, const struct host_property *property)
{
	indent(p, p->depth);
	p->column += (size_t)fprintf(p->out, "%s", property->name);
	if (!property->size) {
		fputs(";\n", p->out);
		return;
	}
	p->column += (size_t)fprintf(p->out, " = ");
	if (host_property_is_strings(property))
		put_strings(p, property);
	else if (property->size % 4 == 0)
		put_cells(p, property);
	else
		put_bytes(p, property);
	fputc('\n', p->out);
}

static void print_node(struct printer *p, const struct host_node *node)
{
	struct host_property stand_in;

	if (p->marked && !p->marked[node->index])
		return;
	if (ftell(p->out) > 0)
		fputc('\n', p->out);
	indent(p, p->depth);
	fprintf(p->out, "%s {\n", node->parent ? node->name : "/");
	p->depth++;
	for (size_t i = 0; i < node->n_properties; i++) {
		const struct host_property *property = &node->properties[i];

		print_property(p, BUILT(REPORT) && p->marked
					  ? host_excerpt_stand_in(node, property, &stand_in)
						    ?: property
					  : property);
	}
	for (const struct host_node *child = node->child; child; child = child->next)
		print_node(p, child);
	p->depth--;
	indent(p, p->depth);
	fputs("};\n", p->out);
}

void dt_print_excerpt(const struct host_tree *tree, const bool *marked, FILE *out)
{
	struct printer p = { .out = out, .marked = marked };

	fputs("/dts-v1/;\n", out);
	print_node(&p, tree->nodes[0]);
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
	struct host_tree *tree;
	const struct host_node *node;
	size_t text_size;
	int ret = host_tree_parse(blob, size, "the guest's device tree", &tree, err);

	if (ret)
		return ret;
	p.out = open_memstream(text, &text_size);
	for (node = tree->nodes[0]->child; p.out && node; node = node->next)
		if (is_named(node->name, names, n))
			print_node(&p, node);
	host_tree_destroy(tree);
	if (!p.out)
		return err_set(err, ENOMEM, "print a device tree");
	if (fclose(p.out)) {
		free(*text);
		*text = NULL;
		return err_set(err, ENOMEM, "print a device tree");
	}
	return 0;
}
