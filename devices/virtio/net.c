// SPDX-License-Identifier: GPL-2.0-only
/* A network card: on a tap by the kernel's vhost-net, or by vhost-user (VIRTIO 1.2, 5.1). */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "devices/classes.h"
#include "devices/virtio/vhost_kernel.h"
#include "devices/virtio/vhost_user.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"
#include "vmm/core/vm.h"

/* What a tap does, whose packets have a header (IFF_VNET_HDR): both ways, and what it is told of.
 */
static const struct {
	unsigned int feature;
	unsigned int offload; /* TUN_F_*; 0: from the guest, which it takes in any case */
} offloads[] = {
	{ VIRTIO_NET_F_CSUM, 0 },
	{ VIRTIO_NET_F_HOST_TSO4, 0 },
	{ VIRTIO_NET_F_HOST_TSO6, 0 },
	{ VIRTIO_NET_F_HOST_ECN, 0 },
	{ VIRTIO_NET_F_GUEST_CSUM, TUN_F_CSUM },
	{ VIRTIO_NET_F_GUEST_TSO4, TUN_F_TSO4 },
	{ VIRTIO_NET_F_GUEST_TSO6, TUN_F_TSO6 },
	{ VIRTIO_NET_F_GUEST_ECN, TUN_F_TSO_ECN },
};

static int run(struct vhost_kernel *vk, bool on)
{
	const struct virtio *v = &vk->virtio;
	unsigned long flags = 0;
	int ret = 0;

	for (size_t i = 0; i < n_elems(offloads); i++)
		if (v->accepted & VIRTIO_BIT(offloads[i].feature))
			flags |= offloads[i].offload;
	if (on)
		ret = sys_ioctl(vk->tap, TUNSETOFFLOAD, (void *)flags);
	for (unsigned int i = 0; i < v->n_queues && !ret; i++)
		if (v->queues[i].is_ready)
			ret = sys_ioctl(vk->fd, VHOST_NET_SET_BACKEND,
					&(struct vhost_vring_file){ i, on ? vk->tap : -1 });
	return ret;
}

static const struct vhost_driver driver = {
	"/dev/vhost-net", "vhost_net", VIRTIO_ID_NET, 2, 2, run,
};

/* --- the tap */

static int header_size = sizeof(struct virtio_net_hdr_mrg_rxbuf);

/* One that is not there would be made, down and nobody's. */
int virtio_net_find_tap(const char *name, struct err *err)
{
	char path[sizeof("/sys/class/net/") + IFNAMSIZ];
	struct stat st;

	if (!name[0] || strlen(name) >= IFNAMSIZ || strchr(name, '/'))
		return err_usage(err, "tap=%s: no network interface has this name", name);
	snprintf(path, sizeof(path), "/sys/class/net/%s", name);
	if (!sys_stat(path, &st))
		return 0;
	err_set(err, ENODEV, "find the tap %s", name);
	err_why(err, "there is no interface of this name");
	err_fix(err, "ip tuntap add dev %s mode tap user $USER; ip link set %s up", name, name);
	return err_host(err);
}

static int explain_tap(const char *name, int code, struct err *err)
{
	err_set(err, code, "take the tap %s", name);
	if (code == -EBUSY)
		err_why(err, "another process has it: a guest that runs");
	else if (code == -EINVAL)
		err_why(err, "it is no tap, or one of several queues");
	else if (code == -EPERM)
		err_why(err, "it is another user's, and this one may not administer the network");
	if (code == -EBUSY)
		err_fix(err, "end that guest, or name another tap: tap=NAME");
	else if (code == -EPERM || code == -EINVAL)
		err_fix(err,
			"ip link delete %s; ip tuntap add dev %s mode tap user $USER; ip link set "
			"%s up",
			name, name, name);
	return err_host(err);
}

static int open_tap(struct vhost_kernel *vk, const char *name, struct err *err)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int ret;

	if (virtio_net_find_tap(name, err))
		return err->code;
	vk->tap = vhost_kernel_open("/dev/net/tun", "tun", err);
	if (vk->tap < 0)
		return err->code;
	str_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name);
	ret = sys_ioctl(vk->tap, TUNSETIFF, &ifr)
		      ?: sys_ioctl(vk->tap, TUNSETVNETHDRSZ, &header_size);
	return ret ? explain_tap(name, ret, err) : 0;
}

