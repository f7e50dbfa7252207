// SPDX-License-Identifier: GPL-2.0-only
/*
 * What bindings say of properties by their names: whether there are phandles in them, of what, and
 * where (as drivers/of/property.c knows it).
 */
#include "fdt/host/reference_parts.h"

#include <fnmatch.h>
#include <string.h>

#include "vmm/base/range.h"
#include "vmm/base/str.h"

/* clang-format off */
#define RULE(kind, layout, cells, n, patterns) { patterns, cells, REFERENCE_##kind, LAYOUT_##layout, n }
#define CELLS(kind, cells, patterns)	 RULE(kind, LIST, cells, -1, patterns)
#define EITHER(kind, cells, n, patterns) RULE(kind, LIST, cells, n, patterns)
#define PLAIN(kind, patterns)		 RULE(kind, LIST, NULL, 0, patterns)
#define ARGS(kind, n, patterns)		 RULE(kind, LIST, NULL, n, patterns)
#define ONE(kind, patterns)		 RULE(kind, ONE, NULL, 0, patterns)
#define LINES(kind, layout, patterns)	 RULE(kind, layout, NULL, 0, patterns)
#define SCALAR(patterns)		 RULE(NONE, NONE, NULL, 0, patterns)

/*
 * From of_supplier_bindings[] in drivers/of/property.c, dt-schema, and the bindings of Linux 6.12
 * whose properties stand in its arm and arm64 trees. The first match counts.
 */
