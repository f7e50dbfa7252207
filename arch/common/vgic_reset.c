// SPDX-License-Identifier: GPL-2.0-only
/*
 * Back to the state that KVM gives a new VGIC (kvm_vgic_dist_init(), vgic_init() and
 * vgic_v3_enable() in arch/arm64/kvm/vgic/). Not written here: what a guest cannot change
 * (ICC_SRE_EL1, ICFGR of SGIs and PPIs, GICR_CTLR and GICR_WAKER without an ITS), and the timers'
 * PPIs, which are KVM's own and go back with the vCPU (kvm_vgic_reset_mapped_irq()).
 */
#include <linux/kvm.h>

#include "arch/common/kvm_arm.h"
#include "arch/common/vgic.h"
#include "vmm/base/range.h"
#include "vmm/core/irq_line.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

/*
 * Offsets in the distributor; those with a bit or byte per interrupt are the same in a GICv3
 * redistributor's SGI frame.
 */
#define GICD_CTLR       0x0000
#define GICD_IIDR       0x0008
#define GICD_IGROUPR    0x0080
#define GICD_ISENABLER  0x0100
#define GICD_ICENABLER  0x0180
#define GICD_ISPENDR    0x0200
#define GICD_ICPENDR    0x0280
#define GICD_ICACTIVER  0x0380
#define GICD_IPRIORITYR 0x0400
#define GICD_ITARGETSR  0x0800
#define GICD_ICFGR      0x0c00
#define GICD_IROUTER    0x6000

#define GICD_CTLR_NASSGIREQ 0x100 /* GICv4.1: SGIs are the hardware's */

#define GICR_PROPBASER 0x0070
#define GICR_PENDBASER 0x0078
#define GICR_SGI_BASE  0x10000

#define GICR_PENDBASER_RESET 0x580 /* INITIAL_PENDBASER_VALUE of vgic-v3.c */

#define GICC_CTLR 0x00
#define GICC_PMR  0x04
#define GICC_BPR  0x08
#define GICC_ABPR 0x1c
#define GICC_APR0 0xd0 /* four of them */

#define ICC_PMR_EL1     KVMARM_SYSREG(3, 0, 4, 6, 0)
#define ICC_BPR0_EL1    KVMARM_SYSREG(3, 0, 12, 8, 3)
#define ICC_AP0R_EL1(n) KVMARM_SYSREG(3, 0, 12, 8, 4 + (n))
#define ICC_AP1R_EL1(n) KVMARM_SYSREG(3, 0, 12, 9, (n))
#define ICC_BPR1_EL1    KVMARM_SYSREG(3, 0, 12, 12, 3)
#define ICC_CTLR_EL1    KVMARM_SYSREG(3, 0, 12, 12, 4)
#define ICC_IGRPEN0_EL1 KVMARM_SYSREG(3, 0, 12, 12, 6)
#define ICC_IGRPEN1_EL1 KVMARM_SYSREG(3, 0, 12, 12, 7)

#define ICC_CTLR_CBPR        0x1
#define ICC_CTLR_EOIMODE     0x2
#define ICC_CTLR_PRI_BITS(v) ((((v) >> 8) & 7) + 1)

#define N_PRIVATE 32 /* SGIs and PPIs: INTIDs below the first SPI */
#define SGI_MASK  0x0000ffff
#define ALL_LEVEL 0x00000000 /* words of ICFGR */
#define ALL_EDGE  0xaaaaaaaa

/* An array of registers with @bits per interrupt, and what each of its words becomes. */
struct irq_regs {
	uint32_t offset;
	uint32_t bits;
	uint32_t value;
	bool spi_only; /* read-only or not there for SGIs and PPIs */
};

/* In this order: interrupts are off before anything else of them changes. */
static const struct irq_regs v2_irq_regs[] = {
	{ GICD_ICENABLER, 1, ~0U, false }, { GICD_ICACTIVER, 1, ~0U, false },
	{ GICD_ICPENDR, 1, ~0U, false },   { GICD_IGROUPR, 1, 0, false },
	{ GICD_IPRIORITYR, 8, 0, false },  { GICD_ITARGETSR, 8, 0, true },
};

/*
 * Through this door ISPENDR is the latch itself, to be set and cleared, and ICPENDR ignores
 * writes (arm-vgic-v3.rst).
 */
static const struct irq_regs v3_irq_regs[] = {
	{ GICD_ICENABLER, 1, ~0U, false }, { GICD_ICACTIVER, 1, ~0U, false },
	{ GICD_ISPENDR, 1, 0, false },     { GICD_IGROUPR, 1, ~0U, false },
	{ GICD_IPRIORITYR, 8, 0, false },  { GICD_IROUTER, 64, 0, true },
};

/*
 * A run of register accesses, of one vCPU or of the distributor; does nothing any more after the
 * first failure.
 */
