// SPDX-License-Identifier: GPL-2.0-only
/*
 * After a PSCI reset the GIC is as at power-up, on every CPU. Each boot checks the registers,
 * makes all of them dirty (with interrupts pending and active) and resets; the first boot's check
 * proves that the expectations are right.
 *
 * Arguments: n=2 (resets).
 * Exit codes: 1: a register is wrong at the first boot; 2: after a reset; 3: a CPU does not come
 *   up; 4: no reset; 5: an interrupt is pending after all was enabled.
 */
#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/gic.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"
#include "guest/lib/smp.h"

#define N_INTERFACE 4
#define GROUP_1     (gic_version() == 3 ? ~0U : 0) /* KVM's GICv3 starts with all in group 1 */
#define SGIS        0xffffU
#define ALL_EDGE    0xaaaaaaaaU

static uintptr_t dev;
static unsigned int wrong;
static volatile uint32_t n_done, go;

/* The CPU interface of the boot CPU, to which all others must be equal. */
static uint32_t boot_interface[N_INTERFACE];

static void check_register(const char *what, unsigned int n, uint32_t value, uint32_t expected)
{
	unsigned int code = mmio_read32(dev + TEST_N_RESETS) ? 2 : 1;

	if (value == expected)
		return;
	print("FAIL: CPU %u: %s %u is %x, not %x\n", cpu_id(), what, n, value, expected);
	wrong = code;
}

/* Registers of @bits per interrupt, for INTIDs @first to @last. */
static void check_bank(const char *what, uintptr_t at, unsigned int bits, unsigned int first,
		       unsigned int last, uint32_t expected)
{
	for (unsigned int i = first * bits / 32; i < last * bits / 32; i++)
		check_register(what, i, mmio_read32(at + 4 * i), expected);
}

static void check_interrupts(uintptr_t bank, unsigned int first, unsigned int last)
{
	uint32_t expected;

	check_bank("IGROUPR", bank + GICD_IGROUPR, 1, first, last, GROUP_1);
	check_bank("ISENABLER", bank + GICD_ISENABLER, 1, first, last, first ? 0 : SGIS);
	check_bank("ISPENDR", bank + GICD_ISPENDR, 1, first, last, 0);
	check_bank("ISACTIVER", bank + GICD_ISACTIVER, 1, first, last, 0);
	check_bank("IPRIORITYR", bank + GICD_IPRIORITYR, 8, first, last, 0);
	if (first) {
		/* Level or edge is the implementation's choice, but all are alike; KVM's are edges.
		 */
		expected = mmio_read32(bank + GICD_ICFGR + 4 * (first / 16)) ? ALL_EDGE : 0;
		check_bank("ICFGR", bank + GICD_ICFGR, 2, first, last, expected);
	} else {
		check_bank("ICFGR", bank + GICD_ICFGR, 2, 0, 16, ALL_EDGE);
		check_bank("ICFGR", bank + GICD_ICFGR, 2, 16, 32, 0);
	}
	if (!first && gic_version() == 2)
		check_bank("SPENDSGIR", bank + GICD_SPENDSGIR, 8, 0, 16, 0);
}

static void check_shared(void)
{
	uintptr_t dist = gic_dist();
	unsigned int last = gic_n_intids() & ~31U;

	/* GICv3: DS and ARE read as one in KVM. */
	check_register("CTLR", 0, mmio_read32(dist + GICD_CTLR), gic_version() == 3 ? 0x50 : 0);
	check_interrupts(dist, 32, last);
	if (gic_version() == 2)
		check_bank("ITARGETSR", dist + GICD_ITARGETSR, 8, 32, last, 0);
	for (unsigned int i = 32; i < last && gic_version() == 3; i++)
		check_register("IROUTER", i, (uint32_t)mmio_read64(dist + GICD_IROUTER + 8 * i), 0);
}

static void read_interface(uint32_t *regs)
{
	uintptr_t c = gic_cpu_interface();

	if (gic_version() == 2) {
		regs[0] = mmio_read32(c + GICC_CTLR);
		regs[1] = mmio_read32(c + GICC_PMR) | mmio_read32(c + GICC_BPR) << 8 |
			  mmio_read32(c + GICC_ABPR) << 16 | mmio_read32(c + GICC_RPR) << 24;
		regs[2] = mmio_read32(c + GICC_APR);
		regs[3] = 0;
		return;
	}
	regs[0] = (uint32_t)sysreg_read(icc_ctlr_el1);
	regs[1] = (uint32_t)(sysreg_read(icc_pmr_el1) | sysreg_read(icc_bpr0_el1) << 8 |
			     sysreg_read(icc_bpr1_el1) << 16 | sysreg_read(icc_rpr_el1) << 24);
	regs[2] = (uint32_t)(sysreg_read(icc_ap0r0_el1) | sysreg_read(icc_ap1r0_el1));
	regs[3] = (uint32_t)(sysreg_read(icc_igrpen0_el1) | sysreg_read(icc_igrpen1_el1) << 1);
}

