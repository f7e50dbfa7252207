/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of quiet.h, which alone includes it. Each kind of device names the sources of its
 * steps; docs/module.md says which were run.
 */
/* clang-format off */
#define ALL 0xffffffff
#define END                                   { QUIET_END, 0, 0, 0, 0, 0, 0, 0, NULL }
#define SET(at, bits, to)                     { QUIET_SET, 0, 0, 0, at, 0, bits, to, NULL }
#define WAIT(at, bits, to, ms, what)          { QUIET_WAIT, 0, 0, 0, at, ms, bits, to, what }
#define WHILE(at, bits, is, ms, what)         { QUIET_WHILE, 0, 0, 0, at, ms, bits, is, what }
#define EACH_SET(at, by, bits, to)            { QUIET_SET, 1, by, 0, at, 0, bits, to, NULL }
#define EACH_SET_N(at, shift, to)             { QUIET_SET, 1, 0, shift, at, 0, ALL, to, NULL }
#define EACH_WAIT(at, by, bits, to, ms, but)  { QUIET_WAIT, 1, by, 0, at, ms, bits, to, but }
#define EACH_UNLESS(at, by, bits, to)         { QUIET_UNLESS, 1, by, 0, at, 0, bits, to, NULL }

/*
 * PL330, Arm DDI 0424D: INTEN 0x20, INT_EVENT_RIS 0x24, INTMIS 0x28, INTCLR 0x2c, which clears what
 * INTEN has of the events (one that is left over brings Linux's driver down); DSR 0 and CSRn 0x100,
 * whose 3:0 are 0 if the manager, or channel n, is stopped; CR0 0xe00, 6:4: channels less one.
 * DBGCMD 0xd04 runs what is in 23:16 of DBGINST0 0xd08 (1: DMAKILL) for the channel in 10:8, or
 * without 0 for the manager; DBGSTATUS 0xd00, 0: it does.
 */
static const struct quiet_step pl330_rest[] = {
	SET(0x20, ALL, 0),
	EACH_UNLESS(0x100, 8, 0xf, 0),
	EACH_WAIT(0xd00, 0, 0x1, 0, 100, "its debug instruction does not end"),
	EACH_SET_N(0xd08, 8, 0x00010001),
	EACH_SET(0xd0c, 0, ALL, 0),
	EACH_SET(0xd04, 0, ALL, 0),
	EACH_WAIT(0x100, 8, 0xf, 0, 1000, "a channel does not stop"),
	WAIT(0xd00, 0x1, 0, 100, "its debug instruction does not end"),
	SET(0xd08, ALL, 0x00010000),
	SET(0xd0c, ALL, 0),
	SET(0xd04, ALL, 0),
	WAIT(0x000, 0xf, 0, 1000, "its manager thread does not stop"),
	EACH_WAIT(0x100, 8, 0xf, 0, 0, "a channel was started again"),
	SET(0x20, ALL, ALL),
	SET(0x2c, ALL, ALL),
	WAIT(0x24, ALL, 0, 100, "an event stays"),
	SET(0x20, ALL, 0),
	WAIT(0x28, ALL, 0, 10, "an interrupt stays up"),
	END
};

/*
 * AHCI 1.3.1: GHC 0x04 (HR 0, IE 1, AE 31), PI 0x0c; of each port PxIE 0x114, PxCMD 0x118 (ST 0,
 * FRE 4, FR 14, CR 15), 0x80 from those of the port before.
 */
static const struct quiet_step ahci_rest[] = {
	SET(0x04, 0x2, 0),
	EACH_SET(0x114, 0x80, ALL, 0),
	EACH_SET(0x118, 0x80, 0x1, 0),
	EACH_WAIT(0x118, 0x80, 0x8000, 0, 500, "a port works on commands"),
	EACH_SET(0x118, 0x80, 0x10, 0),
	EACH_WAIT(0x118, 0x80, 0x4000, 0, 500, "a port receives"),
	END
};

