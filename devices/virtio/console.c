// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio console (VIRTIO 1.2, 5.3), whose queues dais serves itself: one port, hvc0, at the
 * host's end of the guest's console (devices/console.h). All on the main thread.
 *
 * Both queues lie in memory that the guest can change at any time: what counts is read once. A
 * queue that cannot be right ends the device until the driver resets it.
 */
#include <endian.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

#include "devices/classes.h"
#include "devices/console.h"
#include "devices/virtio/virtio.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/vm.h"

#define QUEUE_SIZE 64

enum { RECEIVE, TRANSMIT, N_QUEUES };

struct ring {
	struct virtio_console *console;
	struct event_source *source; /* of the queue's kick_fd */
	unsigned int size;
	const struct vring_desc *desc; /* NULL: it is not served */
	const struct vring_avail *avail;
	struct vring_used *used;
	uint16_t next;  /* entries of avail that are done with */
	uint64_t moved; /* bytes of the next one that are */
};

struct virtio_console {
	struct virtio virtio;
	struct ring rings[N_QUEUES];
	bool is_connected;
	bool input_waits; /* the host has some, and the guest no buffer for it */
};

/* The next chain; false: there is none. @err is set when there cannot be so many. */
static bool next_chain(const struct ring *ring, unsigned int *head, struct err *err)
{
	uint16_t end = le16toh(__atomic_load_n(&ring->avail->idx, __ATOMIC_ACQUIRE));
	uint16_t n = (uint16_t)(end - ring->next);

	if (n > ring->size)
		err_set(err, 0, "has %u requests in %u entries", n, ring->size);
	if (!n || n > ring->size)
		return false;
	*head = le16toh(ring->avail->ring[ring->next % ring->size]);
	return true;
}

/*
 * Call @move with each piece of the chain behind the first ring->moved bytes, until it takes less
 * than it is given. Returns what was taken. *done: to the chain's end.
 */
static uint64_t walk(const struct ring *ring, unsigned int i, unsigned int direction,
		     size_t (*move)(void *opaque, void *bytes, size_t n), void *opaque, bool *done,
		     struct err *err)
{
	uint64_t skip = ring->moved, total = 0;

	*done = false;
	for (unsigned int n = 0; n < ring->size; n++) {
		struct vring_desc d;
		size_t size, taken;
		char *p;

		if (i >= ring->size) {
			err_set(err, 0, "names entry %u of %u", i, ring->size);
			return total;
		}
		d.addr = le64toh(__atomic_load_n(&ring->desc[i].addr, __ATOMIC_RELAXED));
		d.len = le32toh(__atomic_load_n(&ring->desc[i].len, __ATOMIC_RELAXED));
		d.flags = le16toh(__atomic_load_n(&ring->desc[i].flags, __ATOMIC_RELAXED));
		p = ram_ptr(&ring->console->virtio.device.vm->ram, d.addr, d.len);
		if (d.len && !p)
			err_set(err, 0, "has %u bytes at 0x%llx, which is not RAM", d.len,
				(unsigned long long)d.addr);
		else if ((d.flags & ~VRING_DESC_F_NEXT) != direction)
			err_set(err, 0, "has a descriptor with flags 0x%x", d.flags);
		if (err->code)
			return total;
		size = d.len > skip ? (size_t)(d.len - skip) : 0;
		taken = size ? move(opaque, p + skip, size) : 0;
		total += taken;
		if (taken < size)
			return total;
		skip -= d.len - size;
		*done = !(d.flags & VRING_DESC_F_NEXT);
		if (*done)
			return total;
		i = le16toh(__atomic_load_n(&ring->desc[i].next, __ATOMIC_RELAXED));
	}
	err_set(err, 0, "has a chain that does not end");
	return total;
}

/* The guest has its buffer again. */
static void give_back(struct ring *ring, unsigned int head, uint64_t written)
{
	struct vring_used_elem *elem = &ring->used->ring[ring->next % ring->size];

	elem->id = htole32(head);
	elem->len = htole32((uint32_t)written);
	ring->next++;
	ring->moved = 0;
	__atomic_store_n(&ring->used->idx, htole16(ring->next), __ATOMIC_RELEASE);
}

/* After some were. */
static void interrupt(struct ring *ring)
{
	uint64_t one = 1;

	/* VIRTIO 1.2, 2.7.7: the driver sets the flag, then looks at idx; here it is the other way
	   round */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!(le16toh(__atomic_load_n(&ring->avail->flags, __ATOMIC_RELAXED)) &
	      VRING_AVAIL_F_NO_INTERRUPT))
		sys_write(ring->console->virtio.call_fd, &one, sizeof(one));
}

static void stop(struct virtio *v)
{
	struct virtio_console *c = container_of(v, struct virtio_console, virtio);

	for (unsigned int i = 0; i < N_QUEUES; i++)
		c->rings[i].desc = NULL;
}

static void give_up(struct ring *ring, struct err *err)
{
	struct virtio *v = &ring->console->virtio;

	stop(v);
	err_prefix(err, "the guest's queue %u", ring == &ring->console->rings[TRANSMIT]);
	virtio_lost(v, err);
}

/* --- guest to host */

static size_t print(void *opaque, void *bytes, size_t n)
{
	struct virtio_console *c = opaque;

	return console_write(c->virtio.device.vm->console, CONSOLE_VIRTIO, bytes, n);
}

/*
 * As much as the console takes, which tells when it has room; of empty requests as many as there
 * are entries, then the main loop has its turn. With the lock.
 */
