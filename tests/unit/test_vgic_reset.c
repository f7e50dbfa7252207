// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model of KVM's VGIC behind its attributes, as arch/arm64/kvm/vgic/ of Linux 6.12 has them: a
 * guest's remains in it must come out as KVM made a new one.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "arch/common/kvm_arm.h"
#include "arch/common/vgic.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

#define N_CPUS 3
#define N_IRQS KVMARM_VGIC_MAX_IRQS

struct model_irq {
	uint8_t enabled, latch, active, group, edge, priority, targets, line;
	uint32_t route;
};

struct model_cpu {
	struct model_irq irqs[32];
	uint32_t cpuif[64]; /* GICC, by offset / 4 */
	uint64_t propbaser, pendbaser;
	uint64_t pmr, bpr0, bpr1, ctlr, grpen0, grpen1, apr[8];
};

struct model {
	bool v2, groups_writable;
	uint32_t ctlr;
	struct model_irq spis[N_IRQS];
	struct model_cpu cpus[N_CPUS];
};

static struct model model;
static struct vm vm;
static struct vcpu vcpus[N_CPUS];
static unsigned int pri_bits, n_accesses;

/* kvm_vgic_dist_init(), vgic_init(), vgic_v3_enable() */
static void make_new(struct model *m, bool v2)
{
	memset(m, 0, sizeof(*m));
	m->v2 = v2;
	for (unsigned int i = 32; i < N_IRQS; i++) {
		m->spis[i].group = !v2;
		m->spis[i].edge = 1;
	}
	for (unsigned int c = 0; c < N_CPUS; c++) {
		m->cpus[c].ctlr = (pri_bits - 1) << 8 | 1 << 15;
		m->cpus[c].pendbaser = 0x580;
		m->cpus[c].propbaser = 0x180; /* 0 is not writable: sanitised */
		for (unsigned int i = 0; i < 32; i++) {
			m->cpus[c].irqs[i].group = !v2;
			m->cpus[c].irqs[i].enabled = i < 16;
			m->cpus[c].irqs[i].edge = i < 16;
			m->cpus[c].irqs[i].targets = (uint8_t)(1 << c);
		}
	}
}

static struct model_irq *irq_at(unsigned int cpu, unsigned int intid)
{
	return intid < 32 ? &model.cpus[cpu].irqs[intid] : &model.spis[intid];
}

static void write_bits(unsigned int cpu, unsigned int intid, unsigned int reg, uint32_t v)
{
	for (unsigned int i = 0; i < 32; i++) {
		struct model_irq *irq = irq_at(cpu, intid + i);
		bool bit = v >> i & 1;

		switch (reg) {
		case 0x080:
			if (!model.v2 || model.groups_writable)
				irq->group = bit;
			break;
		case 0x100:
			irq->enabled |= bit;
			break;
		case 0x180:
			irq->enabled &= !bit;
			break;
		case 0x200: /* v3: the latch as it is */
			irq->latch = bit || (model.v2 && irq->latch);
			break;
		case 0x280: /* v3: writes are ignored */
			irq->latch &= !(model.v2 && bit);
			break;
		case 0x300:
			irq->active |= bit;
			break;
		case 0x380:
			irq->active &= !bit;
			break;
		default:
			cr_assert_fail("register 0x%x", reg);
		}
	}
}

/* A distributor register, or one of an SGI frame, which has the same offsets. */
static int write_irq_reg(unsigned int cpu, uint32_t offset, uint32_t v)
{
	if (offset >= 0x6000) {
		cr_assert_geq(offset, 0x6000 + 32 * 8);
		if (!(offset & 4))
			irq_at(cpu, (offset - 0x6000) / 8)->route = v & 0xffffff;
	} else if (offset >= 0xc00) {
		unsigned int intid = (offset - 0xc00) * 4;

		for (unsigned int i = 0; intid >= 32 && i < 16; i++)
			irq_at(cpu, intid + i)->edge = v >> (2 * i + 1) & 1;
	} else if (offset >= 0x400) {
		unsigned int intid = offset & 0x3ff;

		for (unsigned int i = 0; i < 4; i++) {
			struct model_irq *irq = irq_at(cpu, intid + i);

			if (offset < 0x800)
				irq->priority = (uint8_t)(v >> 8 * i) & 0xf8;
			else if (model.v2 && intid >= 32)
				irq->targets = (uint8_t)(v >> 8 * i);
		}
	} else if (offset >= 0x80) {
		write_bits(cpu, (offset & 0x7f) * 8, offset & ~0x7fU, v);
	}
	return 0;
}

