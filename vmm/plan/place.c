// SPDX-License-Identifier: GPL-2.0-only
/* Guest addresses and SPIs as machine_attach_devices() and the classes give them out, and
 * carve-outs as machine_make_ram(), where no IOMMU reserves addresses of RAM. */
#include <errno.h>
#include <stdlib.h>

#include "vfio/iommu/iommu.h"
#include "vmm/base/own.h"
#include "vmm/core/memmap.h"
#include "vmm/core/ram/ram.h"
#include "vmm/plan/plan.h"

/* What KVM offers on every arm64 host: KVM_CAP_ARM_VM_IPA_SIZE of type 0. */
#define DEFAULT_IPA_BITS 40

struct placing {
	struct plan *plan;
	const struct vm_config *config;
	struct platform_bus bus;
};

/* Emulated devices have fixed addresses and one SPI each. */
static int place_emulated(const struct device_config *config, struct platform_bus *bus,
			  struct err *err)
{
	uint64_t wanted = device_config_number(config, "spi", -1, PLATFORM_BUS_ANY);
	uint32_t spi;

	return platform_bus_take_spi(bus, config->name, wanted, &spi, err);
}

static int place(void *opaque, unsigned int i, struct err *err)
{
	struct placing *p = opaque;
	struct vfio_node *node = p->plan->nodes.first;

	while (node && node->config != &p->config->devices[i])
		node = node->next;
	if (!node)
		return place_emulated(&p->config->devices[i], &p->bus, err);
	/* What has no room is refused alone. */
	if (!node->err.what[0])
		vfio_node_place(node, &p->bus, &node->err);
	return 0;
}

static int carve(struct vfio_nodes *nodes, const struct vm_config *config, const struct memmap *map,
		 struct err *err)
{
	struct iova_list holes = { 0 };
	struct ram ram;
	int ret = vfio_nodes_reserve(nodes, &holes, err);

	ram_init(&ram);
	if (!ret && nodes->carveouts.n)
		ret = ram_plan(&ram, map, config->memory, holes.ranges, holes.n_ranges, err);
	if (!ret)
		ret = vfio_carveouts_place(&nodes->carveouts, map, &ram, err);
	ram_destroy(&ram);
	free(holes.ranges);
	return ret;
}

int plan_place(struct plan *plan, const struct vm_config *config, struct err *err)
{
	owned_ptr struct placing *p = calloc(1, sizeof(*p));
	struct memmap map;
	int ret;

	if (!p)
		return err_set(err, ENOMEM, "place devices");
	p->plan = plan;
	p->config = config;
	memmap_init(&map, arch_ipa_bits(config->aarch32, DEFAULT_IPA_BITS));
	platform_bus_init(&p->bus, &map, NULL, SPI_MAX_COUNT);
	ret = device_configs_place(config->devices, config->n_devices, place, p, err);
	return ret ? ret : carve(&plan->nodes, config, &map, err);
}
