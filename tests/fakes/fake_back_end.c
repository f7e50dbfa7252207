// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fake_back_end.h"

#include <assert.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fakes/fake_sys.h"

void fake_back_end_init(struct fake_back_end *b)
{
	const struct virtio_blk_config config = { .capacity = 16384, .blk_size = 512 };

	*b = (struct fake_back_end){
		.features = 1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_RING_F_INDIRECT_DESC |
			    1ULL << VIRTIO_BLK_F_FLUSH | 1ULL << VIRTIO_F_ACCESS_PLATFORM |
			    VHOST_USER_F_PROTOCOL_FEATURES,
		.protocol = VHOST_USER_PROTOCOL_F_MQ | VHOST_USER_PROTOCOL_F_REPLY_ACK |
			    VHOST_USER_PROTOCOL_F_CONFIG |
			    VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS | 1ULL << 63,
		.n_queues = 1,
		.n_slots = 32,
		.config_size = 96,
	};
	memcpy(b->config, &config, sizeof(config));
}

/* With the descriptors, which are closed; returns how many, or -1: that is all. */
static int receive(int fd, struct vhost_user_message *message)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(16 * sizeof(int))];
	} control;
	struct iovec data = { message, VHOST_USER_HEADER };
	struct msghdr header = { .msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int n_fds = 0;

	if (recvmsg(fd, &header, MSG_WAITALL) != VHOST_USER_HEADER ||
	    (message->size &&
	     recv(fd, &message->u64, message->size, MSG_WAITALL) != (ssize_t)message->size))
		return -1;
	c = CMSG_FIRSTHDR(&header);
	for (; c && (size_t)n_fds < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); n_fds++)
		close(((int *)CMSG_DATA(c))[n_fds]);
	return n_fds;
}

/* The answer to @m, in it; false: there is none. */
static bool answer(const struct fake_back_end *b, struct vhost_user_message *m)
{
	m->size = sizeof(m->u64);
	switch (m->request) {
	case VHOST_USER_GET_FEATURES:
		m->u64 = b->features;
		return true;
	case VHOST_USER_GET_PROTOCOL_FEATURES:
		m->u64 = b->protocol;
		return true;
	case VHOST_USER_GET_QUEUE_NUM:
		m->u64 = b->n_queues;
		return true;
	case VHOST_USER_GET_MAX_MEM_SLOTS:
		m->u64 = b->n_slots;
		return true;
	case VHOST_USER_GET_VRING_BASE:
		m->size = sizeof(m->state);
		m->state.num = 7;
		return true;
	case VHOST_USER_GET_CONFIG:
		m->size = m->config.size > b->config_size ? 0 : 12 + m->config.size;
		memcpy(m->config.bytes, b->config, m->config.size);
		return true;
	}
	if (!(m->flags & VHOST_USER_NEED_REPLY))
		return false;
	m->u64 = b->fault == FAKE_REFUSES && m->request == b->fault_at;
	return true;
}

/* False: it closes the connection. */
static bool reply(struct fake_back_end *b, struct vhost_user_message *m)
{
	const enum fake_fault fault = m->request == b->fault_at ? b->fault : FAKE_FAULT_NONE;
	size_t size;

	if (fault == FAKE_CLOSES)
		return false;
	if (!answer(b, m) || fault == FAKE_IS_QUIET)
		return true;
	m->request += fault == FAKE_OTHER;
	m->flags = VHOST_USER_VERSION | (fault == FAKE_NO_REPLY ? 0 : VHOST_USER_REPLY);
	if (fault == FAKE_EMPTY)
		m->size = 0;
	size = VHOST_USER_HEADER + m->size;
	if (fault == FAKE_LONG)
		m->size = 4096;
	send(b->fd, m, fault == FAKE_SHORT ? size - 1 : size, MSG_NOSIGNAL);
	return fault != FAKE_SHORT;
}

static void *run(void *opaque)
{
	struct fake_back_end *b = opaque;
	struct vhost_user_message message = { 0 };
	int n_fds;

	while ((n_fds = receive(b->fd, &message)) >= 0) {
		unsigned int i = b->n_requests;

		assert(i < FAKE_BACK_END_N_REQUESTS);
		b->requests[i] = message;
		b->n_fds[i] = (unsigned int)n_fds;
		__atomic_store_n(&b->n_requests, i + 1, __ATOMIC_RELEASE);
		if (!reply(b, &message))
			break;
	}
	shutdown(b->fd, SHUT_RDWR);
	return NULL;
}

void fake_back_end_start(struct fake_back_end *b, const char *path)
{
	int ends[2];

	assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	b->fd = ends[0];
	fake_socket(path, ends[1]);
	assert(!pthread_create(&b->thread, NULL, run, b));
}

void fake_back_end_kill(struct fake_back_end *b)
{
	shutdown(b->fd, SHUT_RDWR);
}

void fake_back_end_join(struct fake_back_end *b)
{
	pthread_join(b->thread, NULL);
	close(b->fd);
}

unsigned int fake_back_end_find(const struct fake_back_end *b, uint32_t request, unsigned int from)
{
	for (unsigned int i = from; i < __atomic_load_n(&b->n_requests, __ATOMIC_ACQUIRE); i++)
		if (b->requests[i].request == request)
			return i;
	return UINT32_MAX;
}
