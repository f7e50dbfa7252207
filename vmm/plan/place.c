// SPDX-License-Identifier: GPL-2.0-only
/* Guest addresses and SPIs as attach_devices() of vmm/machine/build.c and the classes give them
 * out. */
#include <errno.h>
#include <stdlib.h>

#include "devices/platform_bus.h"
#include "vfio/iommu/iommu.h"
#include "vmm/base/own.h"
#include "vmm/config/config.h"
#include "vmm/core/memmap.h"
#include "vmm/core/ram/ram.h"
#include "vmm/plan/plan.h"

/* What KVM offers on every arm64 host: KVM_CAP_ARM_VM_IPA_SIZE of type 0. */
#define DEFAULT_IPA_BITS 40

/* VFIO counts interrupts until one has no Linux number: vfio_platform_irq_init(). */
static unsigned int count_irqs(const struct host_facts *facts)
{
	unsigned int n = 0;

	while (n < facts->n_irqs && facts->irqs[n].kind != HOST_IRQ_UNRESOLVED)
		n++;
	return n;
}

int plan_make_room(struct plan_device *device, struct err *err)
{
	device->n_irqs = count_irqs(&device->facts);
	device->regions = calloc(device->facts.n_regions + 1, sizeof(*device->regions));
	device->irqs = calloc(device->n_irqs + 1, sizeof(*device->irqs));
	if (!device->regions || !device->irqs)
		return err_set(err, ENOMEM, "plan %s", device->name);
	return 0;
}

static int place_region(struct plan_device *device, struct platform_bus *bus, unsigned int i,
			bool pinned, struct err *err)
{
	const struct range *host = &device->facts.regions[i];
	struct range *guest = &device->regions[i];
	uint64_t wanted;
	int ret = vfio_setting_pin(device->config, "gpa", i, &wanted, err);

	if (ret || pinned != (wanted != PLATFORM_BUS_ANY))
		return ret;
	guest->size = host->size;
	return platform_bus_place(bus, device->name, host->size,
				  host->start & (sys_page_size() - 1), wanted, &guest->start, err);
}

static int place_irq(struct plan_device *device, struct platform_bus *bus, unsigned int i,
		     bool pinned, struct err *err)
{
	struct graft_irq *irq = &device->irqs[i];
	uint64_t wanted;
	int ret = vfio_setting_pin(device->config, "spi", i, &wanted, err);

	if (ret || pinned != (wanted != PLATFORM_BUS_ANY))
		return ret;
	irq->edge = device->facts.irqs[i].edge;
	return platform_bus_take_spi(bus, device->name, wanted, &irq->spi, err);
}

static int place_assigned(struct plan_device *device, struct platform_bus *bus, struct err *err)
{
	int ret = 0;

	for (int pinned = 1; pinned >= 0; pinned--) {
		for (unsigned int i = 0; i < device->facts.n_regions && !ret; i++)
			ret = place_region(device, bus, i, pinned, err);
		for (unsigned int i = 0; i < device->n_irqs && !ret; i++)
			ret = place_irq(device, bus, i, pinned, err);
	}
	return ret;
}

/* Emulated devices have fixed addresses and one SPI each. */
static int place_emulated(const struct device_config *config, struct platform_bus *bus,
			  struct err *err)
{
	uint64_t wanted = PLATFORM_BUS_ANY;
	uint32_t spi;
	int ret = device_config_u64(config, "spi", -1, &wanted, err);

	return ret ? ret : platform_bus_take_spi(bus, config->name, wanted, &spi, err);
}

static int place(struct plan *plan, const struct device_config *config, struct platform_bus *bus,
		 struct err *err)
{
	for (unsigned int i = 0; i < plan->n_devices; i++) {
		struct plan_device *device = &plan->devices[i];

		if (device->config != config)
			continue;
		/* What has no room is refused alone. */
		if (!device->err.what[0] && place_assigned(device, bus, &device->err) == -ENOMEM)
			return err_set(err, ENOMEM, "%s", config->name);
		return 0;
	}
	return place_emulated(config, bus, err);
}

/* Carve-outs as make_ram() of vmm/machine/build.c, where no IOMMU reserves addresses of RAM. */
static int carve(struct plan *plan, const struct vm_config *config, const struct memmap *map,
		 struct err *err)
{
	struct iova_list holes = { 0 };
	struct ram ram;
	int ret = 0;

	ram_init(&ram);
	for (unsigned int i = 0; i < plan->n_devices && !ret; i++) {
		const struct plan_device *device = &plan->devices[i];

		ret = vfio_carveouts_add(&plan->carveouts, plan->tree, device->node, device->name,
					 &device->answers, err);
	}
	if (!ret)
		ret = vfio_carveouts_avoid(&plan->carveouts, &holes, err);
	if (!ret && plan->carveouts.n)
		ret = ram_plan(&ram, map, config->memory, holes.ranges, holes.n_ranges, err);
	if (!ret)
		ret = vfio_carveouts_place(&plan->carveouts, map, &ram, err);
	ram_destroy(&ram);
	free(holes.ranges);
	return ret;
}

int plan_place(struct plan *plan, const struct vm_config *config, struct err *err)
{
	owned_ptr struct platform_bus *bus = calloc(1, sizeof(*bus));
	struct memmap map;
	int ret = 0;

	if (!bus)
		return err_set(err, ENOMEM, "place devices");
	memmap_init(&map, arch_ipa_bits(config->aarch32, DEFAULT_IPA_BITS));
	platform_bus_init(bus, &map, NULL, SPI_MAX_COUNT);
	for (int pinned = 1; pinned >= 0; pinned--)
		for (unsigned int i = 0; i < config->n_devices && !ret; i++)
			if (device_config_is_pinned(&config->devices[i]) == pinned)
				ret = place(plan, &config->devices[i], bus, err);
	return ret ? ret : carve(plan, config, &map, err);
}
