// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/kvm/fake_vgic.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

struct fake_vgic fake_vgic;
unsigned int fake_vgic_n_accesses;

static struct vm vm;
static struct vcpu vcpus[FAKE_VGIC_N_CPUS];
static unsigned int pri_bits;

/* kvm_vgic_dist_init(), vgic_init(), vgic_v3_enable() */
void fake_vgic_new(struct fake_vgic *m, bool v2)
{
	memset(m, 0, sizeof(*m));
	m->v2 = v2;
	for (unsigned int i = 32; i < FAKE_VGIC_N_IRQS; i++) {
		m->spis[i].group = !v2;
		m->spis[i].edge = 1;
	}
	for (unsigned int c = 0; c < FAKE_VGIC_N_CPUS; c++) {
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

static struct fake_vgic_irq *irq_at(unsigned int cpu, unsigned int intid)
{
	return intid < 32 ? &fake_vgic.cpus[cpu].irqs[intid] : &fake_vgic.spis[intid];
}

static void write_bits(unsigned int cpu, unsigned int intid, unsigned int reg, uint32_t v)
{
	for (unsigned int i = 0; i < 32; i++) {
		struct fake_vgic_irq *irq = irq_at(cpu, intid + i);
		bool bit = v >> i & 1;

		switch (reg) {
		case 0x080:
			if (!fake_vgic.v2 || fake_vgic.groups_writable)
				irq->group = bit;
			break;
		case 0x100:
			irq->enabled |= bit;
			break;
		case 0x180:
			irq->enabled &= !bit;
			break;
		case 0x200: /* v3: the latch as it is */
			irq->latch = bit || (fake_vgic.v2 && irq->latch);
			break;
		case 0x280: /* v3: writes are ignored */
			irq->latch &= !(fake_vgic.v2 && bit);
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
			struct fake_vgic_irq *irq = irq_at(cpu, intid + i);

			if (offset < 0x800)
				irq->priority = (uint8_t)(v >> 8 * i) & 0xf8;
			else if (fake_vgic.v2 && intid >= 32)
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
				const struct fake_vgic_irq *q =
					irq_at(cpu, (offset - 0x200) * 8 + i);

				*v |= (uint32_t)(q->latch || (!q->edge && q->line)) << i;
			}
			return 0;
		}
		cr_assert(offset == 0 || offset == 8);
		*v = offset == 8 ? iidr : fake_vgic.ctlr | (fake_vgic.v2 ? 0 : 0x50);
		return 0;
	}
	if (offset == 0)
		fake_vgic.ctlr = *v & (fake_vgic.v2 ? 1 : 0x102);
	else if (offset == 8 && *v != iidr)
		return -EINVAL;
	else if (offset == 8)
		fake_vgic.groups_writable = true;
	return write_irq_reg(cpu, offset, *v);
}

static int redist(unsigned int cpu, uint32_t offset, uint32_t v)
{
	struct fake_vgic_cpu *c = &fake_vgic.cpus[cpu];
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
	struct fake_vgic_cpu *c = &fake_vgic.cpus[cpu];
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
	for (unsigned int c = 0; c < FAKE_VGIC_N_CPUS; c++) {
		uint64_t id =
			fake_vgic.v2 ? c : (vcpus[c].mpidr & 0xffffff) | vcpus[c].mpidr >> 32 << 24;

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
	fake_vgic_n_accesses++;
	switch (a->group) {
	case KVMARM_VGIC_GRP_DIST_REGS:
		return dist(cpu_of(a->attr), offset, value, is_write);
	case KVMARM_VGIC_GRP_CPU_REGS:
		cr_assert(fake_vgic.v2 && is_write);
		fake_vgic.cpus[cpu_of(a->attr)].cpuif[offset / 4] = *(uint32_t *)value;
		return 0;
	case KVMARM_VGIC_GRP_REDIST_REGS:
		cr_assert(!fake_vgic.v2 && is_write);
		return redist(cpu_of(a->attr), offset, *(uint32_t *)value);
	case KVMARM_VGIC_GRP_CPU_SYSREGS:
		return sysreg(cpu_of(a->attr), offset, value, is_write);
	case KVMARM_VGIC_GRP_LEVEL_INFO:
		cr_assert(!fake_vgic.v2 && is_write && !(offset % 32));
		for (unsigned int i = 0; i < 32; i++)
			irq_at(0, offset + i)->line = *(uint32_t *)value >> i & 1;
		return 0;
	}
	return 0; /* set-up */
}

static const struct fake_fd_ops vgic_ops = { .ioctl = vgic_ioctl };

static void set_line(struct fake_vgic_irq *irq, bool level)
{
	if (!irq->edge)
		irq->line = level;
	else
		irq->latch |= level;
}

void fake_vgic_raise(unsigned int intid)
{
	set_line(irq_at(0, intid), true);
}

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

struct vgic *fake_vgic_create(bool v2, unsigned int bits)
{
	struct vgic *vgic;
	struct err err;

	fake_sys_reset();
	pri_bits = bits;
	memset(&vm, 0, sizeof(vm));
	vm.fd = fake_fd_new(&vm_ops, NULL);
	vm.vcpus = vcpus;
	vm.n_vcpus = FAKE_VGIC_N_CPUS;
	vcpus[1].mpidr = 0x1;
	vcpus[2].mpidr = 0x0300020100;
	fake_vgic_new(&fake_vgic, v2);
	cr_assert_eq(vgic_create(&vm, v2 ? VGIC_V2 : VGIC_V3, 0, &vgic, &err), 0);
	return vgic;
}
