// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/fakes/fake_fds.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/sys.h"

/* What tests can only use for real: counted, and failed when its turn has come. */
int sys_wait_writable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, timeout_ms);
}

static unsigned int memfd_flags;

int sys_memfd_create(const char *name, unsigned int flags)
{
	fail_if_chosen();
	memfd_flags = flags;
	return fake_fd_real(memfd_create(name, (flags & MFD_ALLOW_SEALING) | MFD_CLOEXEC));
}

unsigned int fake_memfd_flags(void)
{
	return memfd_flags;
}

int sys_ftruncate(int fd, off_t size)
{
	fail_if_chosen();
	return ftruncate(fd, size) ? -errno : 0;
}

/* Who listens. */
static struct {
	const char *path;
	int fd;
} listener;

void fake_socket(const char *path, int fd)
{
	listener.path = path;
	listener.fd = fd;
}

/* It answers at once or not at all. */
int sys_connect(const char *path, unsigned int timeout_s)
{
	const struct timeval soon = { .tv_usec = 200000 };
	struct stat st;
	int fd = listener.fd;

	(void)timeout_s;
	fail_if_chosen();
	if (!listener.path || strcmp(path, listener.path))
		return sys_stat(path, &st) ?: -ECONNREFUSED;
	listener.path = NULL;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	return fake_fd_real(fd);
}

int sys_listen_for_one(int ends[2], unsigned int timeout_s)
{
	int ret = sys_connect(listener.path ?: "", timeout_s);

	if (ret < 0)
		return ret;
	ends[0] = fake_fd_real(eventfd(0, EFD_CLOEXEC));
	ends[1] = ret;
	return 0;
}

ssize_t sys_send(int socket, const void *buf, size_t size, const int *fds, unsigned int n_fds)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(SYS_MAX_SENT * sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec data = { (void *)buf, size };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
	ssize_t n;

	fail_if_chosen();
	if (n_fds) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
						   .cmsg_level = SOL_SOCKET,
						   .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
	}
	n = sendmsg(socket, &message, MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
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
	listener.path = NULL;
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
