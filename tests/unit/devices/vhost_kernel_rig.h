/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_DEVICES_VHOST_KERNEL_RIG_H
#define TESTS_UNIT_DEVICES_VHOST_KERNEL_RIG_H

/* A device whose back end is a driver of the host's kernel, behind virtio_rig.h. */
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "devices/classes.h"
#include "tests/unit/devices/virtio_rig.h"
#include "vmm/base/fd_range.h"

#define VERSION_1 VIRTIO_BIT(VIRTIO_F_VERSION_1)
#define MRG_RXBUF VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF)

/* What the drivers say, and what they were told. */
static struct {
	uint64_t features, set_features, cid;
	unsigned long fails_at; /* this request fails with … */
	int code;
	struct vhost_vring_addr addr[2];
	unsigned int num[2];
	int kick[2], call[2], backend[2], err_fd, running;
	struct {
		uint32_t nregions, padding;
		struct vhost_memory_region regions[2];
	} memory;
	struct ifreq ifr;
	int tap_flags; /* of one that was passed */
	int header;
	unsigned long offload;
} kernel;

static struct device_config config;

static inline int on_vhost(int fd, void *opaque, unsigned long request, void *arg)
{
	const struct vhost_vring_file *file = arg;
	const struct vhost_vring_state *state = arg;
	const struct vhost_vring_addr *addr = arg;

	(void)fd;
	(void)opaque;
	if (request == kernel.fails_at)
		return kernel.code;
	switch (request) {
	case VHOST_GET_FEATURES:
		*(uint64_t *)arg = kernel.features;
		return 0;
	case VHOST_SET_FEATURES:
		kernel.set_features = *(uint64_t *)arg;
		return 0;
	case VHOST_SET_OWNER:
		return 0;
	case VHOST_SET_MEM_TABLE:
		memcpy(&kernel.memory, arg,
		       sizeof(kernel.memory) - sizeof(kernel.memory.regions[0]));
		return 0;
	case VHOST_SET_VRING_NUM:
		kernel.num[state->index] = state->num;
		return 0;
	case VHOST_SET_VRING_BASE:
		return state->num ? -EINVAL : 0;
	case VHOST_SET_VRING_ADDR:
		kernel.addr[addr->index] = *addr;
		return 0;
	case VHOST_SET_VRING_CALL:
		kernel.call[file->index] = file->fd;
		return 0;
	case VHOST_SET_VRING_ERR:
		kernel.err_fd = file->fd;
		return 0;
	case VHOST_SET_VRING_KICK:
		kernel.kick[file->index] = file->fd;
		return 0;
	case VHOST_NET_SET_BACKEND:
		kernel.backend[file->index] = file->fd;
		return 0;
	case VHOST_VSOCK_SET_GUEST_CID:
		kernel.cid = *(uint64_t *)arg;
		return 0;
	case VHOST_VSOCK_SET_RUNNING:
		kernel.running = *(int *)arg;
		return 0;
	}
	return -ENOTTY;
}

static inline int on_tap(int fd, void *opaque, unsigned long request, void *arg)
{
	(void)fd;
	(void)opaque;
	if (request == kernel.fails_at)
		return kernel.code;
	switch (request) {
	case TUNSETIFF:
		kernel.ifr = *(struct ifreq *)arg;
		return 0;
	case TUNGETIFF:
		((struct ifreq *)arg)->ifr_flags = (short)kernel.tap_flags;
		return 0;
	case TUNSETVNETHDRSZ:
		kernel.header = *(int *)arg;
		return 0;
	case TUNSETOFFLOAD:
		kernel.offload = (unsigned long)arg;
		return 0;
	}
	return -ENOTTY;
}

static inline void set_key(const char *key, const char *value)
{
	config.settings[config.n_settings++] =
		(struct device_setting){ .key = key, .value = value, .where = "--device" };
}

static inline void set_class(const struct device_class *class, const char *key, const char *value)
{
	config = (struct device_config){ .name = "it", .class = class, .where = "--device" };
	set_key(key, value);
}

static inline void set_up(void)
{
	static const struct fake_fd_ops vhost = { .ioctl = on_vhost }, tap = { .ioctl = on_tap };

	log_set_level(LOG_ERROR);
	rig_begin();
	cr_assert_eq(fd_ranges_allow(&err), 0);
	fake_device("/dev/vhost-net", &vhost, NULL);
	fake_device("/dev/vhost-vsock", &vhost, NULL);
	fake_device("/dev/net/tun", &tap, NULL);
	fake_dir("/sys/class/net/tap0");
	memset(&kernel, 0, sizeof(kernel));
	kernel.features = VERSION_1 | MRG_RXBUF | 1ULL << VHOST_F_LOG_ALL |
			  1ULL << VHOST_NET_F_VIRTIO_NET_HDR;
	set_class(&virtio_net_class, "tap", "tap0");
}

static inline int create(void)
{
	return device_config_judge(&config, NULL, &err)
		       ?: config.class->create(&config, &vm, &device, &err);
}

static inline int create_and_attach(void)
{
	return create() ?: config.class->attach(device, &err) ?: config.class->arm(device, &err);
}

static inline void start(uint64_t features)
{
	guest_negotiate(features);
	for (unsigned int i = 0; i < 2; i++)
		guest_add_queue(i, 64, RIG_RAM + i * 0x10000, RIG_RAM + i * 0x10000 + 0x1000,
				RIG_RAM + i * 0x10000 + 0x2000);
	guest_ready();
}

#endif
