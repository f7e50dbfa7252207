// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/shared.h"

/*
 * TIMER_OF_DECLARE() in drivers/clocksource/ of Linux 6.12. Most files take each node that matches,
 * some the first ones alone: timer_probe() goes through the tree in order.
 */
/* clang-format off */
#define FIRST(n, file, compatibles) { file, compatibles, n, { NULL, NULL } }
#define ALL(file, compatibles)	    FIRST(0, file, compatibles)

static const struct {
	const char *file;
	const char *compatibles;
	unsigned int n;            /* the first so many; 0: all */
	const char *parent_has[2]; /* so marked for it; NULL: nothing */
} timers[] = {
	ALL("arm_arch_timer.c", "arm,armv7-timer* arm,armv8-timer"),
	ALL("arm_global_timer.c", "arm,cortex-a9-global-timer"),
	ALL("bcm2835_timer.c", "brcm,bcm2835-system-timer"),
	ALL("dw_apb_timer_of.c", "snps,dw-apb-timer* picochip,pc3x2-timer"),
	ALL("exynos_mct.c", "samsung,exynos4210-mct samsung,exynos4412-mct"),
	ALL("renesas-ostm.c", "renesas,ostm"),
	ALL("timer-armada-370-xp.c", "marvell,armada-37[05]-timer marvell,armada-xp-timer"),
	ALL("timer-fttmr010.c", "aspeed,ast2[456]00-timer faraday,fttmr010"),
	/* mxc_timer_init_dt() */
	FIRST(1, "timer-imx-gpt.c", "fsl,imx*-gpt"),
	ALL("timer-imx-sysctr.c", "nxp,sysctr-timer nxp,imx95-sysctr-timer"),
	ALL("timer-mediatek.c", "mediatek,mt6577-timer mediatek,mt6765-timer"),
	ALL("timer-mediatek-cpux.c", "mediatek,mt6795-systimer"),
	ALL("timer-meson6.c", "amlogic,meson6-timer"),
	ALL("timer-orion.c", "marvell,orion-timer"),
	/* rk_timer_init(): one for events, one as a source */
	FIRST(2, "timer-rockchip.c", "rockchip,rk3288-timer rockchip,rk3399-timer"),
	FIRST(1, "timer-sp804.c", "arm,sp804 hisilicon,sp804"),
	ALL("timer-stm32.c", "st,stm32-timer"),
	ALL("timer-sun4i.c", "allwinner,sun4i-a10-timer allwinner,sun8i-*-timer"),
	ALL("timer-tegra.c", "nvidia,tegra20-timer nvidia,tegra210-timer"),
	ALL("timer-ti-32k.c", "ti,omap-counter32k"),
	/* dmtimer_is_preferred() */
	{ "timer-ti-dm-systimer.c",
	  "ti,omap*-timer ti,am335x-timer* ti,dm81[46]-timer",
	  0,
	  { "ti,no-reset-on-init", "ti,no-idle" } },
	ALL("timer-vt8500.c", "via,vt8500-timer"),
};
/* clang-format on */

static bool is_one(size_t row, const struct host_node *node)
{
	return host_node_matches(node, timers[row].compatibles) && host_node_is_available(node);
}

static bool is_marked(size_t row, const struct host_node *node)
{
	for (size_t i = 0; i < n_elems(timers[row].parent_has); i++)
		if (timers[row].parent_has[i] &&
		    (!node->parent || !host_node_has(node->parent, timers[row].parent_has[i])))
			return false;
	return true;
}

/* One of the first that Linux finds. */
static bool is_early(const struct host_tree *tree, size_t row, const struct host_node *node)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < node->index && timers[row].n && n < timers[row].n; i++)
		n += is_one(row, tree->nodes[i]);
	return !timers[row].n || n < timers[row].n;
}

bool host_is_early_timer(const struct host_node *node)
{
	for (size_t row = 0; row < n_elems(timers); row++)
		if (host_node_matches(node, timers[row].compatibles))
			return true;
	return false;
}

const char *host_kernel_timer(const struct host_tree *tree, const struct host_node *node)
{
	for (size_t row = 0; row < n_elems(timers); row++)
		if (is_one(row, node) && is_marked(row, node) && is_early(tree, row, node))
			return timers[row].file;
	return NULL;
}
