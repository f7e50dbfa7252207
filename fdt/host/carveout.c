// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/carveout.h"

#include <string.h>

#include "fdt/host/facts.h"
#include "fdt/host/reference.h"
#include "vmm/base/str.h"

#define GIB       (1ULL << 30)
#define MIN_ALIGN 4096 /* the smallest page */

static bool is_reserved(const struct host_node *node)
{
	return node->parent && strcmp(node->parent->name, "reserved-memory") == 0 &&
	       node->parent->parent && !node->parent->parent->parent;
}

/* A number of as many cells as a size has. */
static uint64_t read_size(const struct host_node *node, const char *name)
{
	const struct host_property *property = host_node_find(node, name);
	uint32_t n = host_size_cells(node);

	return property && n && property->size == 4 * (size_t)n ? host_cells(property->value, n)
								: 0;
}

static uint64_t natural_align(const struct range *host)
{
	uint64_t align = MIN_ALIGN;

	while (align < host->size && !(host->start & align) && align <= UINT64_MAX / 2)
		align *= 2;
	return align;
}

bool host_carveout_read(const struct host_node *node, struct host_carveout *carveout)
{
	struct range more;

	*carveout = (struct host_carveout){ .node = node,
					    .low = true,
					    .no_map = host_node_has(node, "no-map"),
					    .reusable = host_node_has(node, "reusable") };
	if (!is_reserved(node) || !host_node_is_available(node) || host_region(node, 1, &more))
		return false;
	if (host_region(node, 0, &carveout->host)) {
		carveout->size = carveout->host.size;
		carveout->align = natural_align(&carveout->host);
		carveout->low = carveout->size && range_last(carveout->host) < 4 * GIB;
	} else {
		carveout->host = (struct range){ 0, 0 };
		carveout->size = read_size(node, "size");
		carveout->align = read_size(node, "alignment");
		if (carveout->align < MIN_ALIGN)
			carveout->align = MIN_ALIGN;
	}
	return carveout->size && !(carveout->align & (carveout->align - 1));
}

/* Another region has the same name, but for the unit address. */
static bool is_ambiguous(const struct host_node *node, size_t base)
{
	for (const struct host_node *other = node->parent->child; other; other = other->next)
		if (other != node && strncmp(other->name, node->name, base) == 0 &&
		    (other->name[base] == '@' || !other->name[base]))
			return true;
	return false;
}

const char *host_carveout_name(const struct host_node *node, char *buf, size_t size)
{
	size_t base = strcspn(node->name, "@");

	snprintf(buf, size, "%.*s", is_ambiguous(node, base) ? (int)size : (int)base, node->name);
	return buf;
}

struct search {
	const struct host_tree *tree;
	const char *name;
	const struct host_node *found;
	struct text others; /* ", NAME" of each that was not it */
	bool no_memory;
};

static bool is_it(const struct search *search, const struct host_node *node)
{
	size_t base = strcspn(node->name, "@");

	return strcmp(search->name, node->name) == 0 ||
	       host_tree_by_label(search->tree, search->name) == node ||
	       (strncmp(search->name, node->name, base) == 0 && !search->name[base] &&
		!is_ambiguous(node, base));
}

static void find_below(struct search *search, const struct host_node *node)
{
	const struct host_property *property = host_node_find(node, "memory-region");
	struct reference_list list = { 0 };
	char name[64];

	if (property && reference_find(search->tree, node, property, &list, NULL))
		search->no_memory = true;
	for (size_t i = 0; i < list.n_refs && !search->found; i++) {
		const struct host_node *region = list.refs[i].target;

		if (!region || !is_reserved(region))
			continue;
		if (is_it(search, region))
			search->found = region;
		else
			text_add(&search->others, ", %s",
				 host_carveout_name(region, name, sizeof(name)));
	}
	reference_list_destroy(&list);
	for (const struct host_node *child = node->child; child; child = child->next)
		find_below(search, child);
}

int host_carveout_find(const struct host_tree *tree, const struct host_node *device,
		       const char *what, const char *name, struct host_carveout *carveout,
		       struct err *err)
{
	char others[256];
	struct search search = { .tree = tree, .name = name, .others = text_in(others) };

	find_below(&search, device);
	if (search.no_memory)
		return err_set(err, ENOMEM, "find carve-out %s", name);
	if (search.found && host_carveout_read(search.found, carveout))
		return 0;
	err_usage(err, "carveout.%s: %s of %s", name,
		  search.found ? "it cannot be carved out" : "there is no such memory-region",
		  what);
	if (search.found)
		err_why(err, "its node is disabled, gives no size, or is in several pieces");
	else if (others[0])
		err_why(err, "it has these: %s", others + 2);
	else
		err_why(err, "it has none");
	return err_fix(err, "%s",
		       others[0] && !search.found ? "name one of them" : "leave the key out");
}
