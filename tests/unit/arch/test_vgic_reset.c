// SPDX-License-Identifier: GPL-2.0-only
/* A guest's remains in a VGIC must come out as KVM made a new one. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_vgic.h"
#include "vmm/base/range.h"
#include "vmm/core/irq_line.h"

/* What a guest left behind: everything that it can change. */
static void make_dirty(bool v2, unsigned int pri_bits)
{
	static const uint8_t cpuif[] = { 0, 1, 2, 7, 0x34, 0x35, 0x36, 0x37 };
	const struct fake_vgic_irq dirty = { 1, 1, 1, 1, 1, 0xf8, 0xff, 1, 0x10203 };

	fake_vgic.ctlr = v2 ? 1 : 2;
	for (unsigned int i = 32; i < FAKE_VGIC_N_IRQS; i++) {
		fake_vgic.spis[i] = dirty;
		fake_vgic.spis[i].group = v2;
		fake_vgic.spis[i].edge = i & 1;
		fake_vgic.spis[i].targets = v2 ? 0xff : 0;
		fake_vgic.spis[i].route = v2 ? 0 : 0x10203;
	}
	for (unsigned int c = 0; c < FAKE_VGIC_N_CPUS; c++) {
		struct fake_vgic_cpu *cpu = &fake_vgic.cpus[c];

		for (unsigned int i = 0; i < 32; i++) {
			struct fake_vgic_irq *irq = &cpu->irqs[i];

			irq->enabled = i >= 16;
			irq->latch = irq->active = 1;
			irq->group = v2;
			irq->priority = 0xf8;
		}
		if (v2) {
			for (size_t i = 0; i < n_elems(cpuif); i++)
				cpu->cpuif[cpuif[i]] = 0xff;
			continue;
		}
		cpu->propbaser = cpu->pendbaser = ~0ULL;
		cpu->pmr = cpu->bpr0 = cpu->bpr1 = cpu->grpen0 = cpu->grpen1 = 7;
		cpu->ctlr |= 3;
		for (unsigned int i = 0; i < (pri_bits == 7 ? 4 : pri_bits == 6 ? 2 : 1); i++)
			cpu->apr[i] = cpu->apr[4 + i] = 0x80;
	}
}

static void check_same(const struct fake_vgic *want)
{
	for (unsigned int i = 32; i < FAKE_VGIC_N_IRQS; i++)
		cr_assert_eq(memcmp(&fake_vgic.spis[i], &want->spis[i], sizeof(want->spis[i])), 0,
			     "INTID %u", i);
	for (unsigned int c = 0; c < FAKE_VGIC_N_CPUS; c++) {
		for (unsigned int i = 0; i < 32; i++)
			cr_assert_eq(memcmp(&fake_vgic.cpus[c].irqs[i], &want->cpus[c].irqs[i],
					    sizeof(struct fake_vgic_irq)),
				     0, "INTID %u of vCPU %u", i, c);
		cr_assert_eq(
			memcmp(&fake_vgic.cpus[c], &want->cpus[c], sizeof(struct fake_vgic_cpu)), 0,
			"registers of vCPU %u", c);
	}
	cr_expect_eq(fake_vgic.ctlr, want->ctlr);
}

Test(vgic_reset, all_that_a_guest_changed_is_as_new)
{
	static const struct {
		bool v2;
		unsigned int pri_bits, max_accesses;
	} cases[] = {
		{ true, 5, 900 }, { false, 5, 1600 }, { false, 6, 1600 }, { false, 7, 1600 }
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct vgic *vgic = fake_vgic_create(cases[i].v2, cases[i].pri_bits);
		struct fake_vgic new;
		struct err err;

		fake_vgic_new(&new, cases[i].v2);
		make_dirty(cases[i].v2, cases[i].pri_bits);
		fake_vgic_n_accesses = 0;
		cr_assert_eq(vgic_reset(vgic, &err), 0, "%s", err.what);
		check_same(&new);
		cr_expect_leq(fake_vgic_n_accesses, cases[i].max_accesses, "%u accesses",
			      fake_vgic_n_accesses);
		vgic_destroy(vgic);
	}
}

Test(vgic_reset, hardware_sgis_stay_what_the_kernel_has_them_for)
{
	struct vgic *vgic = fake_vgic_create(false, 5);
	struct err err;

	fake_vgic.ctlr = 0x102;
	cr_assert_eq(vgic_reset(vgic, &err), 0);
	cr_expect_eq(fake_vgic.ctlr, 0x100);
	vgic_destroy(vgic);
}

Test(vgic_reset, the_first_failure_ends_it_and_is_told)
{
	for (int v2 = 0; v2 <= 1; v2++) {
		struct vgic *vgic = fake_vgic_create(v2, 5);
		unsigned int total, before;
		struct err err;

		fake_vgic_n_accesses = 0;
		cr_assert_eq(vgic_reset(vgic, &err), 0);
		total = fake_vgic_n_accesses;
		for (unsigned int n = 1; n <= total; n += n < total - 80 ? 37 : 1) {
			before = fake_vgic_n_accesses;
			fake_fail_at(n, EBUSY);
			cr_expect_eq(vgic_reset(vgic, &err), -EBUSY, "access %u of %u", n, total);
			cr_expect(strstr(err.what, "the GIC's reset state"), "%s", err.what);
			cr_expect_eq(fake_vgic_n_accesses - before, n - 1);
		}
		vgic_destroy(vgic);
	}
}

/* GICD_ICPENDR as a guest writes it: vgic_mmio_write_cpending(). */
static void clear_pending(unsigned int intid)
{
	fake_vgic.spis[intid].latch = 0;
}

static bool is_pending(unsigned int intid)
{
	const struct fake_vgic_irq *irq = &fake_vgic.spis[intid];

	return irq->latch || (!irq->edge && irq->line);
}

/* A device may hold its line before the guest has made its SPI a level. */
Test(vgic_reset, a_level_that_is_up_early_is_not_lost)
{
	static const uint32_t levels[] = { 0, 0x80010002 };
	static const uint32_t spis[] = { 33, 48, 63 };

	for (int v2 = 0; v2 <= 1; v2++) {
		struct vgic *vgic = fake_vgic_create(v2, 5);
		struct err err;

		fake_vgic_n_accesses = 0;
		cr_assert_eq(vgic_set_levels(vgic, levels, n_elems(levels), &err), 0);
		cr_expect_eq(fake_vgic_n_accesses, 2u);
		for (unsigned int spi = 0; spi < 96; spi++)
			cr_expect_eq(fake_vgic.spis[SPI_TO_INTID(spi)].edge,
				     spi != spis[0] && spi != spis[1] && spi != spis[2], "%u", spi);
		for (size_t i = 0; i < n_elems(spis); i++) {
			fake_vgic_raise(SPI_TO_INTID(spis[i]));
			clear_pending(SPI_TO_INTID(spis[i]));
			cr_expect(is_pending(SPI_TO_INTID(spis[i])), "SPI %u", spis[i]);
		}
		fake_vgic_raise(SPI_TO_INTID(0));
		clear_pending(SPI_TO_INTID(0));
		cr_expect_not(is_pending(SPI_TO_INTID(0)));
		vgic_destroy(vgic);
	}
}
