/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_VFIO_VFIO_IRQ_RIG_H
#define TESTS_UNIT_VFIO_VFIO_IRQ_RIG_H

/* An assigned device with three interrupts in a VM on the fakes, for tests of its interrupts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/device.h"
#include "vfio/irq/irq.h"
#include "vfio/vfio.h"
#include "vmm/base/log.h"
#include "vmm/core/vm.h"

#define CLASS (&vfio_platform_class)
#define PAGE  0x1000

static struct vm vm;
static struct err err;
static struct fake_vfio_device dev;
static struct device *device;
static struct vfio_device *vdev;

/* Two regions of four pages, a level and another level interrupt, and an edge. */
static inline void make_host(void)
{
	log_set_level(LOG_ERROR);
	fake_vm_create(&vm);
	cr_assert_eq(event_loop_create(&vm.loop, &err), 0);
	dev = (struct fake_vfio_device){
		.name = "10000000.dev",
		.group = 1,
		.n_regions = 2,
		.regions = { { .size = 4 * PAGE }, { .size = 4 * PAGE } },
		.n_irqs = 3,
		.irqs = { { .level = true }, { .level = true }, { .level = false } },
	};
	fake_vfio_add(&dev);
}

static inline int create(const char *settings)
{
	static struct device_config config;
	static char text[256];
	char *next = text, *item;
	int ret;

	snprintf(text, sizeof(text), "host=10000000.dev%s%s", settings[0] ? "," : "", settings);
	config = (struct device_config){ .name = "dev", .class = CLASS, .where = "--device" };
	while ((item = strsep(&next, ","))) {
		struct device_setting *s = &config.settings[config.n_settings++];

		s->key = strsep(&item, "=");
		s->value = item;
		s->where = config.where;
	}
	device = NULL;
	ret = device_config_judge(&config, NULL, &err);
	return ret ? ret : CLASS->create(&config, &vm, &device, &err);
}

static inline int arm(const char *settings)
{
	int ret = create(settings);

	cr_assert_eq(ret, 0, "%s", err.what);
	vdev = (struct vfio_device *)device;
	ret = vfio_kvm_attach(vm.vfio, &vm, &err);
	if (!ret)
		ret = CLASS->attach(device, &err);
	return ret ? ret : CLASS->arm(device, &err);
}

static inline void end(void)
{
	CLASS->destroy(device);
	cr_expect_eq(fake_kvm.n_irqfds, 0);
	cr_expect_eq(fake_kvm.n_forwards, 0);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
}

#endif
