/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_GIC_H
#define GUEST_LIB_GIC_H

/* GICv2 (Arm IHI 0048) and GICv3 (Arm IHI 0069), whichever the device tree has. */
#include <stdbool.h>
#include <stdint.h>

#define GICD_CTLR           0x0000
#define GICD_CTLR_RWP       (1U << 31)
#define GICD_CTLR_V3_ENABLE 0x12 /* ARE, EnableGrp1: one security state */
#define GICD_TYPER          0x0004
/* The same offsets hold in the SGI frame of a GICv3 redistributor. */
#define GICD_IGROUPR        0x0080
#define GICD_ISENABLER      0x0100
#define GICD_ICENABLER      0x0180
#define GICD_ISPENDR        0x0200
#define GICD_ICPENDR        0x0280
#define GICD_ISACTIVER      0x0300
#define GICD_IPRIORITYR     0x0400
#define GICD_ITARGETSR      0x0800
#define GICD_ICFGR          0x0c00
#define GICD_SGIR           0x0f00
#define GICD_SPENDSGIR      0x0f20
#define GICD_IROUTER        0x6000

#define GICC_CTLR 0x00
#define GICC_PMR  0x04
#define GICC_BPR  0x08
#define GICC_IAR  0x0c
#define GICC_EOIR 0x10
#define GICC_RPR  0x14
#define GICC_ABPR 0x1c
#define GICC_APR  0xd0

#define GICR_TYPER      0x0008
#define GICR_TYPER_LAST (1U << 4)
#define GICR_WAKER      0x0014
#define GICR_SGI_FRAME  0x10000
#define GICR_STRIDE     0x20000

#define GIC_SPURIOUS 1020 /* this and above: no interrupt */

/* Finds the GIC, in order once on the boot CPU; touches nothing. */
void gic_find(void);

unsigned int gic_version(void);
uintptr_t gic_dist(void);
uintptr_t gic_cpu_interface(void);

/* Number of INTIDs, SGIs and PPIs included. */
unsigned int gic_n_intids(void);

/*
 * Where the registers of SGIs and PPIs of the calling CPU are: v3: its SGI frame, v2: the
 * distributor.
 */
uintptr_t gic_private_bank(void);

/*
 * Turns on the distributor, once; then each CPU turns on its interface, all priorities let
 * through.
 */
void gic_init_dist(void);
void gic_init_cpu(void);

/* Configures, routes an SPI to the calling CPU, enables. */
void gic_enable(unsigned int intid, bool edge);
void gic_disable(unsigned int intid);

/* Sends SGI @intid to the CPU with this MPIDR. */
void gic_send_sgi(uint64_t mpidr, unsigned int intid);

/* What was acknowledged is handed back to gic_end() as it is; its INTID is in bits 9:0. */
unsigned int gic_acknowledge(void);
void gic_end(unsigned int iar);

#endif
