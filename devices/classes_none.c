// SPDX-License-Identifier: GPL-2.0-only
/* The devices of dais itself in one that cannot run guests: what "dais plan" reads in their
 * configurations. */
#include "devices/classes.h"

const struct device_class pl011_class = {
	.name = "pl011",
	.keys = emulated_keys,
	.stdout_path = "/pl011@9000000",
};
const struct device_class pl031_class = { .name = "pl031", .keys = emulated_keys };
const struct device_class pl061_class = { .name = "pl061", .keys = emulated_keys };
const struct device_class test_device_class = { .name = "test-device", .keys = emulated_keys };
const struct device_class virtio_console_class = { .name = "virtio-console",
						   .keys = virtio_console_keys };
const struct device_class virtio_blk_class = { .name = "virtio-blk", .keys = virtio_blk_keys };
const struct device_class virtio_net_class = { .name = "virtio-net", .keys = virtio_net_keys };
const struct device_class virtio_vsock_class = { .name = "virtio-vsock",
						 .keys = virtio_vsock_keys };
const struct device_class virtio_fs_class = { .name = "virtio-fs", .keys = virtio_fs_keys };
const struct device_class vhost_user_class = { .name = "vhost-user", .keys = vhost_user_keys };
