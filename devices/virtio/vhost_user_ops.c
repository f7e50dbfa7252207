// SPDX-License-Identifier: GPL-2.0-only
/* vhost_user.h: what the transport asks of a back end, and what comes from it. */
#include <linux/virtio_config.h>
#include <string.h>

#include "devices/virtio/vhost_user.h"
#include "devices/virtio/vhost_user_message.h"
#include "vmm/base/built.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/vm.h"

static struct vhost_user *to_vhost_user(struct virtio *virtio)
{
	return container_of(virtio, struct vhost_user, virtio);
}

/* --- guest RAM */

/*
 * Addresses of dais are none of its business: it is told guest addresses in their place. And whole
 * pages, for less of a huge one cannot be unmapped: qemu-storage-daemon, which tries it, would keep
 * the page when this front end has gone.
 */
static struct vhost_user_region region_of(const struct vhost_user *vu,
					  const struct ram_piece *piece)
{
	const uint64_t page = vu->virtio.device.vm->ram.page;

	return (struct vhost_user_region){ piece->gpa.start, round_up_to(piece->gpa.size, page),
					   piece->gpa.start, piece->offset };
}

static int set_table(struct vhost_user *vu, const struct ram_piece *pieces, unsigned int n,
		     struct err *err)
{
	struct vhost_user_message message = { .request = VHOST_USER_SET_MEM_TABLE,
					      .flags = vhost_user_ack_flag(vu),
					      .memory = { .n = n } };
	int fds[VHOST_USER_N_REGIONS];

	for (unsigned int i = 0; i < n; i++) {
		message.memory.regions[i] = region_of(vu, &pieces[i]);
		fds[i] = pieces[i].fd;
	}
	return vhost_user_exchange(
		vu, &message,
		(uint32_t)(offsetof(struct vhost_user_message, memory.regions[n]) -
			   VHOST_USER_HEADER),
		fds, n, false, err);
}

static int add_region(struct vhost_user *vu, const struct ram_piece *piece, struct err *err)
{
	struct vhost_user_message message = { .request = VHOST_USER_ADD_MEM_REG,
					      .flags = vhost_user_ack_flag(vu),
					      .one = { .region = region_of(vu, piece) } };

	return vhost_user_exchange(vu, &message, sizeof(message.one), &piece->fd, 1, false, err);
}

static int give_memory(struct vhost_user *vu, struct err *err)
{
	const struct ram *ram = &vu->virtio.device.vm->ram;
	const unsigned int n = ram_pieces(ram, NULL, 0);
	owned_ptr struct ram_piece *pieces = calloc(n + 1, sizeof(*pieces));
	int ret = 0;

	if (vu->has_memory)
		return 0;
	if (!pieces)
		return err_set(err, ENOMEM, "list %u pieces of RAM", n);
	ram_pieces(ram, pieces, n);
	if (n <= VHOST_USER_N_REGIONS)
		ret = set_table(vu, pieces, n, err);
	for (unsigned int i = 0; n > VHOST_USER_N_REGIONS && i < n && !ret; i++)
		ret = add_region(vu, &pieces[i], err);
	vu->has_memory = !ret;
	return ret;
}

/* --- what the transport asks */

/* A queue begins at its first entry; of a packed one both wrap counters are 1 (VIRTIO 1.2, 2.8.1).
 */
static int start_queue(struct vhost_user *vu, unsigned int i, struct err *err)
{
	const struct virtio *v = &vu->virtio;
	const struct virtio_queue *queue = &v->queues[i];
	const bool is_packed = v->accepted & VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	struct vhost_user_message addresses = {
		.request = VHOST_USER_SET_VRING_ADDR,
		.addr = { .index = i,
			  .desc_user_addr = queue->desc,
			  .used_user_addr = queue->used,
			  .avail_user_addr = queue->avail },
	};
	struct vhost_user_message enable = { .request = VHOST_USER_SET_VRING_ENABLE,
					     .flags = vhost_user_ack_flag(vu),
					     .state = { i, 1 } };
	int ret = vhost_user_set_state(vu, VHOST_USER_SET_VRING_NUM, i, queue->size, err)
			  ?: vhost_user_set_state(vu, VHOST_USER_SET_VRING_BASE, i,
				       is_packed ? 0x80008000 : 0, err)
			  ?: vhost_user_exchange(vu, &addresses, sizeof(addresses.addr), NULL, 0, false, err)
			  ?: vhost_user_set_event(vu, VHOST_USER_SET_VRING_CALL, i, v->call_fd, err)
			  ?: vhost_user_set_event(vu, VHOST_USER_SET_VRING_ERR, i, v->err_fd, err)
			  ?: vhost_user_set_event(vu, VHOST_USER_SET_VRING_KICK, i, queue->kick_fd, err);

	if (!ret && vu->features & VHOST_USER_F_PROTOCOL_FEATURES)
		ret = vhost_user_exchange(vu, &enable, sizeof(enable.state), NULL, 0, false, err);
	return ret;
}

