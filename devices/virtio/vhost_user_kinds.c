// SPDX-License-Identifier: GPL-2.0-only
/* The kinds of devices whose back ends are reached by vhost-user only. */
#include <endian.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

#include "devices/classes.h"
#include "devices/virtio/vhost_user.h"
#include "vmm/base/range.h"

/* VIRTIO 1.2, 5: the queues that each must have, and its configuration as far as all have it. */
static const struct vhost_user_kind kinds[] = {
	{ "blk", VIRTIO_ID_BLOCK, 1, 60,
	  "qemu-storage-daemon --blockdev file,filename=IMAGE,node-name=disk --export "
	  "vhost-user-blk,id=e,node-name=disk,writable=on,addr.type=unix,addr.path=" },
	{ "net", VIRTIO_ID_NET, 2, 0, "passt --foreground --vhost-user --socket " },
	{ "rng", VIRTIO_ID_RNG, 1, 0, NULL },
	{ "scsi", VIRTIO_ID_SCSI, 3, 36, NULL },
	{ "input", VIRTIO_ID_INPUT, 2, 136, NULL },
	{ "vsock", VIRTIO_ID_VSOCK, 3, 8, NULL },
	{ "crypto", VIRTIO_ID_CRYPTO, 2, 56, NULL },
	{ "sound", VIRTIO_ID_SOUND, 4, 12, NULL },
	{ "fs", VIRTIO_ID_FS, 2, 40, "virtiofsd --shared-dir DIR --socket-path " },
	{ "scmi", VIRTIO_ID_SCMI, 2, 0, NULL },
	{ "i2c", VIRTIO_ID_I2C_ADAPTER, 1, 0, NULL },
	{ "can", VIRTIO_ID_CAN, 3, 2, NULL },
	{ "gpio", VIRTIO_ID_GPIO, 2, 8, NULL },
};

const struct vhost_user_kind *vhost_user_kind_of(uint32_t id)
{
	const struct vhost_user_kind *kind = kinds;

	while (kind->id != id)
		kind++;
	return kind;
}

static int blk_create(const struct device_config *config, struct vm *vm, struct device **device,
		      struct err *err)
{
	return vhost_user_create(config, vm, &kinds[0], device, err);
}

const struct device_class virtio_blk_class = {
	.name = "virtio-blk",
	.help = "a disk that qemu-storage-daemon serves",
	.keys = virtio_blk_keys,
	.create = blk_create,
	VIRTIO_CLASS,
};

/* Its configuration is dais' own: virtiofsd has one only when it is told a tag, too. */
static int fs_create(const struct device_config *config, struct vm *vm, struct device **device,
		     struct err *err)
{
	struct vhost_user_kind kind = *vhost_user_kind_of(VIRTIO_ID_FS);
	const char *tag = device_config_str(config, "tag");
	struct virtio_fs_config fs = { 0 };
	struct virtio *v;

	if (!tag || !tag[0] || strlen(tag) > sizeof(fs.tag))
		return err_usage(err, "%s: there is no tag=T of 1 to %zu characters", config->where,
				 sizeof(fs.tag));
	kind.config_size = 0;
	if (vhost_user_create(config, vm, &kind, device, err))
		return err->code;
	v = virtio_of(*device);
	memcpy(fs.tag, tag, strlen(tag));
	fs.num_request_queues = htole32(v->n_queues - 1);
	v->config_size = sizeof(fs);
	memcpy(v->config, &fs, sizeof(fs));
	return 0;
}

const struct device_class virtio_fs_class = {
	.name = "virtio-fs",
	.help = "a directory that virtiofsd shares",
	.keys = virtio_fs_keys,
	.create = fs_create,
	VIRTIO_CLASS,
};

/* What the user says, and the table where it does not. */
static int find_kind(const struct device_config *config, struct vhost_user_kind *kind,
		     struct err *err)
{
	const char *type = device_config_str(config, "type");
	char *end = NULL;
	unsigned long id = type ? strtoul(type, &end, 0) : 0;

	*kind = (struct vhost_user_kind){ type, 0, 1, 0, NULL };
	if (type && end != type && !*end && id && id <= UINT16_MAX)
		kind->id = (uint32_t)id;
	for (size_t i = 0; i < n_elems(kinds) && type; i++)
		if (kinds[i].id == kind->id || !strcmp(kinds[i].name, type))
			*kind = kinds[i];
	kind->config_size = device_config_get(config, "config-size", -1, number, kind->config_size);
	if (kind->id)
		return 0;
	err_usage(err, "%s: %s%s", config->where,
		  type ? "no virtio device has the type " : "there is no type=N|NAME", type ?: "");
	return err_fix(err,
		       "give its number (VIRTIO 1.2, 5), or one of blk, net, rng, scsi, input, "
		       "vsock, crypto, sound, fs, scmi, i2c, can, gpio");
}

static int vhost_user_class_create(const struct device_config *config, struct vm *vm,
				   struct device **device, struct err *err)
{
	struct vhost_user_kind kind;

	return find_kind(config, &kind, err) ?: vhost_user_create(config, vm, &kind, device, err);
}

const struct device_class vhost_user_class = {
	.name = "vhost-user",
	.help = "a virtio device of any type that another process serves",
	.keys = vhost_user_keys,
	.create = vhost_user_class_create,
	VIRTIO_CLASS,
};
