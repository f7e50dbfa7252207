// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "fdt/guest/graft_parts.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

static bool is_pci(const struct graft_place *place)
{
	return host_property_string_index(place->property, "pci") == 0;
}

static bool is_disabled(const struct graft_place *place)
{
	return !host_node_is_enabled(place->node);
}

static bool is_fec(const struct graft_place *place)
{
	return host_node_matches(place->node, "fsl,*-fec");
}

static bool is_mtu3(const struct graft_place *place)
{
	return host_node_matches(place->node, "mediatek,*mtu3");
}

static bool is_zap_shader(const struct graft_place *place)
{
	return strcmp(place->node->name, "zap-shader") == 0;
}

static bool is_one_of_several(const struct graft_place *place)
{
	const bool kept = place->device->facts.keeps_power && place->node == place->device->node;

	return place->refs.n_refs > 1 && !kept;
}

/* It has the same as one of the first @n references of the place. */
static bool has_same_stream(const struct graft_place *place, const struct reference_user *user,
			    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (graft_user_has(place, user, &place->refs.refs[i]))
			return true;
	return false;
}

static void name_sharers(struct graft_place *place, size_t n)
{
	const struct host_node *last = place->node;
	struct reference_user user;
	size_t at = 0;

	while (reference_next_same(place->graft->tree, place->property, &place->refs.refs[n], &at,
				   &user)) {
		if (user.node != place->node && user.node != last && user.kind == REFERENCE_IOMMU &&
		    !has_same_stream(place, &user, n))
			graft_append(place, "; in one IOMMU group with %s",
				     graft_path(place->graft, user.node));
		last = user.node;
	}
}

/*
 * Linux probes no IOMMU that is disabled, and takes the device for one without. Of devices with
 * the same stream it cannot tell whose DMA is whose: VFIO hands out all of them or none.
 */
static void act_iommu(struct graft_place *place)
{
	if (!host_node_has_iommu(place->graft->tree, place->node)) {
		graft_set(place, GRAFT_DROP,
			  "it is disabled on the host, too, so nothing confines the device's DMA: "
			  "%s",
			  graft_target_names(place));
		return;
	}
	for (size_t i = 0; GRAFT_REASONS && i < place->refs.n_refs; i++)
		name_sharers(place, i);
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
	const char *patterns;  /* of the property's name: str_matches() */
	unsigned char kind;    /* of what it points at, an enum reference_kind; ANY */
	unsigned char roles;   /* the rule holds for nodes of these, a bit each; 0: of any */
	unsigned char verdict; /* an enum graft_verdict */
	bool (*when)(const struct graft_place *place); /* and only then; NULL: always */
	const char *reason;
	/* What defines the property: a file of dt-schema, or below Linux's bindings directory. */
	const char *binding;
	/* Does it, and may find a verdict and a reason of its own; NULL: as the verdict says. */
	void (*act)(struct graft_place *place);
};

#define ANY 255

/* clang-format off */
#define RULE(p, k, v, r, b, ...) \
	{ .patterns = p, .kind = k, .verdict = GRAFT_##v, .reason = GRAFT_REASONS ? r : NULL, \
	  .binding = BUILT(PLAN) ? b : NULL, __VA_ARGS__ }
#define ONLY(role) .roles = 1 << GRAFT_ROLE_##role
#define NAMED(patterns, verdict, ...) RULE(patterns, ANY, verdict, __VA_ARGS__, )
#define KIND(kind, verdict, ...)      RULE("*", REFERENCE_##kind, verdict, __VA_ARGS__, )

