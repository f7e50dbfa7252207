/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FAKE_BACK_END_H
#define TESTS_FAKES_FAKE_BACK_END_H

/*
 * The other end of a vhost-user connection: a thread that answers as a back end does, or as one
 * that a test has made go wrong, and keeps what it was told.
 */
#include <pthread.h>
#include <stdint.h>

#include "devices/virtio/vhost_user_message.h"

#define FAKE_BACK_END_N_REQUESTS 64

enum fake_fault {
	FAKE_FAULT_NONE,
	FAKE_CLOSES,   /* the connection, in the place of an answer */
	FAKE_IS_QUIET, /* gives no answer */
	FAKE_OTHER,    /* answers another request */
	FAKE_NO_REPLY, /* its answer is none: no flag */
	FAKE_LONG,     /* … is longer than any */
	FAKE_SHORT,    /* … ends in the middle, and so does the connection */
	FAKE_EMPTY,    /* … has no payload */
	FAKE_REFUSES,  /* acknowledges with an error */
};

struct fake_back_end {
	/* what it is: by the test, before it starts */
	uint64_t features, protocol, n_queues, n_slots;
	uint8_t config[VHOST_USER_MAX_CONFIG];
	uint32_t config_size;
	uint32_t fault_at; /* the request that it goes wrong at */
	enum fake_fault fault;

	/* what it was told, each with the number of descriptors; read it when nothing is under way
	 */
	struct vhost_user_message requests[FAKE_BACK_END_N_REQUESTS];
	unsigned int n_fds[FAKE_BACK_END_N_REQUESTS];
	unsigned int n_requests; /* atomic */

	int fd;
	pthread_t thread;
};

/* A disk of 8 MiB with one queue, which offers VERSION_1, INDIRECT_DESC and a few others. */
void fake_back_end_init(struct fake_back_end *back_end);
/* It listens at @path for one connection. */
void fake_back_end_start(struct fake_back_end *back_end, const char *path);
/* It closes its end, as when it is killed. */
void fake_back_end_kill(struct fake_back_end *back_end);
/* Wait for its end: its front end has closed the connection, or it was killed. */
void fake_back_end_join(struct fake_back_end *back_end);

/* The first of this request from @from on, or UINT32_MAX. */
unsigned int fake_back_end_find(const struct fake_back_end *back_end, uint32_t request,
				unsigned int from);

#endif
