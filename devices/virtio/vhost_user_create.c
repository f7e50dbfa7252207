// SPDX-License-Identifier: GPL-2.0-only
/* vhost_user.h: the connection, and what is at its other end. */
#include <linux/virtio_ids.h>
#include <stdlib.h>

#include "devices/virtio/vhost_user.h"
#include "devices/virtio/vhost_user_message.h"
#include "vmm/base/built.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/vm.h"

#define DEFAULT_QUEUE_SIZE 256
#define PROTOCOL                                                      \
	(VHOST_USER_PROTOCOL_F_MQ | VHOST_USER_PROTOCOL_F_REPLY_ACK | \
	 VHOST_USER_PROTOCOL_F_CONFIG | VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS)

static int explain_connect(const struct vhost_user *vu, const struct vhost_user_kind *kind,
			   int code, struct err *err)
{
	struct stat st;

	err_set(err, code, "connect to the back end at %s", vu->path);
	if (code == -ECONNREFUSED && !sys_stat(vu->path, &st) && !S_ISSOCK(st.st_mode))
		err_why(err, "this is no socket");
	else if (code == -ECONNREFUSED)
		err_why(err, "the socket is of one that has ended");
	else if (code == -ENOENT)
		err_why(err, "it has not been started, or at another path");
	else if (code == -EAGAIN)
		err_why(err, "it serves another front end, and has no time for a second one");
	if (kind->example && (code == -ECONNREFUSED || code == -ENOENT))
		err_fix(err, "start it: %s%s", kind->example, vu->path);
	return err_host(err);
}

static int ask_protocol(struct vhost_user *vu, struct err *err)
{
	uint64_t protocol;

	if (!(vu->features & VHOST_USER_F_PROTOCOL_FEATURES))
		return 0;
	if (vhost_user_get_u64(vu, VHOST_USER_GET_PROTOCOL_FEATURES, &protocol, err))
		return err->code;
	vu->protocol = protocol & PROTOCOL;
	return vhost_user_set_u64(vu, VHOST_USER_SET_PROTOCOL_FEATURES, vu->protocol, err);
}

static int ask_queues(struct vhost_user *vu, const struct vhost_user_kind *kind, uint64_t wanted,
		      struct err *err)
{
	uint64_t n = kind->n_queues, need = wanted ? wanted : n;
	/* What passt counts are queues in one version, and pairs of them in the next. */
	bool is_told = vu->protocol & VHOST_USER_PROTOCOL_F_MQ && kind->id != VIRTIO_ID_NET;

	if (is_told && vhost_user_get_u64(vu, VHOST_USER_GET_QUEUE_NUM, &n, err))
		return err->code;
	if (n < need && is_told) {
		err_usage(err, "the back end at %s has %llu queues", vu->path,
			  (unsigned long long)n);
		return err_why(err, "a %s device is to have %llu", kind->name,
			       (unsigned long long)need);
	}
	if (wanted)
		n = wanted;
	vu->virtio.n_queues = n < VIRTIO_MAX_QUEUES ? (unsigned int)n : VIRTIO_MAX_QUEUES;
	return 0;
}

static int ask_memory(struct vhost_user *vu, struct err *err)
{
	uint64_t n = VHOST_USER_N_REGIONS;

	if (vu->protocol & VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS &&
	    vhost_user_get_u64(vu, VHOST_USER_GET_MAX_MEM_SLOTS, &n, err))
		return err->code;
	vu->virtio.device.n_ram_pieces = n < UINT32_MAX ? (unsigned int)n : UINT32_MAX;
	return 0;
}

static int judge(struct vhost_user *vu, const struct vhost_user_kind *kind, struct err *err)
{
	vu->virtio.features = virtio_offered(vu->features);
	if (!vu->virtio.features) {
		err_set(err, ENOTSUP, "the back end at %s: features 0x%llx", vu->path,
			(unsigned long long)vu->features);
		err_why(err, "it knows nothing of VIRTIO 1.0 (VIRTIO_F_VERSION_1)");
		return err_fix(err, "use a newer one");
	}
	if (!kind->config_size || vu->protocol & VHOST_USER_PROTOCOL_F_CONFIG)
		return 0;
	err_set(err, ENOTSUP, "the back end at %s", vu->path);
	return err_why(err,
		       "it does not tell its configuration, as one for %s does: it is one of "
		       "another type",
		       kind->name);
}