/* First match wins: the conditional rules of a name come before the unconditional one. */
static const struct rule rules[] = {
	NAMED("compatible", COPY, "it is the same device",
	      "dt-core.yaml", .act = graft_act_compatible),
	NAMED("reg", REWRITE, "guest addresses",
	      "reserved-memory.yaml", ONLY(CARVEOUT),
	      .act = BUILT(CARVEOUT) ? graft_act_carveout : NULL),
	NAMED("reg", REWRITE, "guest addresses", "reg.yaml", .act = graft_act_reg),
	NAMED("#address-cells #size-cells", COPY, "its children's",
	      "dt-core.yaml", .act = graft_act_cells),
	NAMED("ranges", REWRITE, "children have guest addresses",
	      "dt-core.yaml", .act = graft_act_ranges),
	NAMED("dma-ranges", REWRITE, "as on the host, for its children",
	      "dt-core.yaml", .act = graft_act_dma_ranges),
	NAMED("interrupts", REWRITE, "guest interrupts",
	      "interrupts.yaml", .act = graft_act_interrupts),
	NAMED("interrupts-extended", DROP,
	      "\"interrupts\" replaces it: all are the GIC's in the guest",
	      "interrupts.yaml", .act = graft_act_interrupts),
	NAMED("interrupt-parent", DROP, "it is the GIC, as the root says",
	      "interrupts.yaml", .act = graft_act_interrupt_parent),
	NAMED("interrupt-affinity", DROP, "it names CPUs of the host", "arm/pmu.yaml"),
	NAMED("interrupt-map*", DROP, "nothing below it has an interrupt", "interrupts.yaml"),
	NAMED("msi-controller", REFUSE, NO_MSI, "interrupt-controller/msi.txt"),
	NAMED("dma-coherent", DROP, "its DMA is not coherent here",
	      "dt-core.yaml", ONLY(DEVICE), .act = graft_act_coherent),
	NAMED("dma-noncoherent", COPY, "its DMA is not coherent",
	      "dt-core.yaml", ONLY(DEVICE), .act = graft_act_coherent),
	NAMED("mac-address local-mac-address address", COPY, "plain data",
	      "net/ethernet-controller.yaml", ONLY(DEVICE), .act = graft_act_mac),
	NAMED("device_type", REFUSE,
	      "the windows of a PCI host bridge are not registers: VFIO platform cannot pass them",
	      "pci/pci-bus-common.yaml", ONLY(DEVICE), .when = is_pci),

	NAMED("arm,primecell-periphid", DROP,
	      "an id of the tree's own keeps the guest's driver off; the guest reads the device's",
	      "arm/primecell.yaml", ONLY(DEVICE)),
	NAMED("amd,serdes-*", COPY, "numbers of the SerDes", "net/amd-xgbe.txt"),
	NAMED("clocks", REPLACE, "fixed clocks of the host's rates",
	      "clock.yaml", .act = graft_act_clocks),
	NAMED("assigned-clock*", DROP, NO_CLOCK,
	      "clock.yaml", .act = BUILT(SCMI) ? graft_act_assigned : NULL),
	NAMED("clock-output-names", DROP,
	      "the guest names the clock by its node, of which there is one",
	      "clock.yaml", ONLY(DATA)),
	NAMED("*-names", COPY, "it names what is kept", "dt-core.yaml", .act = graft_act_names),

	NAMED("size alignment alloc-ranges", DROP, "reg says where it is",
	      "reserved-memory.yaml", ONLY(CARVEOUT)),
	NAMED("name phandle linux,phandle", DROP, NO_IDENTITY, "dt-core.yaml"),
	NAMED("status", REFUSE, "the host does not use it: there is no device",
	      "dt-core.yaml", ONLY(DEVICE), .when = is_disabled),
	NAMED("status", DROP, "the guest may use what was passed to it", "dt-core.yaml"),
	NAMED("secure-status", DROP, "the guest is not in the secure world", "arm/secure.txt"),
	NAMED("numa-node-id", DROP, "host memory is not the guest's", "numa.txt"),
	NAMED("wakeup-source", DROP, NO_WAKEUP, "power/wakeup-source.txt", ONLY(DEVICE)),
	NAMED("*syscon-wakeup", DROP, NO_WAKEUP, "usb/mediatek,mtu3.yaml", .when = is_mtu3),
	NAMED("*syscon-wakeup", DROP, NO_WAKEUP, "usb/mediatek,mtk-xhci.yaml"),
	NAMED("fsl,stop-mode", DROP, NO_WAKEUP, "net/fsl,fec.yaml", .when = is_fec),
	NAMED("fsl,stop-mode", DROP, NO_WAKEUP, "net/can/fsl,flexcan.yaml"),
	NAMED("st,syscfg-fmp", DROP, "the bus drivers stay as the host set them",
	      "i2c/st,stm32-i2c.yaml"),
	NAMED("required-opps", DROP, NO_TUNING, "power-domain-consumer.yaml"),
	NAMED("gpio-ranges*", DROP, NO_PINS, "gpio/gpio.txt"),

	NAMED("phy-handle phy-device pcs-handle* sfp", REFUSE, "it belongs to another bus",
	      "net/ethernet-controller.yaml", .act = graft_act_needed),

	KIND(RESET, DROP, "the reset line stays the host's; the device is reset through VFIO",
	      "reset.yaml", .act = BUILT(SCMI) ? graft_act_reset : NULL),
	/* genpd_dev_pm_attach() in drivers/pmdomain/core.c of Linux 6.12 leaves several to drivers. */
	KIND(POWER_DOMAIN, REFUSE,
	      "the host's driver powers them, and nobody when it is unbound, for VFIO does that for "
	      "one domain only; drop=power-domains is right where the host holds them on otherwise",
	      "power-domain-consumer.yaml", .when = is_one_of_several),
	KIND(POWER_DOMAIN, DROP, "VFIO powers it while it has the device open",
	      "power-domain-consumer.yaml", ONLY(DEVICE),
	      .act = BUILT(SCMI) ? graft_act_power_domain : NULL),
	KIND(POWER_DOMAIN, DROP, "power stays the host's", "power-domain-consumer.yaml"),
	KIND(SUPPLY, REPLACE, "a fixed regulator of the same voltage",
	      "regulator/regulator.yaml", .act = graft_act_supply),
	KIND(PINCTRL, DROP, NO_PINS, "pinctrl-consumer.yaml"),
	RULE("cd-gpios", REFERENCE_GPIO, DROP, "the pin of the card's switch stays the host's",
	     "mmc/mmc-controller.yaml", ),
	KIND(GPIO, DROP, "the pin stays as the host left it", "gpio-consumer.yaml"),
	KIND(DMA, DROP, "without a DMA engine the driver moves the data itself", "dma/dma.txt"),
	KIND(PHY, ASK, "the PHY stays the host's, whose driver may switch it off when unbound",
	      "phy-consumer.yaml"),
	KIND(IOMMU, DROP, "the guest has no IOMMU: the host's translates",
	     "iommu.yaml", .act = GRAFT_REASONS ? act_iommu : NULL),
	KIND(MSI, DROP, NO_MSI, "interrupt-controller/msi.txt"),
	KIND(INTERRUPT, DROP, NO_IDENTITY, "interrupts.yaml"),
	KIND(MEMORY, ASK, "without its firmware the GPU works only where nothing is secure",
	      "display/msm/gpu.yaml", .when = is_zap_shader),
	KIND(MEMORY, REFUSE, "host memory is not the guest's",
	      "reserved-memory.yaml", .act = graft_act_memory),
	KIND(NVMEM, ASK, "what is stored there stays the host's",
	      "nvmem-consumer.yaml", .act = graft_act_nvmem),
	KIND(MAILBOX, REFUSE, NO_PROVIDER, "mailbox/mailbox.txt", .act = graft_act_needed),
	KIND(INTERCONNECT, DROP, NO_TUNING, "interconnect/interconnect.txt"),
	KIND(OPP, DROP, NO_TUNING, "opp/opp-v2-base.yaml"),
	KIND(THERMAL, DROP, NO_TUNING, "thermal/thermal-cooling-devices.yaml"),
	KIND(GRAPH, DROP, "the role and the connector stay as they are",
	      "graph.yaml", .when = is_usb),
	KIND(GRAPH, REFUSE, "the guest does not have its partner",
	      "graph.yaml", .act = graft_act_graph),
	KIND(SYSCON, ASK,
	      "these registers stay as the host set them, but the driver may insist on them",
	      "mfd/syscon.yaml", .act = BUILT(SYSCON) ? graft_act_syscon : NULL),
	KIND(CLOCK, DROP, NO_CLOCK, "clock.yaml"),

	NAMED("access-controllers", DROP, "the host has opened its firewall",
	      "access-controllers/access-controllers.yaml"),
	NAMED("extcon", DROP, "the role and the connector stay as they are", "usb/usb.yaml"),
	KIND(OTHER, ASK, NO_PROVIDER, NULL),
	KIND(UNKNOWN, ASK, "one of its words is a phandle of", NULL),
	NAMED("*", COPY, "plain data", NULL),
};
/* clang-format on */

