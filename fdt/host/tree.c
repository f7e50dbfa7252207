// SPDX-License-Identifier: GPL-2.0-only
/* Questions to the host's tree, its nodes and their properties. */
#include "fdt/host/tree.h"

#include <ctype.h>
#include <string.h>

#include "vmm/base/str.h"

const struct host_node *host_tree_by_phandle(const struct host_tree *tree, uint32_t phandle)
{
	size_t low = 0, high = tree->n_phandles;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct host_node *node = tree->by_phandle[middle];

		if (node->phandle == phandle)
			return node;
		if (node->phandle < phandle)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct host_node *host_tree_target(const struct host_tree *tree, const struct host_node *node,
					 const char *name)
{
	return host_tree_by_phandle(tree, host_node_u32(node, name, 0));
}

bool host_node_has_iommu(const struct host_tree *tree, const struct host_node *node)
{
	const struct host_node *iommu = host_tree_target(tree, node, "iommus");

	return iommu && host_node_is_available(iommu);
}

const struct host_property *host_node_find(const struct host_node *node, const char *name)
{
	for (size_t i = 0; i < node->n_properties; i++) {
		const char *has = node->properties[i].name;

		/* Most differ at once: that is asked more often than all else. */
		if (*has == *name && strcmp(has, name) == 0)
			return &node->properties[i];
	}
	return NULL;
}

bool host_node_has(const struct host_node *node, const char *name)
{
	return host_node_find(node, name) != NULL;
}

uint32_t host_node_u32(const struct host_node *node, const char *name, uint32_t fallback)
{
	const struct host_property *p = host_node_find(node, name);

	return p && p->size >= 4 ? host_property_cell(p, 0) : fallback;
}

uint32_t host_node_inherited_u32(const struct host_node *node, const char *name, uint32_t fallback)
{
	for (; node; node = node->parent) {
		const struct host_property *p = host_node_find(node, name);

		if (p && p->size >= 4)
			return host_property_cell(p, 0);
	}
	return fallback;
}

uint32_t host_property_cell(const struct host_property *property, size_t i)
{
	const uint8_t *p = property->value + 4 * i;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Text that terminals and JSON take as it is; the end of @s is a NUL. */
static bool is_printable(const char *s)
{
	while (isprint((unsigned char)*s))
		s++;
	return !*s;
}

bool host_property_is_strings(const struct host_property *property)
{
	bool empty = true;

	for (size_t i = 0; i < property->size; i++) {
		if (property->value[i] ? !isprint(property->value[i]) : empty)
			return false;
		empty = !property->value[i];
	}
	return property->size && empty;
}

/* The value is terminated by the NUL behind it, if by nothing else. */
const char *host_property_string(const struct host_property *property, unsigned int n)
{
	const char *s = (const char *)property->value, *end = s + property->size;

	while (n-- && s < end)
		s += strlen(s) + 1;
	return s < end && is_printable(s) ? s : NULL;
}

int host_property_string_index(const struct host_property *property, const char *string)
{
	const char *s = (const char *)property->value, *end = s + property->size;

	for (int i = 0; s < end; i++, s += strlen(s) + 1)
		if (strcmp(s, string) == 0)
			return i;
	return -1;
}

void host_property_cells(const struct host_property *property, size_t first, size_t n,
			 uint32_t *cells)
{
	for (size_t i = 0; i < n; i++)
		cells[i] = host_property_cell(property, first + i);
}

bool host_node_is_compatible(const struct host_node *node, const char *compatible)
{
	const struct host_property *p = host_node_find(node, "compatible");

	return p && host_property_string_index(p, compatible) >= 0;
}

bool host_node_matches(const struct host_node *node, const char *patterns)
{
	const struct host_property *p = host_node_find(node, "compatible");
	const char *s = p ? (const char *)p->value : NULL, *end = p ? s + p->size : NULL;

	for (; s < end; s += strlen(s) + 1)
		if (str_matches(s, patterns))
			return true;
	return false;
}

bool host_node_is_enabled(const struct host_node *node)
{
	const struct host_property *status = host_node_find(node, "status");

	return !status || host_property_string_index(status, "okay") == 0 ||
	       host_property_string_index(status, "ok") == 0;
}

bool host_node_is_available(const struct host_node *node)
{
	while (node && host_node_is_enabled(node))
		node = node->parent;
	return !node;
}

bool host_node_is_amba(const struct host_node *node)
{
	return host_node_is_compatible(node, "arm,primecell");
}

static void add_path(const struct host_node *node, struct text *path)
{
	if (!node->parent)
		return;
	add_path(node->parent, path);
	text_add(path, "/%s", node->name);
}

const char *host_node_path(const struct host_node *node, char *buf, size_t size)
{
	struct text path = text_start(buf, size);

	add_path(node, &path);
	if (!path.used)
		text_add(&path, "/");
	return buf;
}