static int vhost_user_start(struct virtio *virtio, struct err *err)
{
	struct vhost_user *vu = to_vhost_user(virtio);
	int ret = vhost_user_set_u64(
			  vu, VHOST_USER_SET_FEATURES,
			  (virtio->accepted | VHOST_USER_F_PROTOCOL_FEATURES) & vu->features, err)
			  ?: give_memory(vu, err);

	for (unsigned int i = 0; i < virtio->n_queues && !ret; i++)
		if (virtio->queues[i].is_ready)
			ret = start_queue(vu, i, err);
	return ret;
}

/* It answers when it has let go of the queue. One that does not is no longer asked anything. */
static void vhost_user_stop(struct virtio *virtio)
{
	struct vhost_user *vu = to_vhost_user(virtio);
	struct err err = { 0 };

	for (unsigned int i = 0; i < virtio->n_queues && vu->fd >= 0; i++) {
		struct vhost_user_message message = { .request = VHOST_USER_GET_VRING_BASE,
						      .state = { i, 0 } };

		if (!virtio->queues[i].is_ready)
			continue;
		if (vhost_user_exchange(vu, &message, sizeof(message.state), NULL, 0, true, &err))
			virtio_lost(virtio, &err);
	}
}

static void vhost_user_write_config(struct virtio *virtio, unsigned int offset, unsigned int width)
{
	struct vhost_user *vu = to_vhost_user(virtio);
	struct vhost_user_message message = { .request = VHOST_USER_SET_CONFIG,
					      .config = { offset, width, 0, { 0 } } };
	struct err err;

	if (!vu->config_size)
		return;
	memcpy(message.config.bytes, virtio->config + offset, width);
	if (vhost_user_exchange(vu, &message,
				offsetof(struct vhost_user_message, config.bytes) -
					VHOST_USER_HEADER + width,
				NULL, 0, false, &err) ||
	    vhost_user_get_config(vu, &err))
		virtio_lost(virtio, &err);
}

static void vhost_user_detach(struct virtio *virtio)
{
	vhost_user_disconnect(to_vhost_user(virtio));
}

static void vhost_user_destroy(struct virtio *virtio)
{
	if (BUILT(VIRTIO_BACK_ENDS))
		back_end_end(&to_vhost_user(virtio)->started);
}

/* --- what comes from it */

/* Nothing is to come that was not asked for: it has closed the connection, or speaks nonsense. */
static void on_socket(void *opaque)
{
	struct vhost_user *vu = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&vu->virtio.lock);
	uint64_t word;
	struct err err;

	err_set(&err, 0, "the back end at %s %s", vu->path,
		sys_read(vu->fd, &word, sizeof(word)) > 0 ? "sends what it was not asked for"
							  : "has closed the connection");
	vhost_user_disconnect(vu);
	virtio_lost(&vu->virtio, &err);
}

static int vhost_user_attach(struct virtio *v, struct err *err)
{
	struct vhost_user *vu = to_vhost_user(v);

	if (v->device.vm->only_described)
		return 0;
	return virtio_watch_errors(v, vu->path, err)
		       ?: event_loop_add(&v->device.vm->loop, vu->fd, on_socket, vu, &vu->source,
					 err);
}

const struct virtio_ops vhost_user_ops = {
	.attach = vhost_user_attach,
	.start = vhost_user_start,
	.stop = vhost_user_stop,
	.write_config = vhost_user_write_config,
	.detach = vhost_user_detach,
	.destroy = vhost_user_destroy,
};
