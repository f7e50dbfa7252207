// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/registers.h"

#include <endian.h>
#include <inttypes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <string.h>

#include "devices/virtio/virtio.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/mmio.h"
#include "vmm/core/vm.h"

#define MAGIC_VALUE 0x74726976u /* "virt" */
#define VENDOR      0x73696164u /* "dais" */
#define NO_REGION   UINT32_MAX  /* SHMLen and SHMBase: there is no shared memory */

/* --- the page */

static void put(struct virtio *v, unsigned int offset, uint32_t value)
{
	register_page_put(&v->page, offset, value);
}

static uint32_t word_of(uint64_t value, uint32_t word)
{
	return word < 2 ? (uint32_t)(value >> 32 * word) : 0;
}

/* A reader who sees the same generation twice has seen nothing half done. */
static void put_config(struct virtio *v)
{
	char *config = (char *)v->page.mem + VIRTIO_MMIO_CONFIG;

	if (!memcmp(config, v->config, v->config_size))
		return;
	put(v, VIRTIO_MMIO_CONFIG_GENERATION, ++v->generation);
	memcpy(config, v->config, v->config_size);
	sys_sync_cache(config, v->config_size);
	put(v, VIRTIO_MMIO_CONFIG_GENERATION, ++v->generation);
}

/*
 * Bring the page up to date. Of InterruptStatus the bit of the queues is always set: an edge says
 * by itself that there is something, and a driver that finds nothing has lost nothing.
 */
static void put_all(struct virtio *v)
{
	const struct virtio_queue *queue = v->queue < v->n_queues ? &v->queues[v->queue] : NULL;

	put(v, VIRTIO_MMIO_DEVICE_FEATURES, word_of(v->features, v->feature_word));
	put(v, VIRTIO_MMIO_QUEUE_NUM_MAX, queue ? v->queue_size : 0);
	put(v, VIRTIO_MMIO_QUEUE_READY, queue && queue->is_ready);
	put(v, VIRTIO_MMIO_INTERRUPT_STATUS,
	    VIRTIO_MMIO_INT_VRING | (v->config_pending ? VIRTIO_MMIO_INT_CONFIG : 0));
	put_config(v);
	put(v, VIRTIO_MMIO_STATUS, v->status);
}

void virtio_registers_init(struct virtio *v)
{
	put(v, VIRTIO_MMIO_MAGIC_VALUE, MAGIC_VALUE);
	put(v, VIRTIO_MMIO_VERSION, 2);
	put(v, VIRTIO_MMIO_DEVICE_ID, v->id);
	put(v, VIRTIO_MMIO_VENDOR_ID, VENDOR);
	for (unsigned int i = VIRTIO_MMIO_SHM_LEN_LOW; i <= VIRTIO_MMIO_SHM_BASE_HIGH; i += 4)
		put(v, i, NO_REGION);
	virtio_registers_reset(v);
}

void virtio_registers_reset(struct virtio *v)
{
	for (unsigned int i = 0; i < v->n_queues; i++)
		v->queues[i] = (struct virtio_queue){ .kick_fd = v->queues[i].kick_fd };
	v->accepted = 0;
	v->status = v->feature_word = v->accepted_word = v->queue = 0;
	v->config_pending = false;
	put_all(v);
}

/* --- what the guest is told */

static void interrupt_for_config(struct virtio *v)
{
	uint64_t one = 1;

	/* VIRTIO 1.2, 2.1.2: nothing is sent before DRIVER_OK */
	if (!(v->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	v->config_pending = true;
	put_all(v);
	sys_write(v->call_fd, &one, sizeof(one));
}

void virtio_config_changed(struct virtio *v)
{
	put_all(v);
	interrupt_for_config(v);
}

static void set_broken(struct virtio *v)
{
	v->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	put_all(v);
	interrupt_for_config(v);
}

void virtio_lost(struct virtio *v, const struct err *err)
{
	v->is_started = false;
	v->n_failures++;
	log_within(&v->failures, LOG_ERROR, "%s: %s%s%s", v->device.name, err->what,
		   err->why[0] ? ": " : "", err->why);
	set_broken(v);
}

/* --- what the guest writes */

static void nonsense(struct virtio *v, const char *what, uint64_t value)
{
	log_within(&v->nonsense, LOG_DEBUG, "%s: the guest %s 0x%" PRIx64, v->device.name, what,
		   value);
}

/* VIRTIO 1.2, 2.7 and 2.8: sizes and alignments of the parts of a split or packed queue. */
static bool is_sound(const struct virtio *v, const struct virtio_queue *queue)
{
	const bool is_packed = v->accepted & VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	const uint64_t n = queue->size;
	const struct {
		uint64_t gpa, size, align;
	} parts[] = {
		{ queue->desc, 16 * n, 16 },
		{ queue->avail, is_packed ? 4 : 6 + 2 * n, is_packed ? 4 : 2 },
		{ queue->used, is_packed ? 4 : 6 + 8 * n, 4 },
	};

	for (size_t i = 0; i < n_elems(parts); i++)
		if (!is_aligned(parts[i].gpa, parts[i].align) ||
		    !ram_ptr(&v->device.vm->ram, parts[i].gpa, parts[i].size))
			return false;
	return n && n <= v->queue_size && (is_packed || !(n & (n - 1)));
}

static void write_ready(struct virtio *v, struct virtio_queue *queue, uint32_t value)
{
	queue->is_ready = value == 1 && is_sound(v, queue);
	if (value != 1 || queue->is_ready)
		return;
	log_within(&v->failures, LOG_WARN,
		   "%s: the guest's queue %u of %u entries is not in RAM, or not as it should be "
		   "(0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ")",
		   v->device.name, v->queue, queue->size, queue->desc, queue->avail, queue->used);
	set_broken(v);
}

static void set_word(uint64_t *of, unsigned int word, uint32_t value)
{
	*of = (*of & ~((uint64_t)UINT32_MAX << 32 * word)) | (uint64_t)value << 32 * word;
}

/* False: no register of a queue. One that is ready stays what it is. */
static bool write_queue(struct virtio *v, uint64_t offset, uint32_t value)
{
	struct virtio_queue none = { 0 },
			    *queue = v->queue < v->n_queues ? &v->queues[v->queue] : &none;

	if (queue->is_ready && offset != VIRTIO_MMIO_QUEUE_READY)
		queue = &none;
	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		queue->size = value;
		return true;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_word(&queue->desc, offset == VIRTIO_MMIO_QUEUE_DESC_HIGH, value);
		return true;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		set_word(&queue->avail, offset == VIRTIO_MMIO_QUEUE_AVAIL_HIGH, value);
		return true;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		set_word(&queue->used, offset == VIRTIO_MMIO_QUEUE_USED_HIGH, value);
		return true;
	case VIRTIO_MMIO_QUEUE_READY:
		/* A back end has what it has until the device is reset. */
		if (queue != &none && !v->is_started)
			write_ready(v, queue, value);
		return true;
	}
	return false;
}