static const struct quiet_step ahci_reset[] = {
	SET(0x04, 0x80000000, 0x80000000),
	SET(0x04, 0x1, 0x1),
	WAIT(0x04, 0x1, 0, 1000, "its reset does not end"),
	END
};

/*
 * SD Host Controller Simplified Specification 3.00: present state 0x24 (commands, data inhibited
 * 1:0, data line active 2, write 8, read 9), software reset 0x2f (all: 0, which is bit 24 of 0x2c),
 * interrupt signals 0x38. An uSDHC has them in the same places (i.MX 8M Plus RM, 10.3).
 */
static const struct quiet_step sdhci_rest[] = {
	SET(0x38, ALL, 0),
	WAIT(0x24, 0x307, 0, 100, "a transfer is under way"),
	END
};

static const struct quiet_step sdhci_reset[] = {
	SET(0x2c, 0x1000000, 0x1000000),
	WAIT(0x2c, 0x1000000, 0, 100, "its reset does not end"),
	END
};

/*
 * PL011, Arm DDI 0183G: IMSC 0x38, MIS 0x40, ICR 0x44, DMACR 0x48. It is not reset: guests count on
 * the rate that firmware has set.
 */
static const struct quiet_step pl011_rest[] = {
	SET(0x48, ALL, 0),
	SET(0x38, ALL, 0),
	SET(0x44, ALL, 0x7ff),
	WAIT(0x40, 0x7ff, 0, 10, "an interrupt stays up"),
	END
};

/* PL031, Arm DDI 0224C: IMSC 0x10, MIS 0x18, ICR 0x1c. Its time goes on. */
static const struct quiet_step pl031_rest[] = {
	SET(0x10, ALL, 0),
	SET(0x1c, ALL, 1),
	WAIT(0x18, 0x1, 0, 10, "an interrupt stays up"),
	END
};

/*
 * Calxeda's XGMAC, drivers/net/ethernet/calxeda/xgmac.c of Linux 6.12: control 0 (receiver 2,
 * transmitter 3), interrupts 0x3c (23: not those of power management); of its DMA, bus mode 0xf00
 * (reset 0), status 0xf14 (state of reception 19:17, of transmission 22:20), control 0xf18
 * (reception 1, transmission 13) and interrupts 0xf1c.
 */
static const struct quiet_step xgmac_rest[] = {
	SET(0xf1c, ALL, 0),
	SET(0x3c, 0x800000, 0x800000),
	SET(0x00, 0xc, 0),
	SET(0xf18, 0x2002, 0),
	WAIT(0xf14, 0x7e0000, 0, 100, "its DMA does not stop"),
	END
};

static const struct quiet_step xgmac_reset[] = {
	SET(0xf00, 0x1, 0x1),
	WAIT(0xf00, 0x1, 0, 100, "its reset does not end"),
	END
};

/* amd-xgbe, drivers/net/ethernet/amd/xgbe/xgbe-common.h of Linux 6.12: DMA mode 0x3000 (reset 0) */
static const struct quiet_step xgbe_reset[] = {
	SET(0x3000, 0x1, 0x1),
	WAIT(0x3000, 0x1, 0, 1000, "its reset does not end"),
	END
};

/*
 * DWC Ethernet, dwmac_dma.h and dwmac4_dma.h of drivers/net/ethernet/stmicro/stmmac of Linux 6.12:
 * DMA bus mode 0x1000 (reset 0)
 */
static const struct quiet_step dwmac_reset[] = {
	SET(0x1000, 0x1, 0x1),
	WAIT(0x1000, 0x1, 0, 1000, "its reset does not end (has it the clock of its PHY?)"),
	END
};

/*
 * Cadence GEM, drivers/net/ethernet/cadence/macb.h of Linux 6.12 and Xilinx UG1087: network control
 * 0 (reception 2, transmission 3), transmit status 0x14 (go 3), interrupts off 0x2c; queues from
 * the second on in 7:1 of 0x294, their interrupts off 0x620 and following.
 */
