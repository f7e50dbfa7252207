// SPDX-License-Identifier: GPL-2.0-only
/* What of a node dais' own driver holds, and SCMI may serve. */
#include <errno.h>

#include "fdt/host/reference.h"
#include "vfio/nodes/nodes.h"
#include "vmm/base/range.h"

enum { CLOCKS, RESETS, DOMAINS, SUPPLIES };

static const char *const properties[] = { "clocks", "resets", "power-domains" };

const char *const vfio_served_names[VFIO_N_SERVED] = { "clock", "reset line", "power domain",
						       "supply" };

bool vfio_node_has_held(const struct vfio_node *node)
{
	for (size_t i = 0; i < n_elems(properties); i++)
		if (host_node_has(node->host, properties[i]))
			return true;
	return node->answers.n_scmi_supplies;
}

static int count_references(const struct vfio_nodes *nodes, const struct host_node *node,
			    const char *name, unsigned int *n)
{
	const struct host_property *property = host_node_find(node, name);
	struct reference_list refs = { 0 };
	int ret = property ? reference_find(nodes->tree, node, property, &refs, NULL) : 0;

	*n = (unsigned int)refs.n_refs;
	reference_list_destroy(&refs);
	return ret;
}

/* Without the driver that holds it, only what a plain VFIO driver has on, and rates that are known.
 */
static int read_only(struct vfio_node *node)
{
	node->scmi.rates = arena_alloc(&node->answers.arena,
				       (node->n_served[CLOCKS] + 1) * sizeof(*node->scmi.rates));
	node->n_served[RESETS] = node->n_served[SUPPLIES] = 0;
	return node->scmi.rates ? 0 : -ENOMEM;
}

int vfio_nodes_number_served(const struct vfio_nodes *nodes, struct err *err)
{
	uint32_t next[VFIO_N_SERVED] = { 0 };

	for (struct vfio_node *node = nodes->first; node; node = node->next) {
		int ret = 0;

		if (!node->is_served)
			continue;
		for (size_t i = 0; i < n_elems(properties) && !ret; i++)
			ret = count_references(nodes, node->host, properties[i],
					       &node->n_served[i]);
		node->n_served[SUPPLIES] = node->answers.n_scmi_supplies;
		if (!ret && !node->keeps_power)
			ret = read_only(node);
		if (ret)
			return err_set(err, ret, "describe %s", node->name);
		node->scmi.clocks = next[CLOCKS];
		node->scmi.resets = next[RESETS];
		node->scmi.domains = next[DOMAINS];
		node->scmi.supplies = next[SUPPLIES];
		for (size_t i = 0; i < VFIO_N_SERVED; i++)
			next[i] += node->n_served[i];
	}
	return 0;
}