static int dist(unsigned int cpu, uint32_t offset, uint32_t *v, bool is_write)
{
	const uint32_t iidr = 0x4b00243b;

	if (!is_write) {
		if (offset >= 0x200 && offset < 0x280) {
			*v = 0;
			for (unsigned int i = 0; i < 32; i++) {
				const struct model_irq *q = irq_at(cpu, (offset - 0x200) * 8 + i);

				*v |= (uint32_t)(q->latch || (!q->edge && q->line)) << i;
			}
			return 0;
		}
		cr_assert(offset == 0 || offset == 8);
		*v = offset == 8 ? iidr : model.ctlr | (model.v2 ? 0 : 0x50);
		return 0;
	}
	if (offset == 0)
		model.ctlr = *v & (model.v2 ? 1 : 0x102);
	else if (offset == 8 && *v != iidr)
		return -EINVAL;
	else if (offset == 8)
		model.groups_writable = true;
	return write_irq_reg(cpu, offset, *v);
}

static int redist(unsigned int cpu, uint32_t offset, uint32_t v)
{
	struct model_cpu *c = &model.cpus[cpu];
	uint64_t *reg = offset >> 3 == 0x70 >> 3 ? &c->propbaser : &c->pendbaser;

	if (offset >= 0x10000)
		return write_irq_reg(cpu, offset - 0x10000, v);
	cr_assert(offset >= 0x70 && offset < 0x80);
	if (offset & 4)
		*reg = (uint32_t)*reg | (uint64_t)v << 32;
	else
		*reg = *reg >> 32 << 32 | (v & 0x380 ? v : v | 0x180);
	return 0;
}

static int sysreg(unsigned int cpu, uint32_t reg, uint64_t *v, bool is_write)
{
	struct model_cpu *c = &model.cpus[cpu];
	unsigned int n_aprs = pri_bits == 7 ? 4 : pri_bits == 6 ? 2 : 1;
	uint64_t *at;

	if (reg == KVMARM_SYSREG(3, 0, 4, 6, 0))
		at = &c->pmr;
	else if (reg == KVMARM_SYSREG(3, 0, 12, 8, 3))
		at = &c->bpr0;
	else if (reg == KVMARM_SYSREG(3, 0, 12, 12, 3))
		at = &c->bpr1;
	else if (reg == KVMARM_SYSREG(3, 0, 12, 12, 4))
		at = &c->ctlr;
	else if (reg == KVMARM_SYSREG(3, 0, 12, 12, 6))
		at = &c->grpen0;
	else if (reg == KVMARM_SYSREG(3, 0, 12, 12, 7))
		at = &c->grpen1;
	else if ((reg & ~3U) == KVMARM_SYSREG(3, 0, 12, 8, 4) && (reg & 3) < n_aprs)
		at = &c->apr[reg & 3];
	else if ((reg & ~3U) == KVMARM_SYSREG(3, 0, 12, 9, 0) && (reg & 3) < n_aprs)
		at = &c->apr[4 + (reg & 3)];
	else
		return -EINVAL;
	if (!is_write)
		*v = *at;
	else if (at == &c->ctlr && (*v ^ c->ctlr) & ~3ULL)
		return -EINVAL; /* what the hardware is cannot be changed */
	else if (at != &c->bpr1 || !(c->ctlr & 1))
		*at = *v;
	return 0;
}

static unsigned int cpu_of(uint64_t attr)
{
	for (unsigned int c = 0; c < N_CPUS; c++) {
		uint64_t id =
			model.v2 ? c : (vcpus[c].mpidr & 0xffffff) | vcpus[c].mpidr >> 32 << 24;

		if (attr >> 32 == id)
			return c;
	}
	cr_assert_fail("no vCPU has %llx", (unsigned long long)attr);
	return 0;
}

static int vgic_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	const struct kvm_device_attr *a = arg;
	void *value = (void *)(uintptr_t)a->addr;
	bool is_write = request == KVM_SET_DEVICE_ATTR;
	uint32_t offset = (uint32_t)a->attr;

	(void)fd;
	(void)opaque;
	n_accesses++;
	switch (a->group) {
	case KVMARM_VGIC_GRP_DIST_REGS:
		return dist(cpu_of(a->attr), offset, value, is_write);
	case KVMARM_VGIC_GRP_CPU_REGS:
		cr_assert(model.v2 && is_write);
		model.cpus[cpu_of(a->attr)].cpuif[offset / 4] = *(uint32_t *)value;
		return 0;
	case KVMARM_VGIC_GRP_REDIST_REGS:
		cr_assert(!model.v2 && is_write);
		return redist(cpu_of(a->attr), offset, *(uint32_t *)value);
	case KVMARM_VGIC_GRP_CPU_SYSREGS:
		return sysreg(cpu_of(a->attr), offset, value, is_write);
	case KVMARM_VGIC_GRP_LEVEL_INFO:
		cr_assert(!model.v2 && is_write && !(offset % 32));
		for (unsigned int i = 0; i < 32; i++)
			irq_at(0, offset + i)->line = *(uint32_t *)value >> i & 1;
		return 0;
	}
	return 0; /* set-up */
}

static const struct fake_fd_ops vgic_ops = { .ioctl = vgic_ioctl };