static const struct quiet_step gem_rest[] = {
	SET(0x2c, ALL, ALL),
	EACH_SET(0x61c, 4, ALL, ALL),
	SET(0x00, 0xc, 0),
	WAIT(0x14, 0x8, 0, 100, "it transmits"),
	WAIT(0x00, 0xc, 0, 10, "it does not stop"),
	END
};

/*
 * A GEM has no bit for a reset. This is what Linux' driver takes for one before it begins
 * (macb_reset_hw() of macb_main.c): statistics cleared (5 of network control), then transmit status
 * 0x14, receive status 0x20 and interrupts 0x24, those of the other queues at 0x400 and following.
 */
static const struct quiet_step gem_reset[] = {
	SET(0x2c, ALL, ALL),
	EACH_SET(0x61c, 4, ALL, ALL),
	SET(0x00, 0xc, 0),
	SET(0x00, 0x20, 0x20),
	SET(0x14, ALL, ALL),
	SET(0x20, ALL, ALL),
	SET(0x24, ALL, ALL),
	EACH_SET(0x3fc, 4, ALL, ALL),
	WAIT(0x14, 0x8, 0, 100, "it transmits"),
	END
};

/* FEC, i.MX 8M Plus RM, 11.3: EIMR 0x08, ECR 0x24 (reset 0, enable 1) */
static const struct quiet_step fec_rest[] = {
	SET(0x08, ALL, 0),
	SET(0x24, 0x2, 0),
	WAIT(0x24, 0x2, 0, 100, "it does not stop"),
	END
};

static const struct quiet_step fec_reset[] = {
	SET(0x24, 0x1, 0x1),
	WAIT(0x24, 0x1, 0, 100, "its reset does not end"),
	END
};

/* xHCI 1.2, 5.4: USBCMD 0 (run 0, reset 1, interrupts 2), USBSTS 4 (halted 0, not ready 11) */
static const struct quiet_step xhci_rest[] = {
	SET(0x00, 0x5, 0),
	WAIT(0x04, 0x1, 0x1, 100, "it does not halt"),
	END
};

static const struct quiet_step xhci_reset[] = {
	SET(0x00, 0x2, 0x2),
	WAIT(0x00, 0x2, 0, 1000, "its reset does not end"),
	WAIT(0x04, 0x800, 0, 1000, "it is not ready after its reset"),
	END
};

/* EHCI 1.0, 2.3: USBCMD 0 (run 0, reset 1), USBSTS 4 (halted 12), USBINTR 8 */
static const struct quiet_step ehci_rest[] = {
	SET(0x08, ALL, 0),
	SET(0x00, 0x1, 0),
	WAIT(0x04, 0x1000, 0x1000, 100, "it does not halt"),
	END
};

static const struct quiet_step ehci_reset[] = {
	SET(0x00, 0x2, 0x2),
	WAIT(0x00, 0x2, 0, 1000, "its reset does not end"),
	END
};

/*
 * A channel of a ZDMA (ADMA, GDMA), AMD UG1087 and UG1085, "Channel Disabled": interrupts 0x100, off
 * 0x10c, control 0x110 (continue 1; 0x80 after a reset), status 0x11c (1:0, 0 done, 1 paused, 2
 * busy, 3 ended by an error), enable 0 of 0x200. One that is not enabled does what it has begun,
 * and ends; if it is paused, when told to continue. Nothing stops a list that has no end.
 */
static const struct quiet_step zdma_rest[] = {
	SET(0x10c, ALL, 0xfff),
	SET(0x200, ALL, 0),
	SET(0x110, 0x2, 0x2),
	WHILE(0x11c, 0x3, 0x1, 100, "it is paused"),
	WHILE(0x11c, 0x3, 0x2, 1000, "a transfer is under way"),
	SET(0x110, ALL, 0x80),
	SET(0x100, ALL, 0xfff),
	WAIT(0x100, 0xfff, 0, 10, "an interrupt stays up"),
	END
};