static const struct reference_rule rules[] = {
	/* dt-schema: consumers */
	CELLS(CLOCK, "#clock-cells", "clocks assigned-clocks assigned-clock-parents"),
	CELLS(RESET, "#reset-cells", "resets"),
	CELLS(POWER_DOMAIN, "#power-domain-cells", "power-domains"),
	EITHER(OPP, "#performance-domain-cells", 0, "performance-domains"),
	PLAIN(OPP, "operating-points-v2 required-opps"),
	PLAIN(PINCTRL, "pinctrl-[0-9] pinctrl-[0-9][0-9] ste,config"),
	LINES(PINCTRL, FOURTH_OF_4, "rockchip,pins"),
	CELLS(DMA, "#dma-cells", "dmas"),
	PLAIN(DMA, "dma-masters ti,unmapped-event-sources"),
	CELLS(PHY, "#phy-cells", "phys"),
	PLAIN(PHY,
		"phy-handle phy phy-device usb-phy *,usbphy *pcs-handle pcsphy-handle tbi-handle "
		"sfp"),
	CELLS(IOMMU, "#iommu-cells", "iommus"),
	LINES(IOMMU, SECOND_OF_4, "iommu-map"),
	PLAIN(IOMMU, "mediatek,larb mediatek,larbs mediatek,smi"),
	ONE(IOMMU, "renesas,ipmmu-main qcom,stream-id-range"),
	EITHER(MSI, "#msi-cells", 0, "msi-parent"),
	LINES(MSI, SECOND_OF_4, "msi-map"),
	ONE(MSI, "msi-ranges"),
	PLAIN(INTERRUPT, "interrupt-parent wakeup-parent"),
	CELLS(INTERRUPT, "#interrupt-cells", "interrupts-extended"),
	LINES(INTERRUPT, INTERRUPT_MAP, "interrupt-map"),
	PLAIN(MEMORY, "memory-region *sram iram *,iram shmem qcom,rpm-msg-ram"),
	EITHER(NVMEM, "#nvmem-cell-cells", 0, "nvmem-cells"),
	PLAIN(NVMEM, "nvmem"),
	CELLS(MAILBOX, "#mbox-cells", "mboxes"),
	PLAIN(MAILBOX, "qcom,qmp"),
	ONE(MAILBOX, "qcom,ipc*"),
	CELLS(INTERCONNECT, "#interconnect-cells", "interconnects"),
	PLAIN(INTERCONNECT, "qcom,bcm-voters"),
	CELLS(THERMAL, "#thermal-sensor-cells", "thermal-sensors"),
	CELLS(THERMAL, "#cooling-cells", "cooling-device"),
	PLAIN(THERMAL, "trip"),
	PLAIN(GRAPH, "remote-endpoint ports dais"),
	CELLS(OTHER, "#io-channel-cells", "io-channels"),
	CELLS(OTHER, "#io-backend-cells", "io-backends"),
	CELLS(OTHER, "#pwm-cells", "pwms"),
	CELLS(OTHER, "#hwlock-cells", "hwlocks"),
	EITHER(OTHER, "#mux-control-cells", 0, "mux-controls"),
	CELLS(OTHER, "#mux-state-cells", "mux-states"),
	CELLS(OTHER, "#access-controller-cells", "access-controllers"),
	CELLS(OTHER, "#pse-cells", "pses"),
	CELLS(OTHER, "#qcom,smem-state-cells", "qcom,smem-states"),
	EITHER(OTHER, "#trigger-source-cells", 0, "trigger-sources"),
	EITHER(OTHER, "#sound-dai-cells", 0, "sound-dai"),

	/* dt-schema: suffixes; a number in "nr-gpios" */
	PLAIN(SUPPLY, "*-supply"),
	SCALAR("*,nr-gpios"),
	CELLS(GPIO, "#gpio-cells", "gpios gpio *-gpios *-gpio ti,*_gpio"),
	ARGS(GPIO, 3, "gpio-ranges"),

	/* by phandle alone, or with numbers behind it, by the bindings of single devices */
	ONE(SYSCON,
		"*syscon* regmap* *sysreg* *,syscfg* *-gpr gpr fsl,stop-mode qcom,halt-regs "
		"qcom,dload-mode nvidia,pmc phy-select intf_mode ti,bootreg ti,camerrx-control "
		"qcom,*-regs qcom,*-sel"),
	PLAIN(SYSCON, "*,*grf *,infracfg *,pericfg fsl,anatop fsl,tempmon nvidia,apbmisc"),
	EITHER(OTHER, "#index-cells", 1, "fsl,usbmisc"),
	ARGS(OTHER, 3, "mediatek,gce-client-reg"),
	ARGS(OTHER, 1, "renesas,vsps queue-rx queue-txready ti,tptcs"),
	ONE(OTHER, "qcom,freq-domain*"),
	PLAIN(OTHER,
		"extcon post-init-providers power-supplies cpu cpus affinity interrupt-affinity "
		"next-level-cache l2-cache cpu-idle-states domain-idle-states *i2c-bus i2c-parent "
		"*ddc mmc-pwrseq backlight panel leds native-mode monitored-battery "
		"regulator-coupled-with ethernet companion peer-hub mdio-parent-bus *-master "
		"*-codec *-controller *-controllers *aux-devs *-engine *-phandle *-handle "
		"devfreq* cci-control-port *-parent fpga-mgr snps,axi-config snps,mtl-rx-config "
		"snps,mtl-tx-config renesas,fcp ti,sci nvidia,bpmp buffer-manager pm_qos "
		"fsl,input-sel nvidia,outputs allwinner,pipelines ti,*timers ti,prus "
		"arm,cs-dev-assoc *audio-cpu"),

	/* dt-schema: numbers, by name and by unit (property-units.yaml) */
	SCALAR(
		"reg ranges dma-ranges phandle linux,phandle interrupts interrupt-map-mask #* "
		"*-bits *-kbps *-kBps *-percent *hz *-ms *-us *-ns *-ps *-sec *-ohms *-micro* "
		"*-milli* *-frequency *-rate *-rates *-delay* *_delay* *-size* *-width *-depth "
		"*-shift *-mask *-count *-lanes *-channels *-channel *-requests *-speed *-latency "
		"*-level* *-strength *-threshold* *-index* *-indices *-id *-ids *-address *-mode "
		"*-num* num-* nr-* max-* min-* *,num-* *,nr-* *,max-* *,min-* *-sets *-cfg *-pins "
		"*,pins pinmux bus-range opp-* snps,* linux,* *-periphid bits clock-div "
		"clock-mult color ngpios type *-coefficient *-interval *-ranges *-range *-range-* "
		"*-array *-table-* *-calibration *-timing *-cycles *-mult *-gate *-port *-masks "
		"mediatek,gce-events nvidia,em* qcom,domain samsung,pin-* ti,mbox-* ti,sysc-* "
		"ti,dividers"),
};
/* clang-format on */

const struct reference_rule *reference_rules(size_t *n)
{
	*n = n_elems(rules);
	return rules;
}

/*
 * The patterns of all rules, one by one and taken apart, because every name is held against all of
 * them; read once, by the one thread that has to do with trees.
 */
struct pattern {
	const struct reference_rule *rule; /* NULL: behind the last */
	const char *text;
	unsigned char size, head, tail; /* of @text; before what is special, behind the last star */
	bool is_word;                   /* @text, of "*TEXT*" */
};