struct run {
	struct vgic *vgic;
	uint64_t cpu; /* upper half of the attribute: whose registers */
	int ret;
	struct err *err;
};

static void access_reg(struct run *run, bool is_write, uint32_t group, uint32_t reg,
		       uint64_t *value)
{
	uint64_t attr = run->cpu | reg;
	uint32_t word = (uint32_t)*value;
	void *p = group == KVMARM_VGIC_GRP_CPU_SYSREGS ? (void *)value : &word;
	int ret;

	if (run->ret < 0)
		return;
	ret = is_write ? kvm_attr_set(run->vgic->fd, group, attr, p)
		       : kvm_attr_get(run->vgic->fd, group, attr, p);
	if (p == &word)
		*value = word;
	if (ret < 0)
		run->ret = err_set(run->err, ret,
				   "the GIC's reset state: %s register 0x%x of group %u",
				   is_write ? "write" : "read", reg, group);
}

static void write_reg(struct run *run, uint32_t group, uint32_t reg, uint64_t value)
{
	access_reg(run, true, group, reg, &value);
}

static uint64_t read_reg(struct run *run, uint32_t group, uint32_t reg)
{
	uint64_t value = 0;

	access_reg(run, false, group, reg, &value);
	return value;
}

static void reset_irqs(struct run *run, uint32_t group, uint32_t base, unsigned int first_intid,
		       unsigned int n)
{
	bool v2 = run->vgic->version == VGIC_V2;
	const struct irq_regs *regs = v2 ? v2_irq_regs : v3_irq_regs;
	size_t n_regs = v2 ? n_elems(v2_irq_regs) : n_elems(v3_irq_regs);

	for (size_t i = 0; i < n_regs; i++) {
		const struct irq_regs *r = &regs[i];
		/* the upper word of an IROUTER is Aff3, which KVM does not have */
		uint32_t step = r->bits == 64 ? 8 : 4;
		uint32_t end = r->offset + (first_intid + n) * r->bits / 8;

		if (r->spi_only && first_intid < N_PRIVATE)
			continue;
		for (uint32_t at = r->offset + first_intid * r->bits / 8; at < end; at += step)
			write_reg(run, group, base + at, r->value);
	}
}

static void write_trigger(struct run *run, unsigned int intid, uint32_t value)
{
	write_reg(run, KVMARM_VGIC_GRP_DIST_REGS, GICD_ICFGR + intid / 4, value);
	write_reg(run, KVMARM_VGIC_GRP_DIST_REGS, GICD_ICFGR + intid / 4 + 4, value);
}

/* A bit for the line of each of 32 levels. GICv2 tells what pends, which a level does while up. */
static uint32_t read_lines(struct run *run, uint32_t intid)
{
	bool v3 = run->vgic->version == VGIC_V3;

	return (uint32_t)read_reg(run, v3 ? KVMARM_VGIC_GRP_LEVEL_INFO : KVMARM_VGIC_GRP_DIST_REGS,
				  v3 ? intid : GICD_ISPENDR + intid / 8);
}

/* The line of each SPI whose bit is set in @up, and which is a level now. */
static void lower_lines(struct run *run, unsigned int intid, uint32_t up)
{
	for (; up; up &= up - 1) {
		struct irq_line line = {
			.vm = run->vgic->vm,
			.spi = intid - SPI_TO_INTID(0) + (uint32_t)__builtin_ctz(up),
			.level = 1,
		};

		irq_line_set(&line, false);
	}
}

/*
 * A level that went up, was made an edge by the guest and then lowered stays up inside KVM, unseen
 * until the next guest makes it a level. GICv2 has no door to that but to make it one.
 */
static void reset_lines(struct run *run)
{
	for (unsigned int intid = N_PRIVATE; intid < N_PRIVATE + run->vgic->n_spis; intid += 32) {
		if (run->vgic->version == VGIC_V3) {
			write_reg(run, KVMARM_VGIC_GRP_LEVEL_INFO, intid, 0);
		} else {
			write_trigger(run, intid, ALL_LEVEL);
			lower_lines(run, intid, read_lines(run, intid));
		}
		write_trigger(run, intid, ALL_EDGE);
	}
}

static void reset_dist(struct run *run)
{
	const uint32_t group = KVMARM_VGIC_GRP_DIST_REGS;
	uint64_t keep = 0;

	if (run->vgic->version == VGIC_V2)
		/* only who has acknowledged the revision may write IGROUPR */
		write_reg(run, group, GICD_IIDR, read_reg(run, group, GICD_IIDR));
	else
		/* KVM moves SGIs between hardware and software only when a guest writes this bit */
		keep = read_reg(run, group, GICD_CTLR) & GICD_CTLR_NASSGIREQ;
	write_reg(run, group, GICD_CTLR, keep);
	reset_irqs(run, group, 0, N_PRIVATE, run->vgic->n_spis);
}