/* All threads stopped and no event enabled is the state of a PL330 after a reset. */
static const struct quiet_kind pl330 = {
	.rest = pl330_rest, .reset = pl330_rest, .counted = 1, .units = 0xe00, .units_mask = 0x70,
};

static const struct quiet_kind ahci = {
	.rest = ahci_rest, .reset = ahci_reset, .units = 0x0c, .units_mask = ALL,
};

static const struct quiet_kind sdhci = { .rest = sdhci_rest, .reset = sdhci_reset, };
static const struct quiet_kind pl011 = { .rest = pl011_rest, };
static const struct quiet_kind pl031 = { .rest = pl031_rest, };
static const struct quiet_kind xgmac = { .rest = xgmac_rest, .reset = xgmac_reset, };
static const struct quiet_kind xgbe = { .rest = xgbe_reset, .reset = xgbe_reset, };
static const struct quiet_kind dwmac = { .rest = dwmac_reset, .reset = dwmac_reset, };

static const struct quiet_kind gem = {
	.rest = gem_rest, .reset = gem_reset, .units = 0x294, .units_mask = 0xfe,
};

static const struct quiet_kind fec = { .rest = fec_rest, .reset = fec_reset, };
static const struct quiet_kind xhci = { .rest = xhci_rest, .reset = xhci_reset, .based = 1, };
static const struct quiet_kind ehci = { .rest = ehci_rest, .reset = ehci_reset, .based = 1, };
static const struct quiet_kind zdma = { .rest = zdma_rest, };

/* A device is of the first kind here that its node names. */
static const struct {
	const char *compatible;
	const struct quiet_kind *kind;
} quiet_kinds[] = {
	{ "arm,pl330", &pl330 },
	{ "generic-ahci", &ahci },
	{ "calxeda,hb-ahci", &ahci },
	{ "cavium,octeon-7130-ahci", &ahci },
	{ "ceva,ahci-1v84", &ahci },
	{ "hisilicon,hisi-ahci", &ahci },
	{ "snps,dwc-ahci", &ahci },
	{ "arasan,sdhci-4.9a", &sdhci },
	{ "arasan,sdhci-5.1", &sdhci },
	{ "arasan,sdhci-8.9a", &sdhci },
	{ "brcm,bcm2711-emmc2", &sdhci },
	{ "fsl,imx7d-usdhc", &sdhci },
	{ "fsl,imx8mm-usdhc", &sdhci },
	{ "rockchip,rk3399-sdhci-5.1", &sdhci },
	{ "rockchip,rk3568-dwcmshc", &sdhci },
	{ "rockchip,rk3588-dwcmshc", &sdhci },
	{ "snps,dwcmshc-sdhci", &sdhci },
	{ "xlnx,versal-8.9a", &sdhci },
	{ "xlnx,zynqmp-8.9a", &sdhci },
	{ "arm,pl011", &pl011 },
	{ "arm,pl031", &pl031 },
	{ "calxeda,hb-xgmac", &xgmac },
	{ "amd,xgbe-seattle-v1a", &xgbe },
	{ "snps,dwmac", &dwmac },
	{ "snps,dwmac-3.70a", &dwmac },
	{ "snps,dwmac-4.10a", &dwmac },
	{ "snps,dwmac-4.20a", &dwmac },
	{ "snps,dwmac-5.10a", &dwmac },
	{ "rockchip,rk3399-gmac", &dwmac },
	{ "cdns,gem", &gem },
	{ "cdns,zynqmp-gem", &gem },
	{ "xlnx,versal-gem", &gem },
	{ "xlnx,zynqmp-gem", &gem },
	{ "fsl,imx6q-fec", &fec },
	{ "fsl,imx6sx-fec", &fec },
	{ "generic-xhci", &xhci },
	{ "generic-ehci", &ehci },
	{ "xlnx,zynqmp-dma-1.0", &zdma },
};

#undef ALL
#undef SET
#undef WAIT
#undef WHILE
#undef EACH_SET
#undef EACH_SET_N
#undef EACH_WAIT
#undef EACH_UNLESS
#undef END
/* clang-format on */
