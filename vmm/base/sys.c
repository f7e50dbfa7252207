// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define result(call)                                \
	({                                          \
		__typeof__(call) result_v = (call); \
		result_v < 0 ? -errno : result_v;   \
	})

#define result_retried(call)                            \
	({                                              \
		__typeof__(call) result_v;              \
		do                                      \
			result_v = (call);              \
		while (result_v < 0 && errno == EINTR); \
		result_v < 0 ? -errno : result_v;       \
	})

/* A function of the door: its type, name and parameters, and the call that it is. */
#define CALL(type, name, parameters, call) \
	type name parameters               \
	{                                  \
		return result(call);       \
	}
/* The same, retried after EINTR. */
#define CALL_AGAIN(type, name, parameters, call) \
	type name parameters                     \
	{                                        \
		return result_retried(call);     \
	}

CALL_AGAIN(int, sys_open, (const char *path, int flags), open(path, flags | O_CLOEXEC))
CALL_AGAIN(int, sys_create, (const char *path, int flags, mode_t mode),
	   open(path, flags | O_CREAT | O_CLOEXEC, mode))
CALL_AGAIN(int, sys_open_tmpfile, (const char *dir, mode_t mode),
	   open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, mode))

int sys_link(int fd, const char *path)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return result(linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW));
}

void sys_close(int fd)
{
	close(fd);
}

CALL_AGAIN(int, sys_openat, (int dir, const char *path, int flags, mode_t mode),
	   openat(dir, path, flags | O_CLOEXEC, mode))
CALL(int, sys_dup, (int fd), fcntl(fd, F_DUPFD_CLOEXEC, 0))

int sys_move_fd(int fd, int lowest)
{
	int moved = result(fcntl(fd, F_DUPFD_CLOEXEC, lowest));

	if (moved >= 0)
		close(fd);
	return moved;
}

CALL(int, sys_unlink, (const char *path), unlinkat(AT_FDCWD, path, 0))
CALL(int, sys_unlinkat, (int dir, const char *path, int flags), unlinkat(dir, path, flags))
CALL(int, sys_renameat, (int old_dir, const char *old_path, int new_dir, const char *new_path),
     renameat(old_dir, old_path, new_dir, new_path))
CALL(int, sys_mkdir, (const char *path, mode_t mode), mkdirat(AT_FDCWD, path, mode))
CALL(int, sys_chmod, (const char *path, mode_t mode), fchmodat(AT_FDCWD, path, mode, 0))
CALL(int, sys_fchmod, (int fd, mode_t mode), fchmod(fd, mode))
CALL_AGAIN(int, sys_flock, (int fd, int operation), flock(fd, operation))
CALL(int, sys_fcntl, (int fd, int cmd, int arg), fcntl(fd, cmd, arg))

void sys_sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

CALL(int, sys_ioctl, (int fd, unsigned long request, void *arg), ioctl(fd, request, arg))

int sys_mmap(void *hint, uint64_t size, int prot, int flags, int fd, off_t offset, void **addr)
{
	void *p;

	if (size != (size_t)size)
		return -ENOMEM;
	p = mmap(hint, size, prot, flags, fd, offset);
	if (p == MAP_FAILED)
		return -errno;
	*addr = p;
	return 0;
}

void sys_munmap(void *addr, size_t size)
{
	munmap(addr, size);
}

CALL(int, sys_madvise, (void *addr, size_t size, int advice), madvise(addr, size, advice))

