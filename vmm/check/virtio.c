// SPDX-License-Identifier: GPL-2.0-only
/* What serves the queues of virtio devices: no back end is started or spoken to. */
#include <errno.h>

#include "devices/virtio/back_end.h"
#include "devices/virtio/vhost_kernel.h"
#include "vmm/base/built.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/check/check.h"

/* Which key takes which file of the kernel's. */
static const struct {
	const char *key, *path, *module;
} drivers[] = {
	{ "tap", "/dev/vhost-net", "vhost_net" },
	{ "tap", "/dev/net/tun", "tun" },
	{ "fd", "/dev/vhost-net", "vhost_net" },
	{ "cid", "/dev/vhost-vsock", "vhost_vsock" },
};

static void check_drivers_of(struct check *check, const struct check_vm *vm,
			     const struct device_config *device)
{
	const char *tap = device_config_str(device, "tap");
	struct err err;

	for (size_t i = 0; i < n_elems(drivers); i++) {
		int ret = device_config_find(device, drivers[i].key, -1)
				  ? sys_access(drivers[i].path, R_OK | W_OK)
				  : 0;

		if (!ret)
			continue;
		vhost_kernel_explain(drivers[i].path, drivers[i].module, ret, &err);
		check_say_err(check, CHECK_BLOCKS, vm, &err);
	}
	if (BUILT(VIRTIO_NET) && tap && virtio_net_find_tap(tap, &err))
		check_say_err(check, CHECK_BLOCKS, vm, &err);
}

/* The run tells how a back end of its type is started. */
static void check_socket(struct check *check, const struct check_vm *vm,
			 const struct device_config *device)
{
	const struct device_setting *socket = device_config_find(device, "socket", -1);
	struct stat st;
	struct err err;
	int ret = socket ? sys_stat(socket->text, &st) : 0;

	if (!socket || (!ret && S_ISSOCK(st.st_mode)))
		return;
	err_set(&err, ret ?: -ENOTSOCK, "find the back end of %s at %s", device->name,
		socket->text);
	err_fix(&err, "start it before dais");
	check_say_err(check, CHECK_BLOCKS, vm, &err);
}

/* That dais starts itself. */
static void check_back_end(struct check *check, const struct check_vm *vm,
			   const struct device_config *device)
{
	struct err err;

	if (back_end_serves(device) && back_end_check(device, &err))
		check_say_err(check, CHECK_BLOCKS, vm, &err);
}

void check_virtio(struct check *check)
{
	check_each_vm (check, vm) {
		for (unsigned int i = 0; i < vm->config.n_devices; i++) {
			if (BUILT(VHOST))
				check_drivers_of(check, vm, &vm->config.devices[i]);
			if (BUILT(VHOST_USER))
				check_socket(check, vm, &vm->config.devices[i]);
			if (BUILT(VIRTIO_BACK_ENDS))
				check_back_end(check, vm, &vm->config.devices[i]);
		}
	}
}
