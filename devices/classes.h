/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_CLASSES_H
#define DEVICES_CLASSES_H

/* The devices of dais itself, for vmm/cli/registry.c. Each emulated one sits at its fixed address
 * of vmm/core/memmap.h. */
#include "devices/device.h"

extern const struct device_class pl011_class;
extern const struct device_class pl031_class;
extern const struct device_class pl061_class;
extern const struct device_class test_device_class;

/* Virtio devices, whose queues others serve or dais itself, and their keys. */
extern const struct option virtio_console_keys[], virtio_blk_keys[], virtio_net_keys[],
	virtio_vsock_keys[], virtio_fs_keys[], vhost_user_keys[];
extern const struct device_class virtio_console_class;
extern const struct device_class virtio_blk_class;
extern const struct device_class virtio_net_class;
extern const struct device_class virtio_vsock_class;
extern const struct device_class virtio_fs_class;
extern const struct device_class vhost_user_class;

#endif