/* The first rule that holds for this property: the last one takes all. */
static const struct rule *find_rule(const struct graft_place *place)
{
	const struct rule *rule = rules;

	while ((rule->kind != ANY && rule->kind != place->kind) ||
	       !str_matches(place->property->name, rule->patterns) ||
	       (rule->roles && !(rule->roles >> place->role & 1)) ||
	       (rule->when && !rule->when(place)))
		rule++;
	return rule;
}

/* An option that takes back what was asked: dais knows no better one. */
static void offer_drop(struct graft_place *place)
{
	const char *prefix = graft_prefix(place->graft, place->device, place->node);

	if (place->item->guessed)
		graft_ask(place, "its words are plain numbers", "keep=%s%s", prefix,
			  place->property->name);
	graft_ask(place, "the guest's driver does without it", "drop=%s%s", prefix,
		  place->property->name);
}

/* Numbers 0 or -1: where it points at nothing on the host, the guest's driver finds the same. */
static bool is_hole(const struct graft_place *place)
{
	for (size_t i = 0; i < place->refs.n_refs; i++)
		if (!reference_is_hole(&place->refs.refs[i]))
			return false;
	return place->refs.n_refs;
}

void graft_policy_apply(struct graft_place *place)
{
	const struct rule *rule = find_rule(place);
	struct graft_item *item = place->item;
	bool insisted;

	if (rule->kind != ANY && !rule->act && is_hole(place)) {
		graft_set(place, GRAFT_COPY, "it points at nothing, as on the host");
		graft_copy(place);
		return;
	}
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
	insisted = BUILT(NEEDS) && graft_judge_need(place);
	if (item->verdict == GRAFT_ASK &&
	    (!item->n_options || (place->kind == REFERENCE_SYSCON && !insisted)))
		offer_drop(place);
}
