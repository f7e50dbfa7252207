// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/graft_device_policy.h"

#include <fnmatch.h>
#include <stddef.h>

static bool has_regions(const struct graft_facts *facts)
{
	return facts->n_regions > 0;
}

static bool has_irqs(const struct graft_facts *facts)
{
	return facts->n_irqs > 0;
}

static bool is_amba(const struct graft_facts *facts)
{
	return facts->amba;
}

static bool is_coherent(const struct graft_facts *facts)
{
	return facts->coherent;
}

static bool has_compatible(const struct graft_facts *facts)
{
	return facts->compatible != NULL;
}

#define NO_CLOCK    "the clock stays the host's, running as the host left it"
#define NO_RESET    "the reset line stays the host's; the device is reset through VFIO"
#define NO_POWER    "power stays the host's, which keeps the device on"
#define NO_PINS     "the pins stay as the host set them"
#define NO_IOMMU    "the guest has no IOMMU: the host's translates"
#define NO_MSI      "the guest's MSIs cannot reach a platform device"
#define NO_PROVIDER "it points at a device that the guest does not have"
#define NO_MEMORY   "host memory is not the guest's"
#define NO_TUNING   "the guest cannot change the host's clocks and voltages"
#define NO_CHILDREN "the node's children are not passed"
#define NO_IDENTITY "it is about the node in the host's tree"

