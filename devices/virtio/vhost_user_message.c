// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/vhost_user_message.h"

#include <string.h>

#include "devices/virtio/vhost_user.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

static int fail(int code, uint32_t request, struct err *err)
{
	/* The timeout of the socket is told as if it did not block. */
	err_set(err, code == -EAGAIN ? -ETIMEDOUT : code, "vhost-user request %u", request);
	if (err->code == -ETIMEDOUT)
		err_why(err,
			"the back end has not answered for %u s: it hangs, or serves another "
			"front end, and only one at a time",
			VHOST_USER_TIMEOUT_S);
	else if (err->code == -EPIPE || err->code == -ECONNRESET)
		err_why(err, "the back end has closed the connection: it ended, or does not know "
			     "the request; it may have told why");
	else if (err->code == -EPROTO)
		err_why(err, "the back end does not answer as the vhost-user protocol says");
	return err->code;
}

static int read_all(int fd, void *buf, size_t size)
{
	for (size_t n = 0; n < size;) {
		ssize_t ret = sys_read(fd, (char *)buf + n, size - n);

		if (ret <= 0)
			return ret ? (int)ret : -EPIPE;
		n += (size_t)ret;
	}
	return 0;
}

static int read_reply(int fd, struct vhost_user_message *reply)
{
	const uint32_t request = reply->request;
	int ret = read_all(fd, reply, VHOST_USER_HEADER);

	if (ret)
		return ret;
	if (reply->request != request || !(reply->flags & VHOST_USER_REPLY) ||
	    reply->size > sizeof(*reply) - VHOST_USER_HEADER)
		return -EPROTO;
	return read_all(fd, &reply->u64, reply->size);
}

static int exchange(int fd, struct vhost_user_message *message, uint32_t size, const int *fds,
		    unsigned int n_fds, bool has_reply, struct err *err)
{
	const uint32_t request = message->request;
	const bool has_ack = message->flags & VHOST_USER_NEED_REPLY;
	ssize_t n;
	int ret;

	message->flags |= VHOST_USER_VERSION;
	message->size = size;
	n = sys_send(fd, message, VHOST_USER_HEADER + size, fds, n_fds);
	if (n != VHOST_USER_HEADER + (ssize_t)size)
		return fail(n < 0 ? (int)n : -EAGAIN, request, err);
	if (!has_reply && !has_ack)
		return 0;
	ret = read_reply(fd, message);
	if (ret)
		return fail(ret, request, err);
	if (has_ack && !has_reply && (message->size != sizeof(uint64_t) || message->u64)) {
		err_set(err, EIO, "vhost-user request %u", request);
		return err_why(err, "the back end refuses it; it may have told why");
	}
	return 0;
}

void vhost_user_disconnect(struct vhost_user *vu)
{
	struct event_loop *loop = &vu->virtio.device.vm->loop;

	if (vu->source)
		event_loop_remove(loop, take_ptr(&vu->source));
	virtio_ignore_errors(&vu->virtio);
	close_fd(&vu->fd);
	vu->has_memory = false;
}

int vhost_user_exchange(struct vhost_user *vu, struct vhost_user_message *message, uint32_t size,
			const int *fds, unsigned int n_fds, bool has_reply, struct err *err)
{
	if (vu->fd < 0) {
		err_set(err, 0, "the back end at %s is gone", vu->path);
		return err->code;
	}
	if (!exchange(vu->fd, message, size, fds, n_fds, has_reply, err))
		return 0;
	vhost_user_disconnect(vu);
	return err_prefix(err, "the back end at %s", vu->path);
}

int vhost_user_get_u64(struct vhost_user *vu, uint32_t request, uint64_t *value, struct err *err)
{
	struct vhost_user_message message = { .request = request };

	if (vhost_user_exchange(vu, &message, 0, NULL, 0, true, err))
		return err->code;
	*value = message.u64;
	if (message.size == sizeof(*value))
		return 0;
	err_set(err, EPROTO, "the back end at %s: vhost-user request %u", vu->path, request);
	return err_why(err, "its answer has %u bytes, not 8", message.size);
}

int vhost_user_set_u64(struct vhost_user *vu, uint32_t request, uint64_t value, struct err *err)
{
	struct vhost_user_message message = { .request = request, .u64 = value };

	return vhost_user_exchange(vu, &message, sizeof(value), NULL, 0, false, err);
}

int vhost_user_set_state(struct vhost_user *vu, uint32_t request, unsigned int queue,
			 uint32_t value, struct err *err)
{
	struct vhost_user_message message = { .request = request, .state = { queue, value } };

	return vhost_user_exchange(vu, &message, sizeof(message.state), NULL, 0, false, err);
}

int vhost_user_set_event(struct vhost_user *vu, uint32_t request, unsigned int queue, int fd,
			 struct err *err)
{
	struct vhost_user_message message = { .request = request, .u64 = queue };

	return vhost_user_exchange(vu, &message, sizeof(message.u64), &fd, 1, false, err);
}

/* Its answer, where it gives one. */
uint32_t vhost_user_ack_flag(const struct vhost_user *vu)
{
	return vu->protocol & VHOST_USER_PROTOCOL_F_REPLY_ACK ? VHOST_USER_NEED_REPLY : 0;
}

/*
 * Asks for no more than the kind has: to a request beyond its own configuration
 * qemu-storage-daemon answers with nothing, which says no more than that it is wrong.
 */
int vhost_user_get_config(struct vhost_user *vu, struct err *err)
{
	const uint32_t n = vu->config_size;
	struct vhost_user_message message = { .request = VHOST_USER_GET_CONFIG,
					      .config = { .size = n } };
	const uint32_t size =
		offsetof(struct vhost_user_message, config.bytes) - VHOST_USER_HEADER + n;

	if (!n)
		return 0;
	if (vhost_user_exchange(vu, &message, size, NULL, 0, true, err))
		return err->code;
	if (message.size != size) {
		err_set(err, EPROTO, "the back end at %s", vu->path);
		return err_why(err,
			       "it has no configuration of %u bytes: it is one of another type", n);
	}
	memcpy(vu->virtio.config, message.config.bytes, n);
	return 0;
}