static void transmit(struct virtio_console *c)
{
	struct ring *ring = &c->rings[TRANSMIT];
	unsigned int head, n = 0;
	uint64_t one = 1;
	struct err err;
	bool done;

	err.code = 0;
	while (ring->desc && n < ring->size && next_chain(ring, &head, &err)) {
		ring->moved += walk(ring, head, 0, print, c, &done, &err);
		if (err.code || !done)
			break;
		give_back(ring, head, 0);
		n++;
	}
	if (err.code)
		give_up(ring, &err);
	else if (n)
		interrupt(ring);
	if (ring->desc && n == ring->size)
		sys_write(c->virtio.queues[TRANSMIT].kick_fd, &one, sizeof(one));
}

static void transmit_ready(void *opaque)
{
	struct virtio_console *c = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&c->virtio.lock);

	transmit(c);
}

/* --- host to guest */

struct input {
	const uint8_t *bytes;
	size_t n;
};

static size_t fill(void *opaque, void *bytes, size_t n)
{
	struct input *input = opaque;

	n = n < input->n ? n : input->n;
	memcpy(bytes, input->bytes, n);
	input->bytes += n;
	input->n -= n;
	return n;
}

static size_t receive(void *opaque, const uint8_t *bytes, size_t n)
{
	struct virtio_console *c = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&c->virtio.lock);
	struct ring *ring = &c->rings[RECEIVE];
	struct input input = { bytes, n };
	unsigned int head, n_buffers = 0;
	struct err err;
	bool done;

	err.code = 0;
	while (ring->desc && input.n && n_buffers < ring->size && next_chain(ring, &head, &err)) {
		uint64_t written = walk(ring, head, VRING_DESC_F_WRITE, fill, &input, &done, &err);

		if (err.code)
			break;
		give_back(ring, head, written);
		n_buffers++;
	}
	if (err.code)
		give_up(ring, &err);
	else if (n_buffers)
		interrupt(ring);
	c->input_waits = input.n;
	return n - input.n;
}

static const struct console_uart console_uart = {
	.receive = receive,
	.transmit_ready = transmit_ready,
};

/* --- life */

static void on_kick(void *opaque)
{
	struct ring *ring = opaque;
	struct virtio_console *c = ring->console;
	owned_lock pthread_mutex_t *lock = take_lock(&c->virtio.lock);
	uint64_t n;

	sys_read(c->virtio.queues[ring - c->rings].kick_fd, &n, sizeof(n));
	if (ring == &c->rings[TRANSMIT])
		transmit(c);
	else if (c->input_waits)
		console_resume(c->virtio.device.vm->console);
}

static int start(struct virtio *v, struct err *err)
{
	struct virtio_console *c = container_of(v, struct virtio_console, virtio);
	const struct ram *ram = &v->device.vm->ram;
	uint64_t one = 1;

	(void)err;
	for (unsigned int i = 0; i < N_QUEUES; i++) {
		const struct virtio_queue *q = &v->queues[i];
		struct ring *ring = &c->rings[i];

		ring->size = q->size;
		ring->next = 0;
		ring->moved = 0;
		ring->desc = q->is_ready ? ram_ptr(ram, q->desc, 1) : NULL;
		ring->avail = ram_ptr(ram, q->avail, 1);
		ring->used = ram_ptr(ram, q->used, 1);
		/* it may have been kicked before there was a driver */
		sys_write(q->kick_fd, &one, sizeof(one));
	}
	return 0;
}

static void detach(struct virtio *v)
{
	struct virtio_console *c = container_of(v, struct virtio_console, virtio);
	struct vm *vm = v->device.vm;

	for (unsigned int i = 0; i < N_QUEUES; i++)
		if (c->rings[i].source)
			event_loop_remove(&vm->loop, take_ptr(&c->rings[i].source));
	if (c->is_connected)
		console_connect(vm->console, CONSOLE_VIRTIO, NULL, NULL);
	c->is_connected = false;
}

static int attach(struct virtio *v, struct err *err)
{
	struct virtio_console *c = container_of(v, struct virtio_console, virtio);
	struct vm *vm = v->device.vm;
	int ret = 0;

	for (unsigned int i = 0; i < N_QUEUES && !ret; i++) {
		c->rings[i].console = c;
		ret = event_loop_add(&vm->loop, v->queues[i].kick_fd, on_kick, &c->rings[i],
				     &c->rings[i].source, err);
	}
	if (ret)
		return ret;
	c->is_connected = console_connect(vm->console, CONSOLE_VIRTIO, &console_uart, c);
	if (c->is_connected)
		return 0;
	err_usage(err, "there is another virtio-console");
	return err_why(err, "a VM has one console, which both would be");
}

static const struct virtio_ops ops = {
	.attach = attach,
	.start = start,
	.stop = stop,
	.detach = detach,
};

static int create(const struct device_config *config, struct vm *vm, struct device **device,
		  struct err *err)
{
	struct virtio_console *c = calloc(1, sizeof(*c));

	if (!c)
		return err_set(err, ENOMEM, "create %s", config->name);
	virtio_init(&c->virtio, config, vm, &ops);
	c->virtio.device.n_ram_pieces = 0;
	if (device_config_get(config, "default", -1, on, false))
		c->virtio.device.default_console = "hvc0";
	c->virtio.id = VIRTIO_ID_CONSOLE;
	c->virtio.features = VIRTIO_BIT(VIRTIO_F_VERSION_1);
	c->virtio.n_queues = N_QUEUES;
	c->virtio.queue_size = QUEUE_SIZE;
	*device = &c->virtio.device;
	return 0;
}

const struct device_class virtio_console_class = {
	.name = "virtio-console",
	.help = "the console by virtio (hvc0), beside the UART",
	.keys = virtio_console_keys,
	.create = create,
	VIRTIO_CLASS,
};
