// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "fdt/guest/graft_needs.h"
#include "fdt/guest/graft_parts.h"
#include "vmm/base/str.h"

static bool is_device(const struct graft_place *place)
{
	return place->role == GRAFT_ROLE_DEVICE;
}

static bool is_pci_host(const struct graft_place *place)
{
	return is_device(place) && host_property_string_index(place->property, "pci") == 0;
}

static bool is_hidden(const struct graft_place *place)
{
	return is_device(place) && host_property_string_index(place->property, "okay") < 0 &&
	       host_property_string_index(place->property, "ok") < 0;
}

static bool is_data(const struct graft_place *place)
{
	return place->role == GRAFT_ROLE_DATA;
}

static bool is_carveout(const struct graft_place *place)
{
	return place->role == GRAFT_ROLE_CARVEOUT;
}

static bool is_zap_shader(const struct graft_place *place)
{
	return strcmp(place->node->name, "zap-shader") == 0;
}

static bool is_one_of_several(const struct graft_place *place)
{
	return place->refs.n_refs > 1;
}

static bool is_usb(const struct graft_place *place)
{
	return strstr(place->device->node->name, "usb") ||
	       strstr(place->device->node->name, "dwc3");
}

#define NO_PINS     "the pins stay as the host set them"
#define NO_MSI      "the guest's MSIs cannot reach a platform device"
#define NO_TUNING   "the guest cannot change the host's clocks and voltages"
#define NO_IDENTITY "it is about the node in the host's tree"
#define NO_CLOCK    "the guest's clocks have one rate"
#define NO_PROVIDER "the guest does not have it"
#define NO_WAKEUP   "the guest cannot wake the host"

/* A rule of the policy: what becomes of a property, and why. */
struct rule {
	const char *patterns;                          /* of the property's name: str_matches() */
	enum reference_kind kind;                      /* of what it points at; ANY */
	bool (*when)(const struct graft_place *place); /* the rule holds only then; NULL: always */
	enum graft_verdict verdict;
	const char *reason;
	/* What defines the property: a file of dt-schema, or below Linux's bindings directory. */
	const char *binding;
	/* Does it, and may find a verdict and a reason of its own; NULL: as the verdict says. */
	void (*act)(struct graft_place *place);
};

#define ANY ((enum reference_kind) - 1)

