/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_DEVICES_VIRTIO_RIG_H
#define TESTS_UNIT_DEVICES_VIRTIO_RIG_H

/*
 * A guest's side of a virtio device: what it reads of the page of registers, past the cache, and
 * what it writes, on the thread of a vCPU, while the main thread does what it is asked. In one
 * program with the test that includes it.
 */
#include <criterion/criterion.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <pthread.h>
#include <string.h>

#include "devices/virtio/virtio.h"
#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/unit/err_says.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

#define RIG_RAM 0x40000000ULL

static struct vm vm;
static struct err err;
static struct device *device;
static uint8_t guest_page[4096]; /* as the guest sees it */

static void rig_synced(const void *p, size_t size)
{
	const char *page = virtio_of(device)->page.mem;

	cr_assert((const char *)p >= page && (const char *)p + size <= page + sizeof(guest_page));
	memcpy(guest_page + ((const char *)p - page), p, size);
}

/* The VM, with RAM from RIG_RAM on, and an event loop. */
static inline void rig_begin(void)
{
	const struct ram_backing backing = { .is_shared = true };

	fake_vm_create(&vm);
	cr_assert_eq(event_loop_create(&vm.loop, &err), 0);
	cr_assert_eq(ram_open(&vm.ram, &backing, &err), 0);
	cr_assert_eq(ram_plan(&vm.ram, &vm.memmap, RAM_MIN_SIZE, NULL, 0, &err), 0);
	cr_assert_eq(ram_create(&vm.ram, &err), 0);
	memset(guest_page, 0, sizeof(guest_page));
	fake_cache_synced = rig_synced;
}

static inline void rig_end(void)
{
	fake_cache_synced = NULL;
	if (device)
		device->class->quiesce(device);
	if (device)
		device->class->destroy(device);
	device = NULL;
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
}

static inline uint32_t guest_read(unsigned int offset)
{
	uint32_t value;

	memcpy(&value, guest_page + offset, sizeof(value));
	return value;
}

struct rig_write {
	uint64_t offset, value;
	unsigned int width;
	bool is_done;
};

static void *rig_write(void *opaque)
{
	struct rig_write *w = opaque;

	mmio_access(&vm.mmio, virtio_of(device)->gpa + w->offset, (uint8_t *)&w->value, w->width,
		    true);
	owned_lock pthread_mutex_t *lock = take_lock(&vm.lock);

	w->is_done = true;
	pthread_cond_broadcast(&vm.cond);
	return NULL;
}

static inline void guest_write_wide(uint64_t offset, unsigned int width, uint64_t value)
{
	struct rig_write w = { offset, value, width, false };
	pthread_t vcpu;

	cr_assert_eq(pthread_create(&vcpu, NULL, rig_write, &w), 0);
	pthread_mutex_lock(&vm.lock);
	while (!w.is_done)
		if (!vm_run_errand(&vm))
			pthread_cond_wait(&vm.cond, &vm.lock);
	pthread_mutex_unlock(&vm.lock);
	pthread_join(vcpu, NULL);
}

static inline void guest_write(uint64_t offset, uint32_t value)
{
	guest_write_wide(offset, 4, value);
}

/* Up to FEATURES_OK. */
static inline void guest_negotiate(uint64_t features)
{
	guest_write(VIRTIO_MMIO_STATUS, 0);
	guest_write(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	guest_write(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	for (uint32_t i = 0; i < 2; i++) {
		guest_write(VIRTIO_MMIO_DRIVER_FEATURES_SEL, i);
		guest_write(VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32 * i));
	}
	guest_write(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
						VIRTIO_CONFIG_S_FEATURES_OK);
}

static inline void guest_add_queue(unsigned int i, uint32_t size, uint64_t desc, uint64_t avail,
				   uint64_t used)
{
	guest_write(VIRTIO_MMIO_QUEUE_SEL, i);
	guest_write(VIRTIO_MMIO_QUEUE_NUM, size);
	guest_write(VIRTIO_MMIO_QUEUE_DESC_LOW, (uint32_t)desc);
	guest_write(VIRTIO_MMIO_QUEUE_DESC_HIGH, (uint32_t)(desc >> 32));
	guest_write(VIRTIO_MMIO_QUEUE_AVAIL_LOW, (uint32_t)avail);
	guest_write(VIRTIO_MMIO_QUEUE_AVAIL_HIGH, (uint32_t)(avail >> 32));
	guest_write(VIRTIO_MMIO_QUEUE_USED_LOW, (uint32_t)used);
	guest_write(VIRTIO_MMIO_QUEUE_USED_HIGH, (uint32_t)(used >> 32));
	guest_write(VIRTIO_MMIO_QUEUE_READY, 1);
}

static inline void guest_ready(void)
{
	guest_write(VIRTIO_MMIO_STATUS, guest_read(VIRTIO_MMIO_STATUS) | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* A queue, and all the way. */
static inline void guest_start(uint64_t features)
{
	guest_negotiate(features);
	guest_add_queue(0, 128, RIG_RAM, RIG_RAM + 0x1000, RIG_RAM + 0x2000);
	guest_ready();
}

/* How many interrupts came since the last time. */
static inline uint64_t guest_interrupts(void)
{
	uint64_t n = 0;

	sys_read(virtio_of(device)->call_fd, &n, sizeof(n));
	return n;
}

#endif