/* What a CPU interface starts with is the hardware's: the first boot's is kept and compared. */
static void check_interface(const uint32_t *expected)
{
	uint32_t now[N_INTERFACE];

	read_interface(now);
	for (unsigned int i = 0; i < N_INTERFACE; i++)
		check_register("CPU interface", i, now[i], expected[i]);
	check_register("active priorities", 0, now[2], 0);
}

static void dirty_interrupts(uintptr_t bank, unsigned int first, unsigned int last)
{
	for (unsigned int i = first; i < last; i += 4)
		mmio_write32(bank + GICD_IPRIORITYR + i, 0xa0a0a0a0);
	for (unsigned int i = first / 16; i < last / 16; i++)
		mmio_write32(bank + GICD_ICFGR + 4 * i, ALL_EDGE & 0x0f0f0f0f);
	for (unsigned int i = first / 32; i < last / 32; i++) {
		mmio_write32(bank + GICD_ISPENDR + 4 * i, 0xf0f0f0f0);
		mmio_write32(bank + GICD_ISACTIVER + 4 * i, 0x00f000f0);
		mmio_write32(bank + GICD_ISENABLER + 4 * i, ~0U);
	}
}

static void dirty_shared(void)
{
	uintptr_t dist = gic_dist();
	unsigned int last = gic_n_intids() & ~31U;

	gic_init_dist();
	for (unsigned int i = 32; i < last; i++)
		if (gic_version() == 3)
			mmio_write64(dist + GICD_IROUTER + 8 * i, smp_mpidr(smp_n_cpus() - 1));
		else
			mmio_write8(dist + GICD_ITARGETSR + i, 1);
	dirty_interrupts(dist, 32, last);
	for (unsigned int i = 1; i < last / 64; i++)
		mmio_write32(dist + GICD_IGROUPR + 4 * i, ~GROUP_1);
}

static void dirty_interface(void)
{
	uintptr_t c = gic_cpu_interface();

	gic_init_cpu();
	if (gic_version() == 2) {
		mmio_write32(c + GICC_BPR, 5);
		mmio_write32(c + GICC_ABPR, 6);
		mmio_write32(c + GICC_CTLR, 0x201); /* EOImodeNS, EnableGrp0 */
		return;
	}
	sysreg_write(icc_bpr0_el1, 5);
	sysreg_write(icc_bpr1_el1, 6);
	sysreg_write(icc_ctlr_el1, 2); /* EOImode */
	sysreg_write(icc_igrpen0_el1, 1);
	isb();
}

/* The calling CPU's own part; leaves it with an interrupt taken and never ended. */
static void dirty_private(void)
{
	uintptr_t bank = gic_private_bank();

	irq_mask();
	dirty_interrupts(bank, 0, 32);
	for (unsigned int i = 0; i < 16 && gic_version() == 2; i++)
		mmio_write8(bank + GICD_SPENDSGIR + i, 1);
	dirty_interface();
	gic_acknowledge();
}

static void secondary(void)
{
	check_interrupts(gic_private_bank(), 0, 32);
	check_interface(boot_interface);
	atomic_add(&n_done, 1);
	while (!go)
		;
	dirty_private();
	atomic_add(&n_done, 1);
	for (;;)
		;
}

static void wait_for_all(uint32_t n)
{
	uint64_t deadline = time_now() + time_ticks(IRQ_WAIT_MS);

	while (n_done < n)
		CHECK(time_now() < deadline, 3, "%u of %u CPUs", n_done, n);
}

/* Nothing may be left that the registers did not show. */
static void check_nothing_pending(void)
{
	unsigned int intid;

	gic_init_dist();
	for (unsigned int i = 1; i < gic_n_intids() / 32; i++)
		mmio_write32(gic_dist() + GICD_ISENABLER + 4 * i, ~0U);
	mmio_write32(gic_private_bank() + GICD_ISENABLER, ~0U);
	gic_init_cpu();
	intid = gic_acknowledge();
	CHECK(intid >= GIC_SPURIOUS, 5, "interrupt %u is pending", intid);
}

int guest_main(void)
{
	uint32_t n = (uint32_t)arg_number("n", 2), kept[N_INTERFACE];

	dev = test_device_or_fail();
	read_interface(boot_interface);
	for (unsigned int i = 0; i < N_INTERFACE; i++) {
		if (!mmio_read32(dev + TEST_N_RESETS))
			mmio_write32(dev + TEST_KEEP + 4 * i, boot_interface[i]);
		kept[i] = mmio_read32(dev + TEST_KEEP + 4 * i);
	}
	check_interface(kept);
	check_interrupts(gic_private_bank(), 0, 32);
	check_shared();
	for (unsigned int cpu = 1; cpu < smp_n_cpus(); cpu++)
		CHECK(!smp_start(cpu, secondary), 3, "CPU %u does not start", cpu);
	wait_for_all(smp_n_cpus() - 1);
	if (wrong)
		return (int)wrong;
	if (mmio_read32(dev + TEST_N_RESETS) == n) {
		check_nothing_pending();
		return 0;
	}

	dirty_shared();
	dirty_private();
	go = 1;
	wait_for_all(2 * (smp_n_cpus() - 1));
	psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
	CHECK(0, 4, "SYSTEM_RESET returned");
	return 4;
}