#define MAX_PATTERNS 512
#define MAX_SIZE     64 /* of a pattern, and of a name that is remembered */

static struct pattern make_pattern(const struct reference_rule *rule, const char *text, size_t size)
{
	struct pattern p = { .rule = rule, .text = text, .size = (unsigned char)size };
	size_t star = size;

	while (star && text[star - 1] != '*')
		star--;
	p.tail = star ? (unsigned char)(size - star) : 0;
	p.head = (unsigned char)strcspn(text, "*[ ");
	p.is_word = !p.head && strcspn(text + 1, "*[ ") == size - 2;
	p.text += p.is_word;
	p.size -= 2 * p.is_word;
	return p;
}

static void read_patterns(struct pattern *p)
{
	for (size_t i = 0; i < n_elems(rules); i++) {
		for (const char *at = rules[i].patterns, *end; *at; at = end + (*end == ' ')) {
			end = strchrnul(at, ' ');
			*p++ = make_pattern(&rules[i], at, (size_t)(end - at));
		}
	}
}

static bool is_match(const struct pattern *p, const char *name, size_t n)
{
	char text[MAX_SIZE];

	if (n < (size_t)p->head + p->tail || memcmp(name, p->text, p->head) != 0 ||
	    memcmp(name + n - p->tail, p->text + p->size - p->tail, p->tail) != 0)
		return false;
	*(char *)mempcpy(text, p->text, p->size) = '\0';
	return p->is_word ? strstr(name, text) != NULL : fnmatch(text, name, 0) == 0;
}

static const struct reference_rule *search(const char *name, size_t n)
{
	static struct pattern patterns[MAX_PATTERNS];

	if (!patterns[0].rule)
		read_patterns(patterns);
	for (const struct pattern *p = patterns; p->rule; p++)
		if ((!p->head || *p->text == *name) &&
		    (!p->tail || p->text[p->size - 1] == name[n - 1]) && is_match(p, name, n))
			return p->rule;
	return NULL;
}

/* Trees have some hundred names, and each of them often. */
#define N_NAMES    1024
#define MAX_PROBES 8

static unsigned int hash(const char *name)
{
	uint32_t h = 5381; /* Bernstein's */

	for (; *name; name++)
		h = 33 * h + (unsigned char)*name;
	return h;
}

const struct reference_rule *reference_rule_find(const char *name)
{
	/* at a name's hash, or soon after it */
	static struct known {
		const struct reference_rule *rule;
		char name[MAX_SIZE - sizeof(void *)]; /* "": none */
	} names[N_NAMES + MAX_PROBES];
	struct known *known = &names[hash(name) % N_NAMES];

	for (unsigned int i = 0; i < MAX_PROBES && known->name[0]; i++, known++)
		if (strcmp(known->name, name) == 0)
			return known->rule;
	known->rule = search(name, strlen(name));
	if (!str_copy(known->name, sizeof(known->name), name))
		known->name[0] = '\0'; /* too long to be remembered */
	return known->rule;
}

const char *reference_kind_name(enum reference_kind kind)
{
	static const char names[][16] = {
		[REFERENCE_NONE] = "none",       [REFERENCE_CLOCK] = "clock",
		[REFERENCE_RESET] = "reset",     [REFERENCE_POWER_DOMAIN] = "power-domain",
		[REFERENCE_SUPPLY] = "supply",   [REFERENCE_PINCTRL] = "pinctrl",
		[REFERENCE_GPIO] = "gpio",       [REFERENCE_DMA] = "dma",
		[REFERENCE_PHY] = "phy",         [REFERENCE_IOMMU] = "iommu",
		[REFERENCE_MSI] = "msi",         [REFERENCE_INTERRUPT] = "interrupt",
		[REFERENCE_MEMORY] = "memory",   [REFERENCE_NVMEM] = "nvmem",
		[REFERENCE_MAILBOX] = "mailbox", [REFERENCE_INTERCONNECT] = "interconnect",
		[REFERENCE_OPP] = "opp",         [REFERENCE_THERMAL] = "thermal",
		[REFERENCE_GRAPH] = "graph",     [REFERENCE_SYSCON] = "syscon",
		[REFERENCE_OTHER] = "other",     [REFERENCE_UNKNOWN] = "unknown",
	};

	return names[kind];
}