static void write_register(struct virtio *v, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		v->feature_word = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		v->accepted_word = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		if (v->accepted_word < 2 && !(v->status & VIRTIO_CONFIG_S_FEATURES_OK))
			set_word(&v->accepted, v->accepted_word, value);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		v->queue = value;
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK: /* not 1 alone, which the kernel takes */
		v->config_pending &= !(value & VIRTIO_MMIO_INT_CONFIG);
		break;
	default:
		if (!write_queue(v, offset, value))
			nonsense(v, "writes to register", offset);
	}
	put_all(v);
}

/* --- what takes the main thread */

void virtio_stop(struct virtio *v)
{
	if (v->is_started)
		v->ops->stop(v);
	v->is_started = false;
}

static void start(struct virtio *v)
{
	struct err err;

	v->n_starts++;
	if (v->ops->start(v, &err))
		virtio_lost(v, &err);
	else
		v->is_started = true;
}

/* VIRTIO 1.2, 3.1.1; bits that are set stay until a reset. */
static void write_status(struct virtio *v, uint32_t value)
{
	const uint64_t version_1 = VIRTIO_BIT(VIRTIO_F_VERSION_1);
	uint32_t added = value & ~v->status & ~(uint32_t)VIRTIO_CONFIG_S_NEEDS_RESET;

	if (!value) {
		virtio_stop(v);
		virtio_registers_reset(v);
		return;
	}
	if (added & VIRTIO_CONFIG_S_FEATURES_OK &&
	    (v->accepted & ~v->features || !(v->accepted & version_1))) {
		nonsense(v, "wants features that do not go together:", v->accepted);
		added &= ~(uint32_t)VIRTIO_CONFIG_S_FEATURES_OK;
	}
	if (!((v->status | added) & VIRTIO_CONFIG_S_FEATURES_OK))
		added &= ~(uint32_t)VIRTIO_CONFIG_S_DRIVER_OK;
	v->status |= added;
	if (added & VIRTIO_CONFIG_S_DRIVER_OK && !(v->status & VIRTIO_CONFIG_S_NEEDS_RESET))
		start(v);
	put_all(v);
}

static void write_config(struct virtio *v, uint64_t offset, unsigned int width, uint64_t value)
{
	if (offset + width > v->config_size || !v->ops->write_config) {
		nonsense(v, "writes to its configuration at", offset);
		return;
	}
	value = htole64(value);
	memcpy(v->config + offset, &value, width);
	v->ops->write_config(v, (unsigned int)offset, width);
	put_all(v);
}

struct write {
	struct virtio *virtio;
	uint64_t offset, value;
	unsigned int width;
};

static void write_on_main(void *opaque)
{
	const struct write *w = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&w->virtio->lock);

	w->virtio->n_accesses++;
	if (w->offset == VIRTIO_MMIO_STATUS)
		write_status(w->virtio, (uint32_t)w->value);
	else
		write_config(w->virtio, w->offset - VIRTIO_MMIO_CONFIG, w->width, w->value);
}

/* --- accesses that trap */

static void write_any(void *opaque, uint64_t offset, unsigned int width, uint64_t value)
{
	struct virtio *v = opaque;

	if (offset == VIRTIO_MMIO_STATUS || offset >= VIRTIO_MMIO_CONFIG) {
		vm_run_on_main(v->device.vm, write_on_main,
			       &(struct write){ v, offset, value, width });
	} else {
		owned_lock pthread_mutex_t *lock = take_lock(&v->lock);

		v->n_accesses++;
		if (width == 4)
			write_register(v, offset, (uint32_t)value);
		else
			nonsense(v, "writes a part of register", offset);
	}
}

static uint64_t read_any(void *opaque, uint64_t offset, unsigned int width)
{
	struct virtio *v = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&v->lock);
	uint64_t value = 0;

	v->n_accesses++;
	memcpy(&value, (char *)v->page.mem + offset, width);
	return le64toh(value);
}

const struct mmio_ops virtio_mmio_ops = { .read = read_any, .write = write_any };
