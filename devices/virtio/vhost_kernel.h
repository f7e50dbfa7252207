/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_VIRTIO_VHOST_KERNEL_H
#define DEVICES_VIRTIO_VHOST_KERNEL_H

/* A back end of virtio.h in the host's kernel: vhost (<linux/vhost.h>). */
#include "devices/virtio/virtio.h"

struct vhost_kernel;

/* What the kernel's driver for a kind of device differs in. */
struct vhost_driver {
	const char *path, *module; /* its file, and who has it */
	uint32_t id;               /* VIRTIO_ID_* */
	unsigned int n_queues,
		n_served; /* that the guest has; the first of them are the kernel's */
	/* Begin and end to serve the queues, which are set up. Returns 0 or a negative errno. */
	int (*run)(struct vhost_kernel *vk, bool on);
};

struct vhost_kernel {
	struct virtio virtio;
	const struct vhost_driver *driver;
	int fd;            /* of the driver */
	int tap;           /* for the net driver; else -1 */
	uint64_t features; /* of the driver, before virtio_offered() */
};

/*
 * For a kind's create: open @driver's file and ask what it can do. The kind adds what it knows, and
 * calls virtio_destroy() when it fails. On error nothing is left open.
 */
int vhost_kernel_create(const struct device_config *config, struct vm *vm,
			const struct vhost_driver *driver, struct vhost_kernel **vk,
			struct err *err);
/*
 * Open a file of a driver of the host's, with a number of FD_VHOST; an error, which may be told
 * without it, says how to have the driver.
 */
int vhost_kernel_explain(const char *path, const char *module, int code, struct err *err);
int vhost_kernel_open(const char *path, const char *module, struct err *err);
/* Whether the host has this tap. */
int virtio_net_find_tap(const char *name, struct err *err);

#endif
