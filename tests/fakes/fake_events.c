// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include "tests/fakes/fake_fds.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/sys.h"

/* What tests can only use for real: counted, and failed when its turn has come. */
int sys_wait_writable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, timeout_ms);
}

int sys_memfd_create(const char *name)
{
	fail_if_chosen();
	return fake_fd_real(memfd_create(name, MFD_CLOEXEC));
}

int sys_eventfd(unsigned int value, int flags)
{
	fail_if_chosen();
	return fake_fd_real(eventfd(value, flags));
}

int sys_epoll_create(void)
{
	fail_if_chosen();
	return fake_fd_real(epoll_create1(0));
}

int sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	struct fake_fd *f = fake_fd_find(fd);

	fail_if_chosen();
	if (f && f->real < 0)
		return -EPERM; /* as for a plain file */
	return epoll_ctl(epfd, op, fd, event) ? -errno : 0;
}

static uint64_t waited_ms;

int sys_epoll_wait(int epfd, struct epoll_event *events, int n_max, int timeout_ms)
{
	int n;

	fail_if_chosen();
	n = epoll_wait(epfd, events, n_max, timeout_ms);
	if (!n)
		waited_ms += (uint64_t)timeout_ms;
	return n < 0 ? -errno : n;
}

/* The calendar's time, and the last timer on it. */
static struct {
	uint64_t now, due; /* seconds since 1970; due 0: never */
	int timer;
} calendar;

uint64_t sys_realtime_s(void)
{
	return calendar.now;
}

static void ring_if_due(void)
{
	const struct itimerspec at_once = { .it_value.tv_nsec = 1 }, never = { 0 };
	bool is_due = calendar.due && calendar.due <= calendar.now;

	timerfd_settime(calendar.timer, 0, is_due ? &at_once : &never, NULL);
	if (is_due)
		calendar.due = 0;
	waited_ms = 0;
}

uint64_t fake_waited_ms(void)
{
	return waited_ms;
}

void fake_events_reset(void)
{
	calendar.now = FAKE_REALTIME;
	calendar.due = 0;
}

void fake_pass_seconds(uint64_t n)
{
	calendar.now += n;
	ring_if_due();
}

int sys_timerfd_create(int clock)
{
	int fd;

	fail_if_chosen();
	fd = timerfd_create(clock, TFD_NONBLOCK);
	if (clock == CLOCK_REALTIME)
		calendar.timer = fd;
	return fake_fd_real(fd);
}

int sys_timerfd_settime(int fd, int flags, const struct itimerspec *value)
{
	fail_if_chosen();
	if (fd == calendar.timer)
		calendar.due = 0;
	if (!(flags & TFD_TIMER_ABSTIME))
		return timerfd_settime(fd, flags, value, NULL) ? -errno : 0;
	calendar.due = (uint64_t)value->it_value.tv_sec;
	ring_if_due();
	return 0;
}

int sys_signalfd(const sigset_t *mask)
{
	fail_if_chosen();
	return fake_fd_real(signalfd(-1, mask, SFD_NONBLOCK));
}

int sys_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	fail_if_chosen();
	return -pthread_sigmask(how, set, old);
}

int sys_getrandom(void *buf, size_t size)
{
	static unsigned char next;

	fail_if_chosen();
	memset(buf, ++next, size);
	return 0;
}

int sys_posix_openpt(int flags)
{
	fail_if_chosen();
	return fake_fd_real(posix_openpt(flags));
}

/* Only of standard streams, which are real. */
int sys_dup(int fd)
{
	fail_if_chosen();
	return fake_fd_real(dup(fd));
}

/* In a child, which here is the test itself: its streams stay. */
int sys_dup2(int fd, int number)
{
	fail_if_chosen();
	return fd < 0 ? fd : number;
}

/* It keeps its number, by which the fakes know it. */
int sys_move_fd(int fd, int lowest)
{
	(void)lowest;
	fail_if_chosen();
	return fd;
}
