// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/kvm/fake_kvm_store.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/kvm/fake_kvm.h"
#include "vmm/base/range.h"

#define N_ATTRS 8192
#define N_REGS  8192

/* Of arm64's asm/kvm.h, which other build machines lack; the numbers are ABI. */
#define VGIC_GROUP_ADDR        0
#define VGIC_GROUP_CTRL        4
#define VGIC_GROUP_CPU_SYSREGS 6
#define VGIC_CTRL_INIT         0
#define PMU_GROUP              0
#define PMU_INIT               1
#define REG_SIZE(id)           (1u << ((id) >> 52 & 0xf))

struct reg {
	unsigned int vcpu;
	uint64_t id;
	uint8_t data[64];
};

static struct {
	struct fake_kvm_attr_set attrs[N_ATTRS], sets[N_ATTRS], denied[64];
	uint16_t slots[2 * N_ATTRS]; /* of attrs by hash, from 1 on; 0: free */
	unsigned int n_attrs, n_sets, n_denied;
	struct reg regs[N_REGS];
	unsigned int n_regs;
} state;

void fake_kvm_store_reset(void)
{
	memset(&state, 0, sizeof(state));
}

static bool is_attr(const struct fake_kvm_attr_set *a, uint32_t owner, uint32_t group,
		    uint64_t attr)
{
	return a->owner == owner && a->group == group && a->attr == attr;
}

/* The slot that it has, or would have. There are thousands of attributes. */
static uint16_t *find_slot(uint32_t owner, uint32_t group, uint64_t attr)
{
	uint64_t hash = (owner * 31 + group) * 0x9e3779b97f4a7c15 + attr * 0xff51afd7ed558ccd;

	for (size_t i = hash >> 32;; i++) {
		uint16_t *slot = &state.slots[i % n_elems(state.slots)];

		if (!*slot || is_attr(&state.attrs[*slot - 1], owner, group, attr))
			return slot;
	}
}

void fake_kvm_attr_put(uint32_t owner, uint32_t group, uint64_t attr, uint64_t value)
{
	uint16_t *slot = find_slot(owner, group, attr);

	if (!*slot) {
		assert(state.n_attrs < N_ATTRS);
		*slot = (uint16_t)++state.n_attrs;
	}
	state.attrs[*slot - 1] = (struct fake_kvm_attr_set){ owner, group, attr, value };
}

bool fake_kvm_attr(uint32_t owner, uint32_t group, uint64_t attr, uint64_t *value)
{
	uint16_t slot = *find_slot(owner, group, attr);

	if (slot)
		*value = state.attrs[slot - 1].value;
	return slot;
}

void fake_kvm_attr_deny(uint32_t owner, uint32_t group, uint64_t attr)
{
	assert(state.n_denied < n_elems(state.denied));
	state.denied[state.n_denied++] = (struct fake_kvm_attr_set){ owner, group, attr, 0 };
}

unsigned int fake_kvm_n_attr_sets(void)
{
	return state.n_sets;
}

struct fake_kvm_attr_set fake_kvm_attr_set(unsigned int i)
{
	assert(i < state.n_sets);
	return state.sets[i];
}

static struct reg *find_reg(unsigned int vcpu, uint64_t id)
{
	for (unsigned int i = 0; i < state.n_regs; i++)
		if (state.regs[i].vcpu == vcpu && state.regs[i].id == id)
			return &state.regs[i];
	return NULL;
}

static struct reg *make_reg(unsigned int vcpu, uint64_t id)
{
	struct reg *r = find_reg(vcpu, id);

	if (!r) {
		assert(state.n_regs < N_REGS);
		r = &state.regs[state.n_regs++];
		*r = (struct reg){ .vcpu = vcpu, .id = id };
	}
	return r;
}

void fake_kvm_reg_put(unsigned int vcpu, uint64_t id, uint64_t value)
{
	struct reg *r = make_reg(vcpu, id);

	memset(r->data, 0, sizeof(r->data));
	memcpy(r->data, &value, sizeof(value));
}

bool fake_kvm_reg(unsigned int vcpu, uint64_t id, uint64_t *value)
{
	const struct reg *r = find_reg(vcpu, id);

	if (r)
		memcpy(value, r->data, sizeof(*value));
	return r != NULL;
}

