// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/event_loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "vmm/base/own.h"
#include "vmm/core/at_work.h"

struct event_source {
	struct event_source *next;
	int fd;
	event_fn fn;
	void *opaque;
};

int event_loop_create(struct event_loop *loop, struct err *err)
{
	*loop = (struct event_loop){ .epoll_fd = sys_epoll_create() };
	if (loop->epoll_fd < 0) {
		int code = loop->epoll_fd;

		loop->epoll_fd = -1;
		return err_set(err, code, "create the event loop");
	}
	return 0;
}

int event_loop_add(struct event_loop *loop, int fd, event_fn fn, void *opaque,
		   struct event_source **source, struct err *err)
{
	struct event_source *s = malloc(sizeof(*s));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };
	int code;

	if (!s)
		return err_set(err, ENOMEM, "wait for events");
	*s = (struct event_source){ .next = loop->sources, .fd = fd, .fn = fn, .opaque = opaque };
	code = sys_epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event);
	if (code) {
		free(s);
		return err_set(err, code, "wait for events of descriptor %d", fd);
	}
	loop->sources = s;
	if (source)
		*source = s;
	return 0;
}

void event_loop_remove(struct event_loop *loop, struct event_source *source)
{
	struct event_source **p = &loop->sources;

	if (!source)
		return;
	while (*p != source)
		p = &(*p)->next;
	*p = source->next;
	sys_epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	free(source);
}

int event_timer_create(struct event_loop *loop, int clock, event_fn fn, void *opaque,
		       struct event_timer *timer, const char *what, struct err *err)
{
	owned_fd int fd = sys_timerfd_create(clock);

	if (fd < 0)
		return err_set(err, fd, "%s: make a timer", what);
	if (event_loop_add(loop, fd, fn, opaque, &timer->source, err))
		return err_prefix(err, "%s", what);
	timer->fd = take_fd(&fd);
	return 0;
}

void event_timer_set(const struct event_timer *timer, int flags, uint64_t seconds, long ns)
{
	const struct itimerspec when = { .it_value = { (time_t)seconds, ns } };

	/* Cannot fail for a timer of our own and a valid time. */
	(void)sys_timerfd_settime(timer->fd, flags, &when);
}

uint64_t event_timer_take(const struct event_timer *timer)
{
	uint64_t n;

	return sys_read(timer->fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

void event_timer_destroy(struct event_loop *loop, struct event_timer *timer)
{
	if (!timer->source)
		return;
	event_loop_remove(loop, take_ptr(&timer->source));
	close_fd(&timer->fd);
}

/*
 * One event for each wait: so no event of a source that a callback removed can be left over. epoll
 * takes turns between the sources that are ready.
 */
int event_loop_run(struct event_loop *loop, struct err *err)
{
	loop->stop = false;
	while (!loop->stop) {
		struct epoll_event event;
		int n;

		at_work_set(loop->at_work, AT_WORK_MAIN, false);
		n = sys_epoll_wait(loop->epoll_fd, &event, 1, -1);
		at_work_set(loop->at_work, AT_WORK_MAIN, true);
		if (n < 0 && n != -EINTR)
			return err_set(err, n, "wait for events");
		if (n == 1) {
			struct event_source *source = event.data.ptr;

			source->fn(source->opaque);
		}
	}
	return 0;
}

void event_loop_stop(struct event_loop *loop)
{
	loop->stop = true;
}

void event_loop_destroy(struct event_loop *loop)
{
	while (loop->sources) {
		struct event_source *source = loop->sources;

		loop->sources = source->next;
		free(source);
	}
	close_fd(&loop->epoll_fd);
}
