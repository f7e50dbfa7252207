// SPDX-License-Identifier: GPL-2.0-only
/* A vsock by the kernel's vhost-vsock (VIRTIO 1.2, 5.10). */
#include <endian.h>
#include <linux/vhost.h>
#include <linux/virtio_ids.h>
#include <string.h>

#include "devices/classes.h"
#include "devices/virtio/vhost_kernel.h"
#include "vmm/base/sys.h"

static int run(struct vhost_kernel *vk, bool on)
{
	int running = on;

	return sys_ioctl(vk->fd, VHOST_VSOCK_SET_RUNNING, &running);
}

/* The queue of events is the guest's alone: the kernel has none to tell. */
static const struct vhost_driver driver = {
	"/dev/vhost-vsock", "vhost_vsock", VIRTIO_ID_VSOCK, 3, 2, run,
};

static int vsock_create(const struct device_config *config, struct vm *vm, struct device **device,
			struct err *err)
{
	uint64_t cid = device_config_get(config, "cid", -1, number, 0), config_cid = htole64(cid);
	struct vhost_kernel *vk;
	int ret;

	if (!cid)
		return err_usage(err, "%s: there is no cid=N", config->where);
	if (vhost_kernel_create(config, vm, &driver, &vk, err))
		return err->code;
	vk->virtio.config_size = sizeof(config_cid);
	memcpy(vk->virtio.config, &config_cid, sizeof(config_cid));
	*device = &vk->virtio.device;
	ret = sys_ioctl(vk->fd, VHOST_VSOCK_SET_GUEST_CID, &cid);
	if (!ret)
		return 0;
	virtio_destroy(*device);
	*device = NULL;
	err_set(err, ret, "have the guest at cid %llu", (unsigned long long)cid);
	if (ret == -EADDRINUSE) {
		err_why(err, "another guest of this host has it");
		err_fix(err, "give another: cid=%llu", (unsigned long long)cid + 1);
	}
	return err_host(err);
}

const struct device_class virtio_vsock_class = {
	.name = "virtio-vsock",
	.help = "sockets between guest and host",
	.keys = virtio_vsock_keys,
	.create = vsock_create,
	VIRTIO_CLASS,
};
