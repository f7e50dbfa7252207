// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/vfio/fake_board.h"

#include <stdio.h>
#include <string.h>

#include "fdt/host/tree.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/fixtures/fixture_tree.h"

/* Aliases of drivers/vfio/platform/reset/ of Linux 6.12. */
static const char aliases[] = "alias vfio-reset:calxeda,hb-xgmac vfio_platform_calxedaxgmac\n"
			      "alias vfio-reset:brcm,iproc-flexrm-mbox vfio_platform_bcmflexrm\n"
			      "alias vfio-reset:amd,xgbe-seattle-v1a vfio_platform_amdxgbe\n";

static void add_properties(const struct host_node *node, const char *dir)
{
	for (size_t i = 0; i < node->n_properties; i++) {
		const struct host_property *property = &node->properties[i];
		char path[768];

		if (!strncmp(property->name, "test,", 5))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, property->name);
		fake_file_bytes(path, property->value, property->size);
	}
}

/* Below the root, or buses only. */
static bool is_device(const struct host_node *node)
{
	if (!node->parent || !host_node_has(node, "compatible") || !host_node_is_available(node))
		return false;
	for (node = node->parent; node->parent; node = node->parent)
		if (!host_node_is_compatible(node, "simple-bus"))
			return false;
	return true;
}

static void add_device(const struct host_node *node, const char *dir)
{
	const struct host_property *driver = host_node_find(node, "test,driver");
	char name[128], path[192];

	host_node_device_name(node, name, sizeof(name));
	fake_host_device(host_node_is_amba(node) ? "amba" : "platform", name,
			 driver ? host_property_string(driver, 0) : NULL,
			 (int)host_node_u32(node, "test,group", UINT32_MAX));
	snprintf(path, sizeof(path), "/sys/devices/platform/%s/of_node", name);
	fake_link(path, dir);
}

void fake_board(const char *name)
{
	struct host_tree *tree = fixture_tree(name);

	for (uint32_t i = 0; i < tree->n_nodes; i++) {
		const struct host_node *node = tree->nodes[i];
		char path[400], dir[512];

		snprintf(dir, sizeof(dir), "/sys/firmware/devicetree/base%s",
			 node->parent ? host_node_path(node, path, sizeof(path)) : "");
		add_properties(node, dir);
		if (is_device(node))
			add_device(node, dir);
	}
	host_tree_destroy(tree);
	fake_file("/proc/sys/kernel/osrelease", "6.12.0\n");
	fake_file("/lib/modules/6.12.0/modules.alias", aliases);
}
