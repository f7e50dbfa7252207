/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_EVENT_LOOP_H
#define VMM_CORE_EVENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

/* The main thread waits here (epoll). All functions are for that thread only. */
struct event_source;

/* May remove its own or any other source. */
typedef void (*event_fn)(void *opaque);

struct event_loop {
	int epoll_fd;                 /* -1 when there is none */
	struct event_source *sources; /* list of what is waited for */
	bool stop;
	uint8_t *at_work; /* AT_WORK_MAIN, see at_work.h */
};

int event_loop_create(struct event_loop *loop, struct err *err);

/*
 * Call @fn while @fd can be read, or has been hung up. @fd stays the caller's and must be removed
 * before it is closed. Returns the source in *source (NULL-able). -EPERM for what cannot be waited
 * for, such as a plain file.
 */
int event_loop_add(struct event_loop *loop, int fd, event_fn fn, void *opaque,
		   struct event_source **source, struct err *err);
void event_loop_remove(struct event_loop *loop, struct event_source *source);

/*
 * A timer that is set later, by any thread; zeroed: there is none. @fn is called on the main thread
 * as for a descriptor; event_timer_take() tells how often it went off, and 0 when it was set anew
 * meanwhile.
 */
struct event_timer {
	struct event_source *source;
	int fd;
};
/* @clock: CLOCK_MONOTONIC or CLOCK_REALTIME. An error begins with @what. */
int event_timer_create(struct event_loop *loop, int clock, event_fn fn, void *opaque,
		       struct event_timer *timer, const char *what, struct err *err);
/* @flags of timerfd_settime(); a time of 0 stops it. */
void event_timer_set(const struct event_timer *timer, int flags, uint64_t seconds, long ns);
uint64_t event_timer_take(const struct event_timer *timer);
/* Before event_loop_destroy(). */
void event_timer_destroy(struct event_loop *loop, struct event_timer *timer);

/* Serve events until event_loop_stop() is called from a callback. */
int event_loop_run(struct event_loop *loop, struct err *err);
void event_loop_stop(struct event_loop *loop);

void event_loop_destroy(struct event_loop *loop);

#endif
