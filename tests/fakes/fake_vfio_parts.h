/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FAKE_VFIO_PARTS_H
#define TESTS_FAKES_FAKE_VFIO_PARTS_H

/* Between the files of fake_vfio.h. */
#include "tests/fakes/fake_vfio.h"

extern struct fake_vfio_device *fake_vfio_devices[FAKE_VFIO_MAX];
extern unsigned int fake_vfio_n_devices;

/* A new descriptor of @device, as VFIO_GROUP_GET_DEVICE_FD gives it. */
int fake_vfio_device_open(struct fake_vfio_device *device);
/* Bring /proc/interrupts up to date. */
void fake_vfio_write_interrupts(void);
/* Its node and everything else that sysfs has of it. */
void fake_vfio_add_tree(const struct fake_vfio_device *device);

#endif