/* First match wins: the conditional rules of a name come before the unconditional one. */
static const struct rule rules[] = {
	{ "compatible", ANY, NULL, GRAFT_COPY, "it is the same device", "dt-core.yaml",
	  graft_act_compatible },
	{ "reg", ANY, is_carveout, GRAFT_REWRITE, "guest addresses", "reserved-memory.yaml",
	  graft_act_carveout },
	{ "reg", ANY, NULL, GRAFT_REWRITE, "guest addresses", "reg.yaml", graft_act_reg },
	{ "#address-cells #size-cells", ANY, NULL, GRAFT_COPY, "its children's", "dt-core.yaml",
	  graft_act_cells },
	{ "ranges", ANY, NULL, GRAFT_REWRITE, "children have guest addresses", "dt-core.yaml",
	  graft_act_ranges },
	{ "dma-ranges", ANY, NULL, GRAFT_REWRITE, "as on the host, for its children",
	  "dt-core.yaml", graft_act_dma_ranges },
	{ "interrupts", ANY, NULL, GRAFT_REWRITE, "guest interrupts", "interrupts.yaml",
	  graft_act_interrupts },
	{ "interrupts-extended", ANY, NULL, GRAFT_DROP,
	  "\"interrupts\" replaces it: all are the GIC's in the guest", "interrupts.yaml",
	  graft_act_interrupts },
	{ "interrupt-parent", ANY, NULL, GRAFT_DROP, "it is the GIC, as the root says",
	  "interrupts.yaml", graft_act_interrupt_parent },
	{ "interrupt-affinity", ANY, NULL, GRAFT_DROP, "it names CPUs of the host", "arm/pmu.yaml",
	  NULL },
	{ "interrupt-map*", ANY, NULL, GRAFT_DROP, "nothing below it has an interrupt",
	  "interrupts.yaml", NULL },
	{ "msi-controller", ANY, NULL, GRAFT_REFUSE, NO_MSI, "interrupt-controller/msi.txt", NULL },
	{ "dma-coherent", ANY, is_device, GRAFT_DROP, "its DMA is not coherent here",
	  "dt-core.yaml", graft_act_coherent },
	{ "dma-noncoherent", ANY, is_device, GRAFT_COPY, "its DMA is not coherent", "dt-core.yaml",
	  graft_act_coherent },
	{ "device_type", ANY, is_pci_host, GRAFT_REFUSE,
	  "the windows of a PCI host bridge are not registers: VFIO platform cannot pass them",
	  "pci/pci-bus-common.yaml", NULL },

	{ "arm,primecell-periphid", ANY, is_device, GRAFT_DROP,
	  "an id of the tree's own keeps the guest's driver off; the guest reads the device's",
	  "arm/primecell.yaml", NULL },
	{ "amd,serdes-*", ANY, NULL, GRAFT_COPY, "numbers of the SerDes", "net/amd-xgbe.txt",
	  NULL },
	{ "clocks", ANY, NULL, GRAFT_REPLACE, "fixed clocks of the host's rates", "clock.yaml",
	  graft_act_clocks },
	{ "assigned-clock*", ANY, NULL, GRAFT_DROP, NO_CLOCK, "clock.yaml", NULL },
	{ "clock-output-names", ANY, is_data, GRAFT_DROP,
	  "the guest names the clock by its node, of which there is one", "clock.yaml", NULL },
	{ "*-names", ANY, NULL, GRAFT_COPY, "it names what is kept", "dt-core.yaml",
	  graft_act_names },

	{ "size alignment alloc-ranges", ANY, is_carveout, GRAFT_DROP, "reg says where it is",
	  "reserved-memory.yaml", NULL },
	{ "name phandle linux,phandle", ANY, NULL, GRAFT_DROP, NO_IDENTITY, "dt-core.yaml", NULL },
	{ "status", ANY, is_hidden, GRAFT_REFUSE, "the host does not use it: there is no device",
	  "dt-core.yaml", NULL },
	{ "status", ANY, NULL, GRAFT_DROP, "the guest may use what was passed to it",
	  "dt-core.yaml", NULL },
	{ "secure-status", ANY, NULL, GRAFT_DROP, "the guest is not in the secure world",
	  "arm/secure.txt", NULL },
	{ "numa-node-id", ANY, NULL, GRAFT_DROP, "host memory is not the guest's", "numa.txt",
	  NULL },
	{ "wakeup-source", ANY, is_device, GRAFT_DROP, NO_WAKEUP, "power/wakeup-source.txt", NULL },
	{ "*syscon-wakeup", ANY, NULL, GRAFT_DROP, NO_WAKEUP, "usb/mediatek,mtk-xhci.yaml", NULL },
	{ "fsl,stop-mode", ANY, NULL, GRAFT_DROP, NO_WAKEUP, "net/can/fsl,flexcan.yaml", NULL },
	{ "st,syscfg-fmp", ANY, NULL, GRAFT_DROP, "the bus drivers stay as the host set them",
	  "i2c/st,stm32-i2c.yaml", NULL },
	{ "required-opps", ANY, NULL, GRAFT_DROP, NO_TUNING, "power-domain-consumer.yaml", NULL },
	{ "gpio-ranges*", ANY, NULL, GRAFT_DROP, NO_PINS, "gpio/gpio.txt", NULL },

	{ "phy-handle phy-device pcs-handle* sfp", ANY, NULL, GRAFT_REFUSE,
	  "it belongs to another bus", "net/ethernet-controller.yaml", graft_act_needed },

	{ "*", REFERENCE_RESET, NULL, GRAFT_DROP,
	  "the reset line stays the host's; the device is reset through VFIO", "reset.yaml", NULL },
	{ "*", REFERENCE_POWER_DOMAIN, is_one_of_several, GRAFT_ASK,
	  "the driver may ask for each power domain by name; power stays the host's",
	  "power-domain-consumer.yaml", NULL },
	{ "*", REFERENCE_POWER_DOMAIN, NULL, GRAFT_DROP, "power stays the host's",
	  "power-domain-consumer.yaml", NULL },
	{ "*", REFERENCE_SUPPLY, NULL, GRAFT_REPLACE, "a fixed regulator of the same voltage",
	  "regulator/regulator.yaml", graft_act_supply },
	{ "*", REFERENCE_PINCTRL, NULL, GRAFT_DROP, NO_PINS, "pinctrl-consumer.yaml", NULL },
	{ "*", REFERENCE_GPIO, NULL, GRAFT_DROP, "the pin stays as the host left it",
	  "gpio-consumer.yaml", NULL },
	{ "*", REFERENCE_DMA, NULL, GRAFT_DROP,
	  "without a DMA engine the driver moves the data itself", "dma/dma.txt", NULL },
	{ "*", REFERENCE_PHY, NULL, GRAFT_ASK,
	  "the PHY stays the host's, whose driver may switch it off when unbound",
	  "phy-consumer.yaml", NULL },
	{ "*", REFERENCE_IOMMU, NULL, GRAFT_DROP, "the guest has no IOMMU: the host's translates",
	  "iommu.yaml", NULL },
	{ "*", REFERENCE_MSI, NULL, GRAFT_DROP, NO_MSI, "interrupt-controller/msi.txt", NULL },
	{ "*", REFERENCE_INTERRUPT, NULL, GRAFT_DROP, NO_IDENTITY, "interrupts.yaml", NULL },
	{ "memory-region", REFERENCE_MEMORY, is_zap_shader, GRAFT_ASK,
	  "without its firmware the GPU works only where nothing is secure", "display/msm/gpu.yaml",
	  NULL },
	{ "*", REFERENCE_MEMORY, NULL, GRAFT_REFUSE, "host memory is not the guest's",
	  "reserved-memory.yaml", graft_act_memory },
	{ "*", REFERENCE_NVMEM, NULL, GRAFT_ASK, "what is stored there stays the host's",
	  "nvmem-consumer.yaml", graft_act_nvmem },
	{ "*", REFERENCE_MAILBOX, NULL, GRAFT_REFUSE, NO_PROVIDER, "mailbox/mailbox.txt",
	  graft_act_needed },
	{ "*", REFERENCE_INTERCONNECT, NULL, GRAFT_DROP, NO_TUNING, "interconnect/interconnect.txt",
	  NULL },
	{ "*", REFERENCE_OPP, NULL, GRAFT_DROP, NO_TUNING, "opp/opp-v2-base.yaml", NULL },
	{ "*", REFERENCE_THERMAL, NULL, GRAFT_DROP, NO_TUNING,
	  "thermal/thermal-cooling-devices.yaml", NULL },
	{ "*", REFERENCE_GRAPH, is_usb, GRAFT_DROP, "the role and the connector stay as they are",
	  "graph.yaml", NULL },
	{ "*", REFERENCE_GRAPH, NULL, GRAFT_REFUSE, "the guest does not have its partner",
	  "graph.yaml", graft_act_graph },
	{ "*", REFERENCE_SYSCON, NULL, GRAFT_ASK,
	  "these registers stay as the host set them, but the driver may insist on them",
	  "mfd/syscon.yaml", graft_act_needed },
	{ "*", REFERENCE_CLOCK, NULL, GRAFT_DROP, NO_CLOCK, "clock.yaml", NULL },

	{ "access-controllers", ANY, NULL, GRAFT_DROP, "the host has opened its firewall",
	  "access-controllers/access-controllers.yaml", NULL },
	{ "extcon", ANY, NULL, GRAFT_DROP, "the role and the connector stay as they are",
	  "usb/usb.yaml", NULL },
	{ "*", REFERENCE_OTHER, NULL, GRAFT_ASK, NO_PROVIDER, NULL, NULL },
	{ "*", REFERENCE_UNKNOWN, NULL, GRAFT_ASK, "one of its words is a phandle of", NULL, NULL },
	{ "*", ANY, NULL, GRAFT_COPY, "plain data", NULL, NULL },
};

