// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a test guest ends dais, and what it needs to look at the machine; test_device_abi.h is the
 * specification.
 */
#include "devices/test_device_abi.h"

#include <sys/eventfd.h>

#include "devices/classes.h"
#include "devices/emulated.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/memmap.h"
#include "vmm/core/vm.h"

#define SCRATCH_SIZE 8
#define N_KEEP       4
#define DOORBELL_GPA (MEMMAP_TEST_DEVICE + TEST_DOORBELL)
#define BELL_WIDTH   4

_Static_assert(TEST_SIZE == EMULATED_SIZE, "the region's size");

struct test_device {
	struct emulated emu;
	uint64_t scratch;
	uint32_t last_access;
	uint32_t irq;
	uint32_t keep[N_KEEP];
	uint32_t n_rings; /* but for those that are in doorbell_fd still */
	int doorbell_fd;
	bool has_doorbell; /* false: it exits to user space */
};

static struct test_device *to_test_device(struct emulated *emu)
{
	return container_of(emu, struct test_device, emu);
}

static uint32_t *keep_register(struct test_device *t, uint64_t offset)
{
	uint64_t i = (offset - TEST_KEEP) / sizeof(t->keep[0]);

	return offset >= TEST_KEEP && i < N_KEEP ? &t->keep[i] : NULL;
}

static uint32_t count_rings(struct test_device *t)
{
	uint64_t n;

	if (t->has_doorbell && sys_read(t->doorbell_fd, &n, sizeof(n)) == sizeof(n))
		t->n_rings += (uint32_t)n;
	return t->n_rings;
}

static bool test_read(struct emulated *emu, uint64_t offset, uint32_t *value)
{
	struct test_device *t = to_test_device(emu);
	const uint32_t *keep = keep_register(t, offset);

	switch (offset) {
	case TEST_ID:
		*value = TEST_ID_VALUE;
		return true;
	case TEST_LAST_ACCESS:
		*value = t->last_access;
		return true;
	case TEST_IRQ:
		*value = t->irq;
		return true;
	case TEST_N_RESETS:
		*value = __atomic_load_n(&emu->device.vm->n_resets, __ATOMIC_RELAXED);
		return true;
	case TEST_N_RINGS:
		*value = count_rings(t);
		return true;
	default:
		if (keep)
			*value = *keep;
		return keep || offset == TEST_EXIT || offset == TEST_DOORBELL;
	}
}

static bool test_write(struct emulated *emu, uint64_t offset, uint32_t value)
{
	struct test_device *t = to_test_device(emu);
	uint32_t *keep = keep_register(t, offset);

	switch (offset) {
	case TEST_EXIT:
		vm_request_exit(emu->device.vm,
				value ? TEST_EXIT_BASE + (int)(value & TEST_EXIT_MASK) : 0);
		return true;
	case TEST_IRQ:
		t->irq = value & 1;
		irq_line_set(&emu->irq, t->irq);
		return true;
	case TEST_DOORBELL:
		t->n_rings++;
		return true;
	default:
		if (keep)
			*keep = value;
		return keep || offset <= TEST_N_RESETS || offset == TEST_N_RINGS;
	}
}

/* --- the scratch register, the only one that sees an access as it is */

static bool is_scratch(uint64_t offset, unsigned int width)
{
	return offset >= TEST_SCRATCH && offset + width <= TEST_SCRATCH + SCRATCH_SIZE &&
	       is_aligned(offset, width);
}

static uint64_t read_any(void *opaque, uint64_t offset, unsigned int width)
{
	struct test_device *t = opaque;
	uint64_t place = offset - TEST_SCRATCH;

	if (!is_scratch(offset, width))
		return emulated_mmio_ops.read(opaque, offset, width);
	owned_lock pthread_mutex_t *lock = take_lock(&t->emu.lock);
	t->last_access = (uint32_t)(place << 8 | width);
	return t->scratch >> 8 * place & mmio_mask(width);
}

static void write_any(void *opaque, uint64_t offset, unsigned int width, uint64_t value)
{
	struct test_device *t = opaque;
	uint64_t place = offset - TEST_SCRATCH, mask;

	if (!is_scratch(offset, width)) {
		emulated_mmio_ops.write(opaque, offset, width, value);
		return;
	}
	owned_lock pthread_mutex_t *lock = take_lock(&t->emu.lock);
	mask = mmio_mask(width) << 8 * place;
	t->scratch = (t->scratch & ~mask) | (value << 8 * place & mask);
	t->last_access = (uint32_t)(place << 8 | width);
}

static const struct mmio_ops test_mmio_ops = { .read = read_any, .write = write_any };

/* --- life */

static void test_reset(struct emulated *emu)
{
	struct test_device *t = to_test_device(emu);

	t->scratch = 0;
	t->last_access = t->irq = 0;
	count_rings(t);
	t->n_rings = 0;
}

static const struct emulated_type test_type = {
	.node = "test-device",
	.compatible = TEST_COMPATIBLE,
	.gpa = MEMMAP_TEST_DEVICE,
	.object_size = sizeof(struct test_device),
	.ops = &test_mmio_ops,
	.reset = test_reset,
	.read = test_read,
	.write = test_write,
};

static int make_doorbell(struct test_device *t, struct vm *vm, struct err *err)
{
	owned_fd int fd = -1;
	int ret;

	if (!vm->kvm.caps.ioeventfd)
		return 0;
	fd = sys_eventfd(0, EFD_NONBLOCK);
	if (fd < 0)
		return err_set(err, fd, "create the doorbell's event descriptor");
	ret = ioeventfd_set(vm, DOORBELL_GPA, BELL_WIDTH, NULL, fd, true);
	if (ret)
		return err_set(err, ret, "make a doorbell (KVM_IOEVENTFD)");
	t->doorbell_fd = take_fd(&fd);
	t->has_doorbell = true;
	return 0;
}

static int test_attach(struct device *device, struct err *err)
{
	struct test_device *t = container_of(device, struct test_device, emu.device);
	int ret = emulated_attach(device, err);

	return ret ? ret : make_doorbell(t, device->vm, err);
}

static void test_destroy(struct device *device)
{
	struct test_device *t = container_of(device, struct test_device, emu.device);

	if (device && t->has_doorbell) {
		ioeventfd_set(device->vm, DOORBELL_GPA, BELL_WIDTH, NULL, t->doorbell_fd, false);
		sys_close(t->doorbell_fd);
	}
	emulated_destroy(device);
}

const struct device_class test_device_class = {
	.name = "test-device",
	.help = "lets a test guest end dais with an exit status",
	EMULATED_CLASS(test_type),
	.attach = test_attach,
	.describe = emulated_describe,
	.destroy = test_destroy,
};