static void reset_cpu_v2(struct run *run)
{
	static const uint32_t regs[] = { GICC_CTLR, GICC_PMR,      GICC_BPR,      GICC_ABPR,
					 GICC_APR0, GICC_APR0 + 4, GICC_APR0 + 8, GICC_APR0 + 12 };

	reset_irqs(run, KVMARM_VGIC_GRP_DIST_REGS, 0, 0, N_PRIVATE);
	write_reg(run, KVMARM_VGIC_GRP_DIST_REGS, GICD_ISENABLER, SGI_MASK);
	for (size_t i = 0; i < n_elems(regs); i++)
		write_reg(run, KVMARM_VGIC_GRP_CPU_REGS, regs[i], 0);
}

static void reset_interface_v3(struct run *run)
{
	const uint32_t group = KVMARM_VGIC_GRP_CPU_SYSREGS;
	static const uint32_t regs[] = { ICC_PMR_EL1, ICC_BPR0_EL1, ICC_BPR1_EL1, ICC_IGRPEN0_EL1,
					 ICC_IGRPEN1_EL1 };
	const uint64_t ctlr = read_reg(run, group, ICC_CTLR_EL1);
	/* vgic_v3_max_apr_idx() in arch/arm64/kvm/vgic/vgic.h */
	const unsigned int pri_bits = ICC_CTLR_PRI_BITS(ctlr);
	const unsigned int n_aprs = pri_bits == 7 ? 4 : pri_bits == 6 ? 2 : 1;

	/* before BPR1, which cannot be written while CBPR is set */
	write_reg(run, group, ICC_CTLR_EL1, ctlr & ~(uint64_t)(ICC_CTLR_CBPR | ICC_CTLR_EOIMODE));
	for (size_t i = 0; i < n_elems(regs); i++)
		write_reg(run, group, regs[i], 0);
	for (unsigned int i = 0; i < n_aprs; i++) {
		write_reg(run, group, ICC_AP0R_EL1(i), 0);
		write_reg(run, group, ICC_AP1R_EL1(i), 0);
	}
}

static void reset_cpu_v3(struct run *run)
{
	const uint32_t group = KVMARM_VGIC_GRP_REDIST_REGS;

	reset_irqs(run, group, GICR_SGI_BASE, 0, N_PRIVATE);
	write_reg(run, group, GICR_SGI_BASE + GICD_ISENABLER, SGI_MASK);
	for (uint32_t reg = GICR_PROPBASER; reg < GICR_PENDBASER + 8; reg += 4)
		write_reg(run, group, reg, reg == GICR_PENDBASER ? GICR_PENDBASER_RESET : 0);
	reset_interface_v3(run);
}

/* 16 interrupts of ICFGR, which are edges but for the bits of @levels. */
static uint32_t trigger_word(uint32_t levels)
{
	uint32_t word = ALL_EDGE;

	for (unsigned int i = 0; i < 16; i++)
		if (levels >> i & 1)
			word &= ~(2U << (2 * i));
	return word;
}

int vgic_set_levels(struct vgic *vgic, const uint32_t *levels, unsigned int n_words,
		    struct err *err)
{
	struct run run = { .vgic = vgic, .err = err };

	for (unsigned int i = 0; i < n_words; i++) {
		uint32_t at = GICD_ICFGR + SPI_TO_INTID(32 * i) / 4;

		if (!levels[i])
			continue;
		write_reg(&run, KVMARM_VGIC_GRP_DIST_REGS, at, trigger_word(levels[i]));
		write_reg(&run, KVMARM_VGIC_GRP_DIST_REGS, at + 4, trigger_word(levels[i] >> 16));
	}
	return run.ret;
}

/* MPIDR's Aff3 is in its upper half; here all four stand side by side. */
static uint64_t affinity(uint64_t mpidr)
{
	return (mpidr & 0xffffff) | ((mpidr >> 32 & 0xff) << 24);
}

int vgic_reset(struct vgic *vgic, struct err *err)
{
	const struct vm *vm = vgic->vm;
	struct run run = { .vgic = vgic, .err = err };
	bool v2 = vgic->version == VGIC_V2;

	/*
	 * vCPU 0 stands for "any" where a register is nobody's own, and its index is 0; so is its
	 * affinity in KVM.
	 */
	reset_dist(&run);
	reset_lines(&run);
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		run.cpu = (v2 ? i : affinity(vm->vcpus[i].mpidr)) << KVMARM_VGIC_CPU_SHIFT;
		if (v2)
			reset_cpu_v2(&run);
		else
			reset_cpu_v3(&run);
	}
	return run.ret;
}

int vgic_spi_line(struct vgic *vgic, uint32_t spi, bool *up)
{
	struct err err;
	struct run run = { .vgic = vgic, .err = &err };
	const uint32_t intid = SPI_TO_INTID(spi);

	*up = read_lines(&run, round_down_to(intid, 32)) >> intid % 32 & 1;
	return run.ret;
}
