// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "vfio/nodes/nodes.h"
#include "vmm/base/sys.h"

int vfio_node_make_room(struct vfio_node *node, unsigned int n_regions, unsigned int n_irqs,
			struct err *err)
{
	node->regions = calloc(n_regions + 1, sizeof(*node->regions));
	node->irqs = calloc(n_irqs + 1, sizeof(*node->irqs));
	node->parts = calloc(n_regions + n_irqs + 1, sizeof(*node->parts));
	if (!node->regions || !node->irqs || !node->parts)
		return err_set(err, ENOMEM, "describe %s", node->name);
	node->n_regions = n_regions;
	node->n_irqs = n_irqs;
	for (unsigned int i = 0; i < n_regions + n_irqs; i++) {
		struct vfio_node_part *part = &node->parts[i];
		bool is_irq = i >= n_regions;
		unsigned int index = is_irq ? i - n_regions : i;

		snprintf(part->name, sizeof(part->name), "%s %s %u", node->name,
			 is_irq ? "interrupt" : "region", index);
		part->wanted = vfio_setting_pin(node->config, is_irq ? "spi" : "gpa", index);
	}
	return 0;
}

static int place(struct vfio_node *node, struct platform_bus *bus, unsigned int i, struct err *err)
{
	const struct vfio_node_part *part = &node->parts[i];
	struct range *region = &node->regions[i];

	if (i >= node->n_regions)
		return platform_bus_take_spi(bus, part->name, part->wanted,
					     &node->irqs[i - node->n_regions].spi, err);
	return platform_bus_place(bus, part->name, region->size,
				  region->start & (sys_page_size() - 1), part->wanted,
				  &region->start, err);
}

int vfio_node_place(struct vfio_node *node, struct platform_bus *bus, struct err *err)
{
	int ret = 0;

	for (int pinned = 1; pinned >= 0; pinned--)
		for (unsigned int i = 0; i < node->n_regions + node->n_irqs && !ret; i++)
			if (pinned == (node->parts[i].wanted != PLATFORM_BUS_ANY))
				ret = place(node, bus, i, err);
	return ret;
}
