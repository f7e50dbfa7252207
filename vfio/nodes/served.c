// SPDX-License-Identifier: GPL-2.0-only
/* What of a node dais' own driver holds, and SCMI may serve. */
#include "fdt/host/reference.h"
#include "vfio/nodes/nodes.h"
#include "vmm/base/range.h"

static const char *const properties[VFIO_N_SERVED] = { "clocks", "resets", "power-domains" };

bool vfio_node_has_held(const struct host_node *node)
{
	for (size_t i = 0; i < VFIO_N_SERVED; i++)
		if (host_node_has(node, properties[i]))
			return true;
	return false;
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

int vfio_nodes_number_served(const struct vfio_nodes *nodes, struct err *err)
{
	uint32_t next[VFIO_N_SERVED] = { 0 };

	for (struct vfio_node *node = nodes->first; node; node = node->next) {
		if (!node->is_served)
			continue;
		node->scmi = (struct graft_scmi){ next[0], next[1], next[2] };
		for (size_t i = 0; i < VFIO_N_SERVED; i++) {
			int ret = count_references(nodes, node->host, properties[i],
						   &node->n_served[i]);

			if (ret)
				return err_set(err, ret, "describe %s", node->name);
			next[i] += node->n_served[i];
		}
	}
	return 0;
}
