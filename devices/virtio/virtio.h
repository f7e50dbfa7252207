/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_VIRTIO_VIRTIO_H
#define DEVICES_VIRTIO_VIRTIO_H

/*
 * The transport of a virtio device: virtio-mmio version 2 (VIRTIO 1.2, 4.2). It has the registers
 * and nothing of the queues, which it hands to a back end: what makes the device what it is, and
 * serves its queues by the guest's memory, an eventfd that tells it of requests, and one that it
 * tells the guest by.
 *
 * The guest's reads of registers cost no exit: the page is a read-only memslot, which dais keeps
 * true. QueueNotify and the acknowledgement of a queue's interrupt are written to eventfds in the
 * kernel. What else is written traps. Where a host has no read-only memslots, and on 32-bit ones,
 * all reads trap, too.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/register_page.h"
#include "vmm/base/log.h"

struct dt;
struct event_source;
struct virtio;
struct vm;

#define VIRTIO_MAX_QUEUES   16
#define VIRTIO_QUEUE_SIZE   1024                /* the largest that a guest may choose */
#define VIRTIO_MAX_CONFIG   256                 /* bytes of configuration space */
#define VIRTIO_BIT(feature) (1ULL << (feature)) /* of <linux/virtio_*.h> */

struct virtio_queue {
	uint32_t size; /* as the guest chose it */
	bool is_ready;
	uint64_t desc, avail, used; /* guest addresses; checked to be RAM when it became ready */
	int kick_fd;                /* eventfd: the guest has added requests */
};

/*
 * A back end. All on the main thread, with the device's lock. An error of start, or what is lost
 * later (virtio_lost()), is told once, and the guest sees DEVICE_NEEDS_RESET.
 */
struct virtio_ops {
	/*
	 * In the process that has guest RAM, last of virtio_attach(): the events of the queues are
	 * there. What was begun is destroy's to end. NULL: nothing is to be done.
	 */
	int (*attach)(struct virtio *virtio, struct err *err);
	/*
	 * The guest's driver is there (DRIVER_OK): serve the queues that are ready, from their
	 * beginnings. virtio->accepted, queues and call_fd are what they are until stop.
	 */
	int (*start)(struct virtio *virtio, struct err *err);
	/* Nothing of the guest is touched any more when it returns. Only after start went well. */
	void (*stop)(struct virtio *virtio);
	/*
	 * The guest wrote @width bytes of the configuration space at @offset, which are in
	 * virtio->config; what they become is there when it returns. NULL: it may not.
	 */
	void (*write_config)(struct virtio *virtio, unsigned int offset, unsigned int width);
	/* Let go what create and attach took; also twice. NULL: nothing. */
	void (*detach)(struct virtio *virtio);
	/* After detach, in the process that created it: what outlives the VM. NULL: nothing. */
	void (*destroy)(struct virtio *virtio);
};

/* First member of every virtio device. */
struct virtio {
	struct device device;
	const struct virtio_ops *ops;

	/* By the kind's create, constant afterwards. */
	uint32_t id;       /* VIRTIO_ID_* of <linux/virtio_ids.h> */
	uint64_t features; /* that the guest may have: VERSION_1 and what the transport can do */
	unsigned int n_queues;
	unsigned int queue_size; /* at most; a power of two */
	unsigned int config_size;

	pthread_mutex_t lock; /* of all that follows */
	uint8_t config[VIRTIO_MAX_CONFIG];
	uint64_t accepted; /* features that the guest's driver wants */
	struct virtio_queue queues[VIRTIO_MAX_QUEUES];
	int call_fd; /* eventfd: an interrupt of the guest's, for all queues */
	int err_fd;  /* eventfd: virtio_watch_errors(); else -1 */
	bool is_started;
	uint64_t n_accesses, n_starts,
		n_failures; /* dais handled; of the back end; they ended it */

	/* the transport's own */
	struct register_page page;
	uint64_t gpa;
	uint32_t spi;
	uint64_t wanted_spi;
	uint32_t status, generation, feature_word, accepted_word, queue; /* as in the registers */
	bool config_pending; /* an interrupt because of the configuration */
	struct event_source *err_source;
	const char *back_end;
	int ack_fd; /* takes acknowledgements, which nobody wants to know of */
	bool is_armed;
	struct log_budget nonsense, failures;
};

static inline struct virtio *virtio_of(struct device *device)
{
	return (struct virtio *)device;
}

/*
 * For a kind's create, with zeroed memory of its object: @virtio's own part. @ops->destroy is
 * called for it by virtio_destroy() from then on.
 */
void virtio_init(struct virtio *virtio, const struct device_config *config, struct vm *vm,
		 const struct virtio_ops *ops);
/* What may be offered to a guest of the features that a back end has; 0: not without VERSION_1. */
uint64_t virtio_offered(uint64_t features);

/* The members of struct device_class of these names, for every kind. */
#define VIRTIO_CLASS                                                                      \
	.attach = virtio_attach, .describe = virtio_describe, .arm = virtio_arm,          \
	.quiesce = virtio_quiesce, .reset = virtio_reset_device, .detach = virtio_detach, \
	.destroy = virtio_destroy
int virtio_attach(struct device *device, struct err *err);
int virtio_describe(struct device *device, struct dt *dt, struct err *err);
int virtio_arm(struct device *device, struct err *err);
void virtio_quiesce(struct device *device);
int virtio_reset_device(struct device *device, struct err *err);
void virtio_detach(struct device *device);
void virtio_destroy(struct device *device);

/*
 * For attach of back ends that tell of an error in a queue of the guest's by virtio->err_fd, which
 * this makes: the device is stopped then, and lost. @back_end names it, and lives as long.
 */
int virtio_watch_errors(struct virtio *virtio, const char *back_end, struct err *err);
/* Before virtio_destroy(), if it is to be told no more. */
void virtio_ignore_errors(struct virtio *virtio);

/* For back ends, on the main thread, with the lock. */

/* The configuration space has changed by itself: virtio->config is what it is now. */
void virtio_config_changed(struct virtio *virtio);
/*
 * The back end serves no more: log @err, which is why, and have the guest's driver reset the
 * device. stop is not called.
 */
void virtio_lost(struct virtio *virtio, const struct err *err);

#endif