/* The first rule that holds for this property: the last one takes all. */
static const struct rule *find_rule(const struct graft_place *place)
{
	const struct rule *rule = rules;

	while ((rule->kind != ANY && rule->kind != place->kind) ||
	       !str_matches(place->property->name, rule->patterns) ||
	       (rule->when && !rule->when(place)))
		rule++;
	return rule;
}

/* An option that takes back what was asked: dais knows no better one. */
static void offer_drop(struct graft_place *place)
{
	const char *prefix = graft_prefix(place->graft, place->device, place->node);

	if (place->item->guessed)
		graft_ask(place, "keep=%s%s", prefix, place->property->name);
	graft_ask(place, "drop=%s%s", prefix, place->property->name);
}

static void note_need(struct graft_place *place)
{
	const struct graft_need *need = graft_need_find(place->kind, place->node);
	struct graft_item *item = place->item;

	if (!need || strchr(place->property->name, ',') ||
	    (item->verdict != GRAFT_DROP && item->verdict != GRAFT_ASK))
		return;
	item->required = true;
	if (need->verdict > item->verdict)
		graft_set(place, need->verdict,
			  "its binding requires it, the guest does not have %s",
			  graft_target_names(place));
	item->binding = need->binding;
}

void graft_policy_apply(struct graft_place *place)
{
	const struct rule *rule = find_rule(place);
	struct graft_item *item = place->item;

	if ((rule->kind != ANY || place->kind == REFERENCE_OTHER ||
	     rule->act == graft_act_needed) &&
	    graft_keep_references(place))
		return;
	item->binding = rule->binding;
	if (place->refs.n_refs && rule->verdict != GRAFT_COPY)
		graft_set(place, rule->verdict, "%s: %s", rule->reason, graft_target_names(place));
	else
		graft_set(place, rule->verdict, "%s", rule->reason);
	if (rule->act)
		rule->act(place);
	else if (rule->verdict == GRAFT_COPY)
		graft_copy(place);
	note_need(place);
	if (item->verdict == GRAFT_ASK && !item->option[0])
		offer_drop(place);
}
