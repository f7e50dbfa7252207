// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "fdt/host/facts.h"
#include "fdt/host/reference.h"
#include "fdt/host/shared.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

/* Children of the root that a plan reads, whatever the device. */
static const char always[] = "aliases chosen cpus memory* psci reserved-memory firmware";

static void mark_below(const struct host_node *node, bool *marked)
{
	marked[node->index] = true;
	for (node = node->child; node; node = node->next)
		mark_below(node, marked);
}

/* And who points at it: what a node is to the host is seen by those, too. */
static int mark_with_users(const struct host_tree *tree, const struct host_node *node, bool *marked)
{
	struct reference_user *users;
	size_t n;
	int ret = reference_users(tree, node, &users, &n);

	marked[node->index] = true;
	for (size_t i = 0; !ret && i < n; i++)
		marked[users[i].node->index] = true;
	free(users);
	return ret;
}

/* What may be a reference as well: reference_mark() knows those that are. */
static int mark_guesses(const struct host_tree *tree, const struct host_node *node, bool *marked)
{
	int ret = 0;

	for (size_t i = 0; i < node->n_properties && !ret; i++) {
		struct reference_list list;

		ret = reference_find(tree, node, &node->properties[i], &list, NULL);
		for (size_t k = 0; !ret && k < list.n_refs; k++)
			if (list.refs[k].target)
				marked[list.refs[k].target->index] = true;
		if (!ret)
			reference_list_destroy(&list);
	}
	for (node = node->child; node && !ret; node = node->next)
		ret = mark_guesses(tree, node, marked);
	return ret;
}

static int mark_sharers(const struct host_tree *tree, const struct host_facts *facts, bool *marked)
{
	const struct host_window *window;
	int ret = host_shared_create(tree);

	for (unsigned int i = 0; !ret && i < facts->n_irqs; i++) {
		size_t n = 0;
		const struct host_line *lines = host_lines_find(tree, &facts->irqs[i], &n);

		for (size_t k = 0; k < n; k++)
			marked[lines[k].node->index] = true;
	}
	for (unsigned int i = 0; !ret && i < facts->n_regions; i++)
		for (size_t at = SIZE_MAX;
		     !ret && (window = host_windows_next(tree, facts->regions[i], &at));)
			ret = mark_with_users(tree, window->node, marked);
	return ret;
}

/* The kernel takes one of several timers before there are drivers: host_kernel_timer(). */
static void mark_alike(const struct host_tree *tree, const struct host_node *device, bool *marked)
{
	const struct host_property *compatible = host_node_find(device, "compatible");
	const char *first = compatible ? host_property_string(compatible, 0) : NULL;

	for (uint32_t i = 0; first && i < tree->n_nodes; i++)
		marked[i] |= host_node_is_compatible(tree->nodes[i], first);
}

static int mark_device(const struct host_tree *tree, const struct host_node *device, bool *marked,
		       struct err *err)
{
	struct host_facts facts;
	int ret = host_facts_read(tree, device, &facts, err);

	if (!ret) {
		mark_below(device, marked);
		mark_alike(tree, device, marked);
		if (mark_guesses(tree, device, marked) || mark_with_users(tree, device, marked) ||
		    mark_sharers(tree, &facts, marked))
			ret = err_set(err, ENOMEM, "make an excerpt of the host's tree");
	}
	host_facts_destroy(&facts);
	return ret;
}

/* Of a graph of media devices, a guest has all or none. */
static bool is_in_graph(const struct host_node *node)
{
	for (node = node->child; node; node = node->next)
		if (str_matches(node->name, "port ports port@*"))
			return true;
	return false;
}

int host_excerpt_mark(const struct host_tree *tree, const struct host_node *device, bool *marked,
		      struct err *err)
{
	int ret = mark_device(tree, device, marked, err);

	for (const struct host_node *node = tree->nodes[0]->child; node; node = node->next)
		if (str_matches(node->name, always))
			mark_below(node, marked);
	reference_mark(tree, marked);
	for (uint32_t i = 0; i < tree->n_nodes && !ret; i++)
		if (marked[i] && tree->nodes[i] != device && is_in_graph(tree->nodes[i]))
			ret = mark_device(tree, tree->nodes[i], marked, err);
	reference_mark(tree, marked);
	return ret;
}

/* Names of properties (Devicetree Specification 0.4, 2.3 and 3.6; bindings/net,
 * bindings/net/bluetooth). */
static const char private_names[] =
	"serial-number *,serial-number *-serial-number *serialno* mac-address "
	"local-mac-address *,mac-address address *bd-address *uuid *seed* "
	"bootargs* *hostname* *password* *asset-tag*";

const struct host_property *host_excerpt_stand_in(const struct host_node *node,
						  const struct host_property *property,
						  struct host_property *stand_in)
{
	static uint8_t value[256];
	/* In that node are what one boot got from its boot loader, and where the console is. */
	bool is_of_boot = node->parent && !node->parent->parent && !strcmp(node->name, "chosen") &&
			  !strstr(property->name, "stdout-path");

	if (!property->size || (!is_of_boot && !str_matches(property->name, private_names)))
		return NULL;
	/* An address is one still, of those that anybody may use: IEEE 802-2014, 8.4. */
	memset(value, host_property_is_strings(property) ? 'x' : 0, sizeof(value));
	value[0] |= property->size == 6 ? 2 : 0;
	*stand_in = (struct host_property){ property->name, value, property->size };
	if (stand_in->size > sizeof(value))
		stand_in->size = sizeof(value);
	if (host_property_is_strings(property))
		value[stand_in->size - 1] = '\0';
	return stand_in;
}