static int vm_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	(void)fd;
	(void)opaque;
	if (request == KVM_CREATE_DEVICE) {
		struct kvm_create_device *d = arg;

		if (!(d->flags & KVM_CREATE_DEVICE_TEST))
			d->fd = (uint32_t)fake_fd_new(&vgic_ops, NULL);
	} else {
		const struct kvm_irq_level *l = arg;

		cr_assert_eq(request, KVM_IRQ_LINE);
		cr_assert_eq(l->irq >> 24, 1);
		if (!irq_at(0, l->irq & 0xffff)->edge)
			irq_at(0, l->irq & 0xffff)->line = (uint8_t)l->level;
	}
	return 0;
}

static const struct fake_fd_ops vm_ops = { .ioctl = vm_ioctl };

static struct vgic *make_vgic(bool v2, unsigned int bits)
{
	struct vgic *vgic;
	struct err err;

	fake_sys_reset();
	pri_bits = bits;
	memset(&vm, 0, sizeof(vm));
	vm.fd = fake_fd_new(&vm_ops, NULL);
	vm.vcpus = vcpus;
	vm.n_vcpus = N_CPUS;
	vcpus[1].mpidr = 0x1;
	vcpus[2].mpidr = 0x0300020100;
	make_new(&model, v2);
	cr_assert_eq(vgic_create(&vm, v2 ? VGIC_V2 : VGIC_V3, &vgic, &err), 0);
	return vgic;
}

/* What a guest left behind: everything that it can change. */
static void make_dirty(bool v2)
{
	static const uint8_t cpuif[] = { 0, 1, 2, 7, 0x34, 0x35, 0x36, 0x37 };
	const struct model_irq dirty = { 1, 1, 1, 1, 1, 0xf8, 0xff, 1, 0x10203 };

	model.ctlr = v2 ? 1 : 2;
	for (unsigned int i = 32; i < N_IRQS; i++) {
		model.spis[i] = dirty;
		model.spis[i].group = v2;
		model.spis[i].edge = i & 1;
		model.spis[i].targets = v2 ? 0xff : 0;
		model.spis[i].route = v2 ? 0 : 0x10203;
	}
	for (unsigned int c = 0; c < N_CPUS; c++) {
		struct model_cpu *cpu = &model.cpus[c];

		for (unsigned int i = 0; i < 32; i++) {
			struct model_irq *irq = &cpu->irqs[i];

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

static void check_same(const struct model *want)
{
	for (unsigned int i = 32; i < N_IRQS; i++)
		cr_assert_eq(memcmp(&model.spis[i], &want->spis[i], sizeof(want->spis[i])), 0,
			     "INTID %u", i);
	for (unsigned int c = 0; c < N_CPUS; c++) {
		for (unsigned int i = 0; i < 32; i++)
			cr_assert_eq(memcmp(&model.cpus[c].irqs[i], &want->cpus[c].irqs[i],
					    sizeof(struct model_irq)),
				     0, "INTID %u of vCPU %u", i, c);
		cr_assert_eq(memcmp(&model.cpus[c], &want->cpus[c], sizeof(struct model_cpu)), 0,
			     "registers of vCPU %u", c);
	}
	cr_expect_eq(model.ctlr, want->ctlr);
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
		struct vgic *vgic = make_vgic(cases[i].v2, cases[i].pri_bits);
		struct model new;
		struct err err;

		make_new(&new, cases[i].v2);
		make_dirty(cases[i].v2);
		n_accesses = 0;
		cr_assert_eq(vgic_reset(vgic, &err), 0, "%s", err.what);
		check_same(&new);
		cr_expect_leq(n_accesses, cases[i].max_accesses, "%u accesses", n_accesses);
		vgic_destroy(vgic);
	}
}

Test(vgic_reset, hardware_sgis_stay_what_the_kernel_has_them_for)
{
	struct vgic *vgic = make_vgic(false, 5);
	struct err err;

	model.ctlr = 0x102;
	cr_assert_eq(vgic_reset(vgic, &err), 0);
	cr_expect_eq(model.ctlr, 0x100);
	vgic_destroy(vgic);
}

Test(vgic_reset, the_first_failure_ends_it_and_is_told)
{
	for (int v2 = 0; v2 <= 1; v2++) {
		struct vgic *vgic = make_vgic(v2, 5);
		unsigned int total, before;
		struct err err;

		n_accesses = 0;
		cr_assert_eq(vgic_reset(vgic, &err), 0);
		total = n_accesses;
		for (unsigned int n = 1; n <= total; n += n < total - 80 ? 37 : 1) {
			before = n_accesses;
			fake_fail_at(n, EBUSY);
			cr_expect_eq(vgic_reset(vgic, &err), -EBUSY, "access %u of %u", n, total);
			cr_expect(strstr(err.what, "reset the GIC"), "%s", err.what);
			cr_expect_eq(n_accesses - before, n - 1);
		}
		vgic_destroy(vgic);
	}
}