/* <linux/mman.h>; younger than some C libraries. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

CALL_AGAIN(int, sys_populate, (void *addr, size_t size), madvise(addr, size, MADV_POPULATE_WRITE))
CALL_AGAIN(ssize_t, sys_read, (int fd, void *buf, size_t size), read(fd, buf, size))
CALL_AGAIN(ssize_t, sys_write, (int fd, const void *buf, size_t size), write(fd, buf, size))

int sys_wait_writable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return result_retried(poll(&p, 1, timeout_ms));
}

CALL_AGAIN(ssize_t, sys_pread, (int fd, void *buf, size_t size, off_t offset),
	   pread(fd, buf, size, offset))
CALL_AGAIN(ssize_t, sys_pwrite, (int fd, const void *buf, size_t size, off_t offset),
	   pwrite(fd, buf, size, offset))
CALL_AGAIN(int, sys_ftruncate, (int fd, off_t size), ftruncate(fd, size))
CALL_AGAIN(int, sys_fallocate, (int fd, int mode, off_t offset, off_t size),
	   fallocate(fd, mode, offset, size))
CALL(int, sys_fstat, (int fd, struct stat *st), fstat(fd, st))
CALL_AGAIN(int, sys_fstatfs, (int fd, struct statfs *st), fstatfs(fd, st))
CALL(int, sys_stat, (const char *path, struct stat *st), stat(path, st))
CALL(int, sys_access, (const char *path, int mode), faccessat(AT_FDCWD, path, mode, AT_EACCESS))

ssize_t sys_readlink(const char *path, char *buf, size_t size)
{
	return sys_readlinkat(AT_FDCWD, path, buf, size);
}

ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	ssize_t n = readlinkat(dir, path, buf, size);

	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return n;
}

DIR *sys_opendir(const char *path)
{
	return opendir(path);
}

struct dirent *sys_readdir(DIR *dir)
{
	return readdir(dir);
}

void sys_closedir(DIR *dir)
{
	closedir(dir);
}

CALL(int, sys_memfd_create, (const char *name), memfd_create(name, MFD_CLOEXEC))
CALL(int, sys_pipe, (int fds[2]), pipe2(fds, O_CLOEXEC))
CALL(int, sys_set_pipe_size, (int fd, int size), fcntl(fd, F_SETPIPE_SZ, size))

ssize_t sys_vmsplice(int fd, void *addr, size_t size)
{
	struct iovec iov = { addr, size };

	return result(vmsplice(fd, &iov, 1, SPLICE_F_NONBLOCK));
}

CALL(int, sys_eventfd, (unsigned int value, int flags), eventfd(value, flags | EFD_CLOEXEC))
CALL(int, sys_epoll_create, (void), epoll_create1(EPOLL_CLOEXEC))
CALL(int, sys_epoll_ctl, (int epfd, int op, int fd, struct epoll_event *event),
     epoll_ctl(epfd, op, fd, event))
CALL(int, sys_epoll_wait, (int epfd, struct epoll_event *events, int n_max, int timeout_ms),
     epoll_wait(epfd, events, n_max, timeout_ms))
CALL(int, sys_timerfd_create, (int clock), timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK))
CALL(int, sys_timerfd_settime, (int fd, int flags, const struct itimerspec *value),
     timerfd_settime(fd, flags, value, NULL))
CALL(int, sys_signalfd, (const sigset_t *mask), signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK))

int sys_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return -pthread_sigmask(how, set, old);
}

CALL_AGAIN(int, sys_sigwaitinfo, (const sigset_t *set, siginfo_t *info), sigwaitinfo(set, info))
CALL(int, sys_kill, (pid_t pid, int signal), kill(pid, signal))
CALL(pid_t, sys_fork, (void), fork())

pid_t sys_getppid(void)
{
	return getppid();
}

CALL_AGAIN(int, sys_waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
	   waitid(type, id, info, options))
CALL(int, sys_prctl, (int option, unsigned long arg), prctl(option, arg, 0, 0, 0))
CALL(int, sys_getrlimit, (int resource, struct rlimit *limit), getrlimit(resource, limit))
CALL(int, sys_setrlimit, (int resource, const struct rlimit *limit), setrlimit(resource, limit))

int sys_getrandom(void *buf, size_t size)
{
	char *p = buf;

	while (size) {
		ssize_t n = result_retried(getrandom(p, size, 0));

		if (n < 0)
			return (int)n;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

CALL(int, sys_posix_openpt, (int flags), posix_openpt(flags | O_CLOEXEC))

size_t sys_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

unsigned int sys_n_cpus(void)
{
	cpu_set_t set;

	/* It fails on a machine with more processors than the set has room for. */
	return sched_getaffinity(0, sizeof(set), &set) ? CPU_SETSIZE
						       : (unsigned int)CPU_COUNT(&set);
}

uint64_t sys_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t sys_realtime_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec;
}
