// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lib/gic.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/print.h"

static unsigned int version;
static int gic_node;
static uint64_t dist, cpu_interface;

void gic_find(void)
{
	uint64_t size;

	version = 3;
	gic_node = fdt_find_compatible(-1, "arm,gic-v3");
	if (gic_node < 0) {
		version = 2;
		gic_node = fdt_find_compatible(-1, "arm,cortex-a15-gic");
	}
	if (gic_node < 0)
		gic_node = fdt_find_compatible(-1, "arm,gic-400");
	CHECK(gic_node >= 0 && fdt_reg(gic_node, 0, &dist, &size), EXIT_NO_DEVICE, "no GIC");
	if (version == 2)
		fdt_reg(gic_node, 1, &cpu_interface, &size);
}

unsigned int gic_version(void)
{
	return version;
}

uintptr_t gic_dist(void)
{
	return dist;
}

uintptr_t gic_cpu_interface(void)
{
	return cpu_interface;
}

unsigned int gic_n_intids(void)
{
	unsigned int n = 32 * ((mmio_read32(dist + GICD_TYPER) & 31) + 1);

	return n < GIC_SPURIOUS ? n : GIC_SPURIOUS;
}

static uintptr_t redistributor(void)
{
	uint64_t mpidr = cpu_mpidr();
	uint32_t affinity = (uint32_t)(mpidr >> 8 & 0xff000000) | (mpidr & 0xffffff);
	uint64_t base, size;

	for (unsigned int n = 1; fdt_reg(gic_node, n, &base, &size); n++)
		for (uint64_t end_ = base + size; base < end_; base += GICR_STRIDE) {
			uint64_t typer = mmio_read64(base + GICR_TYPER);

			if (typer >> 32 == affinity)
				return base;
			if (typer & GICR_TYPER_LAST)
				break;
		}
	CHECK(0, EXIT_NO_DEVICE, "no redistributor for MPIDR %lx", (unsigned long)mpidr);
	return 0;
}

uintptr_t gic_private_bank(void)
{
	return version == 3 ? redistributor() + GICR_SGI_FRAME : dist;
}

void gic_init_dist(void)
{
	mmio_write32(dist + GICD_CTLR, version == 3 ? GICD_CTLR_V3_ENABLE : 1);
	while (version == 3 && mmio_read32(dist + GICD_CTLR) & GICD_CTLR_RWP)
		;
}

void gic_init_cpu(void)
{
	if (version == 2) {
		mmio_write32(cpu_interface + GICC_PMR, 0xff);
		mmio_write32(cpu_interface + GICC_CTLR, 1);
		return;
	}
	mmio_write32(redistributor() + GICR_WAKER, 0);
	while (mmio_read32(redistributor() + GICR_WAKER))
		;
	mmio_write32(gic_private_bank() + GICD_IGROUPR, ~0U);
	sysreg_write(icc_sre_el1, sysreg_read(icc_sre_el1) | 1);
	isb();
	sysreg_write(icc_pmr_el1, 0xff);
	sysreg_write(icc_igrpen1_el1, 1);
	isb();
}

/* Sets field @intid of @width bits in the registers at @at to @value. */
static void set_field(uintptr_t at, unsigned int intid, unsigned int width, uint32_t value)
{
	unsigned int per_register = 32 / width, shift = intid % per_register * width;
	uintptr_t reg = at + intid / per_register * 4;
	uint32_t mask = ((1U << width) - 1) << shift;

	mmio_write32(reg, (mmio_read32(reg) & ~mask) | value << shift);
}

void gic_enable(unsigned int intid, bool edge)
{
	uintptr_t bank = intid < 32 ? gic_private_bank() : dist;

	gic_disable(intid);
	set_field(bank + GICD_IPRIORITYR, intid, 8, 0x80);
	if (intid >= 16)
		set_field(bank + GICD_ICFGR, intid, 2, edge ? 2 : 0);
	if (version == 3)
		set_field(bank + GICD_IGROUPR, intid, 1, 1);
	if (intid >= 32 && version == 3)
		mmio_write64(dist + GICD_IROUTER + 8 * intid, cpu_mpidr());
	else if (intid >= 32) /* a private field reads as the calling CPU's own bit */
		set_field(dist + GICD_ITARGETSR, intid, 8,
			  mmio_read32(dist + GICD_ITARGETSR) & 0xff);
	mmio_write32(bank + GICD_ISENABLER + intid / 32 * 4, 1U << intid % 32);
}

void gic_disable(unsigned int intid)
{
	uintptr_t bank = intid < 32 ? gic_private_bank() : dist;

	mmio_write32(bank + GICD_ICENABLER + intid / 32 * 4, 1U << intid % 32);
}

void gic_send_sgi(uint64_t mpidr, unsigned int intid)
{
	dsb();
	if (version == 2) {
		mmio_write32(dist + GICD_SGIR, 1U << (16 + (mpidr & 7)) | intid);
		return;
	}
	/* ICC_SGI1R_EL1: Aff3 at 48, RS at 44, Aff2 at 32, INTID at 24, Aff1 at 16, target list. */
	sysreg_write(icc_sgi1r_el1, (mpidr >> 32 & 0xff) << 48 | (mpidr >> 4 & 0xf) << 44 |
					    (mpidr >> 16 & 0xff) << 32 | (uint64_t)intid << 24 |
					    (mpidr >> 8 & 0xff) << 16 | 1ULL << (mpidr & 0xf));
	isb();
}

unsigned int gic_acknowledge(void)
{
	uint64_t iar;

	if (version == 2)
		return mmio_read32(cpu_interface +
				   GICC_IAR); /* an SGI's sender stays in bits 12:10 */
	iar = sysreg_read(icc_iar1_el1);
	dsb();
	return (unsigned int)iar;
}

void gic_end(unsigned int iar)
{
	if (version == 2) {
		mmio_write32(cpu_interface + GICC_EOIR, iar);
		return;
	}
	sysreg_write(icc_eoir1_el1, iar);
	isb();
}
