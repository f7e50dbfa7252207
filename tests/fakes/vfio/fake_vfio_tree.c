// SPDX-License-Identifier: GPL-2.0-only
/* The sysfs of fake_vfio.h. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio_parts.h"

void fake_host_device(const char *bus, const char *name, const char *driver, int group)
{
	char path[400], target[256];

	snprintf(path, sizeof(path), "/sys/devices/platform/%s/uevent", name);
	fake_file(path, "");
	snprintf(target, sizeof(target), "/sys/devices/platform/%s", name);
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", bus, name);
	fake_link(path, target);
	if (driver) {
		snprintf(path, sizeof(path), "/sys/devices/platform/%s/driver", name);
		snprintf(target, sizeof(target), "/sys/bus/%s/drivers/%s", bus, driver);
		fake_link(path, target);
		snprintf(path, sizeof(path), "%s/bind", target);
		fake_file(path, "");
		snprintf(path, sizeof(path), "%s/unbind", target);
		fake_file(path, "");
	}
	if (group < 0)
		return;
	snprintf(path, sizeof(path), "/sys/devices/platform/%s/iommu_group", name);
	snprintf(target, sizeof(target), "/sys/kernel/iommu_groups/%d", group);
	fake_link(path, target);
	snprintf(path, sizeof(path), "%s/devices/%s", target, name);
	snprintf(target, sizeof(target), "/sys/devices/platform/%s", name);
	fake_link(path, target);
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/reserved_regions", group);
	fake_file(path, "0x0000000008000000 0x00000000080fffff msi\n");
}

void fake_vfio_add_tree(const struct fake_vfio_device *d)
{
	static const char cells[2][4] = { { 0, 0, 0, 2 }, { 0, 0, 0, 1 } };
	char base[256], path[320];
	uint8_t reg[4 * 12] = { 0 };

	fake_host_device(d->amba ? "amba" : "platform", d->name,
			 d->amba ? "vfio-amba" : "vfio-platform", d->group);
	snprintf(base, sizeof(base), "/sys/firmware/devicetree/base/soc/%s", d->name);
	snprintf(path, sizeof(path), "/sys/devices/platform/%s/of_node", d->name);
	fake_link(path, base);
	snprintf(path, sizeof(path), "%s/compatible", base);
	fake_file_bytes(path, "test,dev", sizeof("test,dev"));
	snprintf(path, sizeof(path), "%s/dma-coherent", base);
	fake_file(path, "");
	fake_file_bytes("/sys/firmware/devicetree/base/soc/#address-cells", cells[0], 4);
	fake_file_bytes("/sys/firmware/devicetree/base/soc/#size-cells", cells[1], 4);
	fake_file("/sys/firmware/devicetree/base/soc/ranges", "");
	for (unsigned int i = 0; i < d->n_regions; i++) {
		uint64_t at = strtoull(d->name, NULL, 16) + (i << 20) + d->regions[i].page_offset;

		for (unsigned int k = 0; k < 8; k++)
			reg[12 * i + k] = (uint8_t)(at >> (56 - 8 * k));
		for (unsigned int k = 0; k < 4; k++)
			reg[12 * i + 8 + k] = (uint8_t)(d->regions[i].size >> (24 - 8 * k));
	}
	snprintf(path, sizeof(path), "%s/reg", base);
	fake_file_bytes(path, reg, 12UL * d->n_regions);
}
