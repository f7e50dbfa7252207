// SPDX-License-Identifier: GPL-2.0-only
/* The keys of the virtio devices, also for a dais that cannot run guests. */
#include "devices/classes.h"
#include "devices/virtio/virtio.h"
#include "vmm/core/irq_line.h"

/* Of every kind. */
#define SPI_KEY                                                                  \
	DEVICE_KEY("spi", "N", option_set_u64, number,                           \
		   "shared peripheral interrupt, 0 upward; default: a free one", \
		   .max = SPI_MAX_COUNT - 1)

/* Of those that a process at a socket serves, which dais may start. */
#define SOCKET_KEY                                          \
	DEVICE_KEY("socket", "PATH", option_set_path, text, \
		   "Unix socket at which the back end listens")
#define SOCKET_KEYS                                                                    \
	SOCKET_KEY,                                                                    \
		DEVICE_KEY("queues", "N", option_set_u64, number,                      \
			   "queues that the guest gets; default: as many as the back " \
			   "end has, or the driver needs",                             \
			   .min = 1, .max = VIRTIO_MAX_QUEUES),                        \
		DEVICE_KEY("queue-size", "N", option_set_u64, number,                  \
			   "requests that a queue holds at most, a power of two; "     \
			   "default: 256",                                             \
			   .min = 2, .max = VIRTIO_QUEUE_SIZE)

const struct option virtio_console_keys[] = {
	DEVICE_KEY("default", "on|off", option_set_bool, on,
		   "the guest's kernel has the driver, so that its console is hvc0 unless append "
		   "has another console=; default: off"),
	SPI_KEY,
	{ .key = NULL },
};

#define READONLY_KEY                                          \
	DEVICE_KEY("readonly", "on|off", option_set_bool, on, \
		   "the guest may not write; default: off")

const struct option virtio_blk_keys[] = {
	DEVICE_KEY("file", "IMAGE", option_set_path, text,
		   "image or block device of the host, for which dais starts qemu-storage-daemon"),
	DEVICE_KEY("format", "raw|qcow2", option_set_choice, choice,
		   "what the image is; default: raw"),
	READONLY_KEY,
	SOCKET_KEYS,
	SPI_KEY,
	{ .key = NULL },
};

const struct option virtio_net_keys[] = {
	DEVICE_KEY("tap", "NAME", option_set_text, text,
		   "tap interface of the host that the card is on, by the kernel's vhost-net"),
	DEVICE_KEY("fd", "WHICH", option_set_text, text,
		   "the same, opened by whoever started dais: a descriptor's number or name"),
	SOCKET_KEY,
	DEVICE_KEY("mac", "ADDRESS", option_set_text, text,
		   "MAC address; default: one that the guest makes up at each boot"),
	SPI_KEY,
	{ .key = NULL },
};

const struct option virtio_vsock_keys[] = {
	DEVICE_KEY("cid", "N", option_set_u64, number,
		   "the guest's address, which no other guest of the host has", .min = 3,
		   .max = UINT32_MAX - 1),
	SPI_KEY,
	{ .key = NULL },
};

const struct option virtio_fs_keys[] = {
	DEVICE_KEY("tag", "T", option_set_text, text,
		   "by which the guest mounts it: mount -t virtiofs T DIRECTORY"),
	DEVICE_KEY("share", "DIR", option_set_path, text,
		   "directory of the host, for which dais starts virtiofsd"),
	READONLY_KEY,
	SOCKET_KEYS,
	SPI_KEY,
	{ .key = NULL },
};

const struct option vhost_user_keys[] = {
	DEVICE_KEY("type", "N|NAME", option_set_text, text,
		   "the virtio device that the back end is: a name, as blk, rng, gpio or i2c, or "
		   "the number that VIRTIO gives it"),
	DEVICE_KEY("config-size", "N", option_set_u64, number,
		   "bytes of the device's configuration; default: those of the type", .min = 1,
		   .max = VIRTIO_MAX_CONFIG),
	SOCKET_KEYS,
	SPI_KEY,
	{ .key = NULL },
};
