// SPDX-License-Identifier: GPL-2.0-only
/* What the user names of a device (clock.NAME, supply.NAME, drop=, keep=) is there, by the tree. */
#include <errno.h>
#include <string.h>

#include "vfio/nodes/nodes.h"
#include "vmm/base/built.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

static bool has_clock(const struct host_node *node, const char *name)
{
	const struct host_property *names = host_node_find(node, "clock-names");
	const struct host_property *clocks = host_node_find(node, "clocks");
	uint64_t index;

	if (names && host_property_string_index(names, name) >= 0)
		return true;
	return clocks && !str_to_u64(name, &index) && index < clocks->size / 4;
}

static bool has_supply(const struct host_node *node, const char *name)
{
	char property[128];

	snprintf(property, sizeof(property), "%s-supply", name);
	return host_node_has(node, property) || host_node_has(node, name);
}

/* A clock, a reset line, a power domain or a supply: by its name, or by its number where it has
 * none. */
static bool has_served(const struct host_node *node, const char *name)
{
	static const char *const names[] = { "clock-names", "reset-names", "power-domain-names" };
	uint64_t number;

	for (size_t i = 0; i < n_elems(names); i++) {
		const struct host_property *property = host_node_find(node, names[i]);

		if (property && host_property_string_index(property, name) >= 0)
			return true;
	}
	return has_supply(node, name) || !str_to_u64(name, &number);
}

/*
 * As struct graft_option writes names. A property without a path is of any node that the device
 * brings along, which may be anywhere.
 */
static int check_name(const struct vfio_nodes *nodes, const struct vfio_node *node, const char *key,
		      const char *name, bool (*has)(const struct host_node *node, const char *name),
		      struct err *err)
{
	const char *last;
	const struct host_node *owner = vfio_node_named(nodes->tree, node->host, name, &last);

	if (owner && has(owner, last))
		return 0;
	for (uint32_t i = 0; has == host_node_has && last == name && i < nodes->tree->n_nodes; i++)
		if (has(nodes->tree->nodes[i], name))
			return 0;
	err_usage(err, "%s: %s%s: %s has nothing of this name", node->config->where, key, name,
		  node->name);
	err_why(err, "a name is that of a clock, a supply or a property of its node, or of one "
		     "that it brings along");
	return err_fix(err, "\"dais plan %s\" lists all of them", node->name);
}

int vfio_node_check_names(const struct vfio_nodes *nodes, const struct vfio_node *node,
			  struct err *err)
{
	const struct graft_answers *a = &node->answers.graft;
	int ret = 0;

	for (unsigned int i = 0; i < a->n_clocks && !ret; i++)
		ret = check_name(nodes, node, "clock.", a->clocks[i].name, has_clock, err);
	for (unsigned int i = 0; i < a->n_supplies && !ret; i++)
		ret = check_name(nodes, node, "supply.", a->supplies[i].name, has_supply, err);
	for (unsigned int i = 0; i < a->n_drop && !ret; i++)
		ret = check_name(nodes, node, "drop=", a->drop[i], host_node_has, err);
	for (unsigned int i = 0; i < a->n_keep && !ret; i++)
		ret = check_name(nodes, node, "keep=", a->keep[i], host_node_has, err);
	for (unsigned int i = 0; BUILT(SCMI) && i < node->answers.n_allowed && !ret; i++)
		ret = check_name(nodes, node, "allow.", node->answers.allowed[i].name, has_served,
				 err);
	for (unsigned int i = 0; i < node->answers.n_syscons && !ret; i++)
		ret = check_name(nodes, node, "syscon.", node->answers.syscons[i], host_node_has,
				 err);
	return ret;
}

/* Without a tree, or without a node, there is an error of its own later. */
static int check(const struct vfio_nodes *nodes, struct vfio_node *node, struct err *err)
{
	int ret = vfio_node_look_up(nodes, node, err);

	if (ret)
		return node->overlay.partial && node->host ? ret : 0;
	ret = vfio_node_check_names(nodes, node, err);
	return ret ? ret : vfio_node_use_tree(node, err);
}

/* What will not pass whatever VFIO says of it, is not even to be unbound. */
static int check_refused(struct vfio_nodes *nodes, struct err *err)
{
	int ret = vfio_nodes_graft(nodes, err);

	for (const struct vfio_node *node = nodes->first; node && !ret; node = node->next)
		if (node->number >= 0)
			ret = graft_check_refused(nodes->graft, node->number, err);
	vfio_nodes_destroy(nodes);
	return ret;
}

int vfio_nodes_check_settings(const struct device_config *configs, unsigned int n,
			      struct host_tree **tree, struct err *err)
{
	owned_ptr struct vfio_node *list = calloc(n + 1, sizeof(*list));
	struct vfio_nodes nodes = { 0 };
	struct vfio_node **link = &nodes.first;
	int ret = 0;

	if (!list)
		return err_set(err, ENOMEM, "check %u devices", n);
	for (unsigned int i = 0; i < n && !ret; i++) {
		if (!vfio_is_assigned(&configs[i]))
			continue;
		ret = vfio_node_read(&list[i], &configs[i], err);
		if (!ret && !*tree)
			ret = vfio_nodes_read_host(tree, NULL, err);
		nodes.tree = *tree;
		if (!ret && *tree)
			ret = check(&nodes, &list[i], err);
		if (!list[i].host)
			continue;
		*link = &list[i];
		link = &list[i].next;
	}
	if (!ret && nodes.first)
		ret = check_refused(&nodes, err);
	for (unsigned int i = 0; i < n; i++)
		vfio_node_destroy(&list[i]);
	return ret;
}