/* Bytes that an attribute points at: Documentation/virt/kvm/devices. */
static size_t attr_size(uint32_t owner, uint32_t group, uint64_t attr)
{
	if (owner >= FAKE_KVM_VCPU(0))
		return group == PMU_GROUP && attr == PMU_INIT ? 0 : sizeof(int);
	if (owner == FAKE_KVM_DEV(KVM_DEV_TYPE_VFIO))
		return sizeof(int);
	switch (group) {
	case VGIC_GROUP_CTRL:
		return 0;
	case VGIC_GROUP_ADDR:
	case VGIC_GROUP_CPU_SYSREGS:
		return sizeof(uint64_t);
	default:
		return sizeof(uint32_t);
	}
}

static bool is_vgic(uint32_t owner)
{
	return owner == FAKE_KVM_DEV(KVM_DEV_TYPE_ARM_VGIC_V2) ||
	       owner == FAKE_KVM_DEV(KVM_DEV_TYPE_ARM_VGIC_V3);
}

int fake_kvm_attr_ioctl(uint32_t owner, unsigned long request, const struct kvm_device_attr *a)
{
	size_t size = attr_size(owner, a->group, a->attr);
	void *user = (void *)(uintptr_t)a->addr;
	uint64_t value = 0;

	for (unsigned int i = 0; i < state.n_denied; i++)
		if (is_attr(&state.denied[i], owner, a->group, a->attr))
			return -ENXIO;
	if (request == KVM_HAS_DEVICE_ATTR)
		return 0;
	if (size && !user)
		return -EFAULT;
	if (request == KVM_GET_DEVICE_ATTR) {
		fake_kvm_attr(owner, a->group, a->attr, &value);
		memcpy(user, &value, size);
		return 0;
	}
	if (size)
		memcpy(&value, user, size);
	if (is_vgic(owner) && a->group == VGIC_GROUP_CTRL && a->attr == VGIC_CTRL_INIT)
		fake_kvm.vgic_initialised = true;
	/* The first so many: a guest may be reset often. */
	if (state.n_sets < N_ATTRS)
		state.sets[state.n_sets++] =
			(struct fake_kvm_attr_set){ owner, a->group, a->attr, value };
	fake_kvm_attr_put(owner, a->group, a->attr, value);
	return 0;
}

int fake_kvm_reg_ioctl(unsigned int vcpu, unsigned long request, const struct kvm_one_reg *one)
{
	void *user = (void *)(uintptr_t)one->addr;
	struct reg *r;

	if (request == KVM_SET_ONE_REG) {
		memcpy(make_reg(vcpu, one->id)->data, user, REG_SIZE(one->id));
		return 0;
	}
	r = find_reg(vcpu, one->id);
	if (!r)
		return -ENOENT;
	memcpy(user, r->data, REG_SIZE(one->id));
	return 0;
}

int fake_kvm_reg_list(unsigned int vcpu, struct kvm_reg_list *list)
{
	uint64_t room = list->n, n = 0;

	for (unsigned int i = 0; i < state.n_regs; i++) {
		if (state.regs[i].vcpu != vcpu)
			continue;
		if (n < room)
			list->reg[n] = state.regs[i].id;
		n++;
	}
	list->n = n;
	return n > room ? -E2BIG : 0;
}

int fake_kvm_forward_ioctl(unsigned long request, const struct kvm_device_attr *attr)
{
	const struct fake_kvm_forward *arg = (const void *)(uintptr_t)attr->addr;
	struct fake_kvm_forward *list = fake_kvm.forwards;
	unsigned int i = 0;

	if (!fake_kvm.can_forward || attr->attr < 1 || attr->attr > 2)
		return -ENXIO;
	if (request == KVM_HAS_DEVICE_ATTR)
		return 0;
	while (i < fake_kvm.n_forwards && (list[i].fd != arg->fd || list[i].index != arg->index))
		i++;
	if (attr->attr == 2) {
		if (i == fake_kvm.n_forwards)
			return -ENOENT;
		list[i] = list[--fake_kvm.n_forwards];
		return 0;
	}
	if (fake_kvm.forward_error)
		return -fake_kvm.forward_error;
	assert(i == fake_kvm.n_forwards && i < FAKE_KVM_N_IRQFDS);
	list[fake_kvm.n_forwards++] = *arg;
	return 0;
}