/* Whoever opened it has chosen what it is. */
static int take_tap(struct vhost_kernel *vk, const char *which, struct err *err)
{
	char spec[64] = PASSED_FD_PREFIX;
	const int wanted = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	struct ifreq ifr = { .ifr_flags = 0 };
	int ret;

	str_copy(spec + strlen(spec), sizeof(spec) - strlen(spec), which);
	vk->tap = fd_to_range(passed_fds_open(vk->virtio.device.vm->passed, spec, O_RDWR, err),
			      FD_VHOST);
	ret = vk->tap < 0 ? vk->tap : sys_ioctl(vk->tap, TUNGETIFF, &ifr);
	if (!ret && (ifr.ifr_flags & wanted) == wanted)
		ret = sys_ioctl(vk->tap, TUNSETVNETHDRSZ, &header_size);
	else if (!ret)
		ret = -EINVAL;
	if (!ret)
		return 0;
	err_set(err, ret, "use the descriptor fd=%s", which);
	err_why(err, "%s",
		ret == -EINVAL ? "it is a tap without a header for each packet, or a tun"
			       : "it is no tap");
	err_fix(err, "open /dev/net/tun and attach it with IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, or "
		     "have dais open it: tap=NAME");
	return err->code;
}

static int create_on_tap(const struct device_config *config, struct vm *vm, const char *tap,
			 const char *fd, struct device **device, struct err *err)
{
	struct vhost_kernel *vk;

	if (vhost_kernel_create(config, vm, &driver, &vk, err))
		return err->code;
	if (tap ? open_tap(vk, tap, err) : take_tap(vk, fd, err)) {
		virtio_destroy(&vk->virtio.device);
		return err->code;
	}
	for (size_t i = 0; i < n_elems(offloads); i++)
		vk->virtio.features |= VIRTIO_BIT(offloads[i].feature);
	*device = &vk->virtio.device;
	return 0;
}

/* --- either */

/* Of the device's own features those that a back end's queues alone can do: no control queue. */
static uint64_t without_control(uint64_t features)
{
	uint64_t kept = VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF);

	for (size_t i = 0; i < n_elems(offloads); i++)
		kept |= VIRTIO_BIT(offloads[i].feature);
	return features & (kept | ~(0xffffffULL | ~0ULL << 50));
}

/* Six bytes, of a card and not of a group. */
static bool parse_mac(const char *text, uint8_t *mac)
{
	int n = 0;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5], &n) == 6 &&
	       n == 17 && !text[n] && !(mac[0] & 1);
}

static int net_create(const struct device_config *config, struct vm *vm, struct device **device,
		      struct err *err)
{
	const struct vhost_user_kind *kind = vhost_user_kind_of(VIRTIO_ID_NET);
	const char *tap = device_config_str(config, "tap"), *mac = device_config_str(config, "mac");
	const char *fd = device_config_str(config, "fd");
	uint8_t address[6] = { 0 };
	struct virtio *v;

	if (!!tap + !!fd + !!device_config_find(config, "socket", -1) != 1)
		return err_usage(err,
				 "%s: virtio-net takes one of tap=NAME, fd=WHICH and socket=PATH",
				 config->where);
	if (mac && !parse_mac(mac, address)) {
		err_usage(err, "%s: mac=%s: no address of a network card", config->where, mac);
		return err_fix(err, "give one such as mac=52:54:00:12:34:56");
	}
	if (tap || fd ? create_on_tap(config, vm, tap, fd, device, err)
		      : vhost_user_create(config, vm, kind, device, err))
		return err->code;
	v = virtio_of(*device);
	v->features = without_control(v->features);
	if (!mac)
		return 0;
	v->features |= VIRTIO_BIT(VIRTIO_NET_F_MAC);
	v->config_size = sizeof(address);
	memcpy(v->config, address, sizeof(address));
	return 0;
}

const struct device_class virtio_net_class = {
	.name = "virtio-net",
	.help = "a network card, on a tap of the host's or served by passt",
	.keys = virtio_net_keys,
	.create = net_create,
	VIRTIO_CLASS,
};
