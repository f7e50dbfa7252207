/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_VIRTIO_VHOST_USER_H
#define DEVICES_VIRTIO_VHOST_USER_H

/*
 * A back end of virtio.h in another process, which listens at a Unix socket: the front end of the
 * vhost-user protocol (QEMU, docs/interop/vhost-user.rst).
 */
#include <stdbool.h>
#include <stdint.h>

#include "devices/virtio/back_end.h"
#include "devices/virtio/virtio.h"

struct event_source;

/* What a kind of device asks of a back end. */
struct vhost_user_kind {
	const char *name;
	uint32_t id; /* VIRTIO_ID_* */
	/*
	 * The queues that its driver uses: at least so many. A device that can have more has what
	 * the back end has.
	 */
	unsigned int n_queues;
	unsigned int config_size; /* bytes of its configuration space that the back end has */
	const char
		*example; /* how one is started at a socket whose path follows; NULL: none known */
};

/* That of VIRTIO_ID_* @id, which is known. */
const struct vhost_user_kind *vhost_user_kind_of(uint32_t id);

struct vhost_user {
	struct virtio virtio;
	const char *path; /* of the socket, or of what dais has it serve; the configuration's */
	struct back_end started;  /* by dais */
	int fd;                   /* the connection; -1: there is none (any more) */
	uint64_t features;        /* of the back end, before virtio_offered() */
	uint64_t protocol;        /* features of the protocol that both know */
	bool has_memory;          /* it knows guest RAM */
	unsigned int config_size; /* bytes that it has; 0: what there is is dais' own */
	struct event_source *source;
};

/*
 * Connect to the back end, or start it, ask what it is, and make its device: for a kind's create.
 * What does not fit is an error, and nothing is left open. For a VM that is only described there is
 * no connection: some back ends serve no more than one.
 */
int vhost_user_create(const struct device_config *config, struct vm *vm,
		      const struct vhost_user_kind *kind, struct device **device, struct err *err);
extern const struct virtio_ops vhost_user_ops;

#endif