static int introduce(struct vhost_user *vu, const struct vhost_user_kind *kind, uint64_t queues,
		     struct err *err)
{
	struct vhost_user_message owner = { .request = VHOST_USER_SET_OWNER };

	return vhost_user_get_u64(vu, VHOST_USER_GET_FEATURES, &vu->features, err)
		       ?: ask_protocol(vu, err)
		       ?: judge(vu, kind, err)
		       ?: ask_queues(vu, kind, queues, err)
		       ?: ask_memory(vu, err)
		       ?: vhost_user_exchange(vu, &owner, 0, NULL, 0, false, err)
		       ?: vhost_user_get_config(vu, err);
}

static int get_connection(struct vhost_user *vu, const struct device_config *config,
			  const struct vhost_user_kind *kind, struct err *err)
{
	if (back_end_serves(config))
		return back_end_start(config, &vu->started, &vu->fd, err);
	vu->fd = sys_connect(vu->path, VHOST_USER_TIMEOUT_S);
	return vu->fd < 0 ? explain_connect(vu, kind, vu->fd, err) : 0;
}

static const char *no_path(const struct device_config *config, struct err *err)
{
	const struct option *keys = config->class->keys;
	const struct option *own =
		option_find(keys, "file", false) ?: option_find(keys, "share", false);

	if (own)
		err_usage(err, "%s: there is no socket=PATH, and no %s=%s", config->where, own->key,
			  own->arg);
	else
		err_usage(err, "%s: there is no socket=PATH", config->where);
	return NULL;
}

/* Where the back end is, or what dais has it serve: one of them; NULL: an error. */
static const char *find_path(const struct device_config *config, struct err *err)
{
	static const char of_own[][sizeof("readonly")] = { "file", "share", "format", "readonly" };
	const char *path = device_config_get(config, "socket", -1, text, NULL);
	const char *serves = back_end_serves(config);

	if (serves && !BUILT(VIRTIO_BACK_ENDS)) {
		err_not_built(err, "VIRTIO_BACK_ENDS");
		return NULL;
	}
	if (!path)
		return serves ?: no_path(config, err);
	for (size_t i = 0; i < n_elems(of_own); i++) {
		if (!device_config_find(config, of_own[i], -1))
			continue;
		err_usage(err, "%s: socket=%s goes with no key of a back end that dais starts",
			  config->where, path);
		return NULL;
	}
	return path;
}

int vhost_user_create(const struct device_config *config, struct vm *vm,
		      const struct vhost_user_kind *kind, struct device **device, struct err *err)
{
	uint64_t size = device_config_get(config, "queue-size", -1, number, DEFAULT_QUEUE_SIZE);
	const char *path = find_path(config, err);
	struct vhost_user *vu;

	if (!path)
		return err->code;
	if (size & (size - 1))
		return err_usage(err, "%s: queue-size is no power of two", config->where);
	vu = calloc(1, sizeof(*vu));
	if (!vu)
		return err_set(err, ENOMEM, "create %s", config->name);
	virtio_init(&vu->virtio, config, vm, &vhost_user_ops);
	*device = &vu->virtio.device;
	vu->path = path;
	vu->fd = -1;
	vu->virtio.id = kind->id;
	vu->virtio.queue_size = (unsigned int)size;
	vu->virtio.n_queues = kind->n_queues;
	vu->virtio.config_size = vu->config_size = kind->config_size;
	if (vm->only_described)
		return 0;
	if (!get_connection(vu, config, kind, err)) {
		if (!introduce(vu, kind, device_config_get(config, "queues", -1, number, 0), err))
			return 0;
		if (BUILT(VIRTIO_BACK_ENDS))
			back_end_explain(&vu->started, err);
	}
	virtio_destroy(*device);
	*device = NULL;
	return err->code;
}