/* First match wins: the conditional rules of a name come before the unconditional one. */
static const struct graft_rule rules[] = {
	{ "compatible", GRAFT_REPLACE, "the user gave another", "dt-core.yaml", has_compatible },
	{ "compatible", GRAFT_COPY, "it is the same device", "dt-core.yaml", NULL },
	{ "reg", GRAFT_REWRITE, "guest addresses", "reg.yaml", has_regions },
	{ "reg", GRAFT_DROP, "VFIO offers no region", "reg.yaml", NULL },
	{ "interrupts", GRAFT_REWRITE, "guest interrupts", "interrupts.yaml", has_irqs },
	{ "interrupts", GRAFT_DROP, "VFIO offers no interrupt", "interrupts.yaml", NULL },
	{ "interrupts-extended", GRAFT_DROP,
	  "\"interrupts\" replaces it: all are the GIC's in the guest", "interrupts.yaml", NULL },
	{ "interrupt-parent", GRAFT_DROP, "it is the GIC, as the root says", "interrupts.yaml",
	  NULL },
	{ "interrupt-affinity", GRAFT_DROP, "it names CPUs of the host", "arm/pmu.yaml", NULL },
	{ "interrupt-map*", GRAFT_DROP, NO_CHILDREN, "interrupts.yaml", NULL },

	{ "dma-coherent", GRAFT_REWRITE, "the device sees the CPU caches", "dt-core.yaml",
	  is_coherent },
	{ "dma-coherent", GRAFT_DROP, "its DMA is not coherent here", "dt-core.yaml", NULL },
	{ "dma-noncoherent", GRAFT_DROP, "its DMA is coherent here", "dt-core.yaml", is_coherent },

	{ "arm,primecell-periphid", GRAFT_DROP,
	  "an id of the tree's own keeps the guest's driver off; the guest reads the device's",
	  "arm/primecell.yaml", NULL },
	{ "clocks", GRAFT_REPLACE, "a fixed clock: the guest's AMBA bus wants one",
	  "arm/primecell.yaml", is_amba },
	{ "clock-names", GRAFT_REPLACE, "a fixed clock: the guest's AMBA bus wants one",
	  "arm/primecell.yaml", is_amba },
	{ "clocks", GRAFT_DROP, NO_CLOCK, "clock.yaml", NULL },
	{ "clock-names", GRAFT_DROP, NO_CLOCK, "clock.yaml", NULL },
	{ "assigned-clock*", GRAFT_DROP, NO_CLOCK, "clock.yaml", NULL },

	{ "resets", GRAFT_DROP, NO_RESET, "reset.yaml", NULL },
	{ "reset-names", GRAFT_DROP, NO_RESET, "reset.yaml", NULL },
	{ "power-domains", GRAFT_DROP, NO_POWER, "power-domain-consumer.yaml", NULL },
	{ "power-domain-names", GRAFT_DROP, NO_POWER, "power-domain-consumer.yaml", NULL },
	{ "required-opps", GRAFT_DROP, NO_POWER, "power-domain-consumer.yaml", NULL },
	{ "*-supply", GRAFT_DROP, NO_POWER, "regulator/regulator.yaml", NULL },
	{ "*-supplies", GRAFT_DROP, NO_POWER, "regulator/regulator.yaml", NULL },
	{ "operating-points-v2", GRAFT_DROP, NO_TUNING, "opp/opp-v2-base.yaml", NULL },
	{ "interconnects", GRAFT_DROP, NO_TUNING, "interconnect/interconnect.txt", NULL },
	{ "interconnect-names", GRAFT_DROP, NO_TUNING, "interconnect/interconnect.txt", NULL },
	{ "cooling-device", GRAFT_DROP, NO_TUNING, "thermal/thermal-cooling-devices.yaml", NULL },

	{ "pinctrl-*", GRAFT_DROP, NO_PINS, "pinctrl-consumer.yaml", NULL },
	{ "gpios", GRAFT_DROP, NO_PROVIDER, "gpio-consumer.yaml", NULL },
	{ "gpio", GRAFT_DROP, NO_PROVIDER, "gpio-consumer.yaml", NULL },
	{ "*-gpios", GRAFT_DROP, NO_PROVIDER, "gpio-consumer.yaml", NULL },
	{ "*-gpio", GRAFT_DROP, NO_PROVIDER, "gpio-consumer.yaml", NULL },
	{ "gpio-ranges*", GRAFT_DROP, NO_PROVIDER, "gpio/gpio.txt", NULL },

	{ "iommus", GRAFT_DROP, NO_IOMMU, "iommu.yaml", NULL },
	{ "iommu-map*", GRAFT_DROP, NO_IOMMU, "pci/pci-iommu.txt", NULL },
	{ "msi-parent", GRAFT_DROP, NO_MSI, "interrupt-controller/msi.txt", NULL },
	{ "msi-map*", GRAFT_DROP, NO_MSI, "pci/pci-msi.txt", NULL },

	{ "memory-region", GRAFT_DROP, NO_MEMORY, "reserved-memory.yaml", NULL },
	{ "memory-region-names", GRAFT_DROP, NO_MEMORY, "reserved-memory.yaml", NULL },
	{ "sram", GRAFT_DROP, NO_MEMORY, "sram/sram.yaml", NULL },
	{ "numa-node-id", GRAFT_DROP, NO_MEMORY, "numa.txt", NULL },

	{ "phys", GRAFT_DROP, NO_PROVIDER, "phy-consumer.yaml", NULL },
	{ "phy-names", GRAFT_DROP, NO_PROVIDER, "phy-consumer.yaml", NULL },
	{ "phy", GRAFT_DROP, NO_PROVIDER, "net/ethernet-controller.yaml", NULL },
	{ "phy-handle", GRAFT_DROP, NO_PROVIDER, "net/ethernet-controller.yaml", NULL },
	{ "phy-device", GRAFT_DROP, NO_PROVIDER, "net/ethernet-controller.yaml", NULL },
	{ "pcs-handle*", GRAFT_DROP, NO_PROVIDER, "net/ethernet-controller.yaml", NULL },
	{ "sfp", GRAFT_DROP, NO_PROVIDER, "net/ethernet-controller.yaml", NULL },
	{ "usb-phy", GRAFT_DROP, NO_PROVIDER, "usb/usb.yaml", NULL },
	{ "dmas", GRAFT_DROP, NO_PROVIDER, "dma/dma.txt", NULL },
	{ "dma-names", GRAFT_DROP, NO_PROVIDER, "dma/dma.txt", NULL },
	{ "nvmem-cells", GRAFT_DROP, NO_PROVIDER, "nvmem-consumer.yaml", NULL },
	{ "nvmem-cell-names", GRAFT_DROP, NO_PROVIDER, "nvmem-consumer.yaml", NULL },
	{ "nvmem", GRAFT_DROP, NO_PROVIDER, "nvmem-consumer.yaml", NULL },
	{ "mboxes", GRAFT_DROP, NO_PROVIDER, "mailbox/mailbox.txt", NULL },
	{ "mbox-names", GRAFT_DROP, NO_PROVIDER, "mailbox/mailbox.txt", NULL },
	{ "hwlocks", GRAFT_DROP, NO_PROVIDER, "hwlock-consumer.yaml", NULL },
	{ "hwlock-names", GRAFT_DROP, NO_PROVIDER, "hwlock-consumer.yaml", NULL },
	{ "io-channels", GRAFT_DROP, NO_PROVIDER, "iio-consumer.yaml", NULL },
	{ "io-channel-names", GRAFT_DROP, NO_PROVIDER, "iio-consumer.yaml", NULL },
	{ "mux-controls", GRAFT_DROP, NO_PROVIDER, "mux-consumer.yaml", NULL },
	{ "mux-control-names", GRAFT_DROP, NO_PROVIDER, "mux-consumer.yaml", NULL },
	{ "mux-states", GRAFT_DROP, NO_PROVIDER, "mux-consumer.yaml", NULL },
	{ "pwms", GRAFT_DROP, NO_PROVIDER, "pwm-consumer.yaml", NULL },
	{ "pwm-names", GRAFT_DROP, NO_PROVIDER, "pwm-consumer.yaml", NULL },
	{ "access-controllers", GRAFT_DROP, NO_PROVIDER, "access-controllers.yaml", NULL },
	{ "access-controller-names", GRAFT_DROP, NO_PROVIDER, "access-controllers.yaml", NULL },
	{ "extcon", GRAFT_DROP, NO_PROVIDER, "extcon", NULL },
	{ "sound-dai", GRAFT_DROP, NO_PROVIDER, "sound-dai.yaml", NULL },
	{ "*syscon*", GRAFT_DROP, NO_PROVIDER, "mfd/syscon.yaml", NULL },

	{ "#address-cells", GRAFT_DROP, NO_CHILDREN, "dt-core.yaml", NULL },
	{ "#size-cells", GRAFT_DROP, NO_CHILDREN, "dt-core.yaml", NULL },
	{ "ranges", GRAFT_DROP, NO_CHILDREN, "dt-core.yaml", NULL },
	{ "dma-ranges", GRAFT_DROP, NO_CHILDREN, "dt-core.yaml", NULL },

	{ "name", GRAFT_DROP, NO_IDENTITY, "dt-core.yaml", NULL },
	{ "phandle", GRAFT_DROP, NO_IDENTITY, "dt-core.yaml", NULL },
	{ "linux,phandle", GRAFT_DROP, NO_IDENTITY, "dt-core.yaml", NULL },
	{ "status", GRAFT_DROP, "the guest may use what was passed to it", "dt-core.yaml", NULL },
	{ "secure-status", GRAFT_DROP, "the guest is not in the secure world", "arm/secure.txt",
	  NULL },

	{ "*", GRAFT_COPY, "plain data", NULL, NULL },
};

const struct graft_rule *graft_device_rule_find(const char *property,
						const struct graft_facts *facts)
{
	const struct graft_rule *rule = rules;

	while (fnmatch(rule->pattern, property, 0) != 0 || (rule->when && !rule->when(facts)))
		rule++; /* the last one takes all */
	return rule;
}
