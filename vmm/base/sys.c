// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
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

/* A function of the door: its type, name and parameters, and what it returns. */
#define PLAIN(type, name, parameters, value) \
	type name parameters                 \
	{                                    \
		return value;                \
	}
/* The same of a call that sets errno; retried after EINTR. */
#define CALL(type, name, parameters, call)       PLAIN(type, name, parameters, result(call))
#define CALL_AGAIN(type, name, parameters, call) PLAIN(type, name, parameters, result_retried(call))

CALL_AGAIN(int, sys_openat, (int dir, const char *path, int flags, mode_t mode),
	   openat(dir, path, flags | O_CLOEXEC, mode))
PLAIN(int, sys_open, (const char *path, int flags), sys_openat(AT_FDCWD, path, flags, 0))
PLAIN(int, sys_create, (const char *path, int flags, mode_t mode),
      sys_openat(AT_FDCWD, path, flags | O_CREAT, mode))
PLAIN(int, sys_open_tmpfile, (const char *dir, mode_t mode),
      sys_openat(AT_FDCWD, dir, O_TMPFILE | O_RDWR, mode))

int sys_link(int fd, const char *path)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return result(linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW));
}

PLAIN(void, sys_close, (int fd), (void)close(fd))
CALL(int, sys_dup, (int fd), fcntl(fd, F_DUPFD_CLOEXEC, 0))
CALL(int, sys_dup2, (int fd, int number), dup2(fd, number))

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
PLAIN(void, sys_sleep_ms, (int ms), (void)poll(NULL, 0, ms))
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

PLAIN(void, sys_munmap, (void *addr, size_t size), (void)munmap(addr, size))
CALL(int, sys_madvise, (void *addr, size_t size, int advice), madvise(addr, size, advice))

/* <linux/mman.h>; younger than some C libraries. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

CALL_AGAIN(int, sys_populate, (void *addr, size_t size), madvise(addr, size, MADV_POPULATE_WRITE))
CALL_AGAIN(ssize_t, sys_read, (int fd, void *buf, size_t size), read(fd, buf, size))
CALL_AGAIN(ssize_t, sys_write, (int fd, const void *buf, size_t size), write(fd, buf, size))
CALL_AGAIN(int, sys_wait_writable, (int fd, int timeout_ms),
	   poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, timeout_ms))
CALL_AGAIN(int, sys_wait_readable, (int fd, int timeout_ms),
	   poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, timeout_ms))
CALL_AGAIN(ssize_t, sys_pread, (int fd, void *buf, size_t size, off_t offset),
	   pread(fd, buf, size, offset))
CALL_AGAIN(ssize_t, sys_pwrite, (int fd, const void *buf, size_t size, off_t offset),
	   pwrite(fd, buf, size, offset))
CALL_AGAIN(int, sys_fallocate, (int fd, int mode, off_t offset, off_t size),
	   fallocate(fd, mode, offset, size))
CALL(int, sys_fstat, (int fd, struct stat *st), fstat(fd, st))
CALL_AGAIN(int, sys_fstatfs, (int fd, struct statfs *st), fstatfs(fd, st))
CALL(int, sys_stat, (const char *path, struct stat *st), stat(path, st))
CALL(int, sys_access, (const char *path, int mode), faccessat(AT_FDCWD, path, mode, AT_EACCESS))
PLAIN(ssize_t, sys_readlink, (const char *path, char *buf, size_t size),
      sys_readlinkat(AT_FDCWD, path, buf, size))

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

PLAIN(DIR *, sys_opendir, (const char *path), opendir(path))
PLAIN(struct dirent *, sys_readdir, (DIR * dir), readdir(dir))
PLAIN(int, sys_dirfd, (DIR * dir), dirfd(dir))
PLAIN(void, sys_closedir, (DIR * dir), (void)closedir(dir))
CALL(int, sys_memfd_create, (const char *name, unsigned int flags),
     memfd_create(name, flags | MFD_CLOEXEC))
CALL(int, sys_ftruncate, (int fd, off_t size), ftruncate(fd, size))
CALL(int, sys_pipe, (int fds[2]), pipe2(fds, O_CLOEXEC))
CALL(int, sys_set_pipe_size, (int fd, int size), fcntl(fd, F_SETPIPE_SZ, size))
CALL(ssize_t, sys_vmsplice, (int fd, void *addr, size_t size),
     vmsplice(fd, &(struct iovec){ addr, size }, 1, SPLICE_F_NONBLOCK))
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
PLAIN(int, sys_sigmask, (int how, const sigset_t *set, sigset_t *old),
      -pthread_sigmask(how, set, old))
CALL_AGAIN(int, sys_sigwaitinfo, (const sigset_t *set, siginfo_t *info), sigwaitinfo(set, info))
CALL(int, sys_kill, (pid_t pid, int signal), kill(pid, signal))
CALL(pid_t, sys_fork, (void), fork())
CALL(pid_t, sys_setsid, (void), setsid())
CALL(int, sys_execv, (const char *path, char *const *argv), execv(path, argv))
CALL(int, sys_pidfd_open, (pid_t pid), (int)syscall(SYS_pidfd_open, pid, 0))
CALL(int, sys_pidfd_signal, (int pidfd, int signal),
     (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0))
PLAIN(pid_t, sys_getppid, (void), getppid())
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

/* A socket, and in *address where it is to be. */
static int unix_socket(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, strlen(path));
	return result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

int sys_connect(const char *path, unsigned int timeout_s)
{
	const struct timeval timeout = { .tv_sec = (time_t)timeout_s };
	struct sockaddr_un address;
	int fd = unix_socket(path, &address), ret;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	ret = result_retried(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

int sys_listen_for_one(int ends[2], unsigned int timeout_s)
{
	char dir[] = "/tmp/dais-"
		     "XX"
		     "XX"
		     "XX" /* mkdtemp(3) */,
	     path[sizeof(dir) + 2];
	struct sockaddr_un address;
	int ret;

	if (!mkdtemp(dir))
		return -errno;
	snprintf(path, sizeof(path), "%s/s", dir);
	ends[0] = ends[1] = ret = unix_socket(path, &address);
	if (ret >= 0)
		ret = bind(ends[0], (struct sockaddr *)&address, sizeof(address)) ||
				      listen(ends[0], 1)
			      ? -errno
			      : sys_connect(path, timeout_s);
	unlink(path);
	rmdir(dir);
	if (ret < 0 && ends[0] >= 0)
		close(ends[0]);
	ends[1] = ret;
	return ret < 0 ? ret : 0;
}

ssize_t sys_send(int socket, const void *buf, size_t size, const int *fds, unsigned int n_fds)
{
	union {
		struct cmsghdr header; /* for its alignment */
		char room[CMSG_SPACE(SYS_MAX_SENT * sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec data = { (void *)buf, size };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	if (n_fds) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
	}
	return result_retried(sendmsg(socket, &message, MSG_NOSIGNAL));
}

CALL(int, sys_posix_openpt, (int flags), posix_openpt(flags | O_CLOEXEC))
PLAIN(size_t, sys_page_size, (void), (size_t)sysconf(_SC_PAGESIZE))

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

/* What a process gives up. */
PLAIN(unsigned int, sys_geteuid, (void), geteuid())
PLAIN(unsigned int, sys_getegid, (void), getegid())
CALL(int, sys_become, (uid_t uid, gid_t gid),
     setgroups(0, NULL) || setresgid(gid, gid, gid) ? -1 : setresuid(uid, uid, uid))
CALL(int, sys_unshare, (int flags), unshare(flags))
CALL(int, sys_mount,
     (const char *source, const char *target, const char *type, unsigned long flags,
      const char *data),
     mount(source, target, type, flags, data))
CALL(int, sys_umount, (const char *target, int flags), umount2(target, flags))
CALL(int, sys_pivot_root, (const char *new_root, const char *put_old),
     (int)syscall(SYS_pivot_root, new_root, put_old))
CALL(int, sys_chroot, (const char *path), chroot(path))
CALL(int, sys_chdir, (const char *path), chdir(path))
CALL(int, sys_landlock_version, (void),
     (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION))
CALL(int, sys_landlock_create_ruleset, (const void *attr, size_t size),
     (int)syscall(SYS_landlock_create_ruleset, attr, size, 0))
CALL(int, sys_landlock_restrict_self, (int ruleset_fd),
     (int)syscall(SYS_landlock_restrict_self, ruleset_fd, 0))
CALL(int, sys_seccomp_filter, (const struct sock_fprog *program),
     (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program))
CALL(int, sys_close_range, (unsigned int first, unsigned int last),
     (int)syscall(SYS_close_range, first, last, 0))

int sys_landlock_allow(int ruleset_fd, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	int ret;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return -errno;
	ret = result((int)syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH,
				  &rule, 0));
	close(rule.parent_fd);
	return ret;
}

int sys_fd_limit(unsigned int n_free, unsigned int end)
{
	unsigned int limit, n = 0;

	for (limit = 0; limit < end && n < n_free; limit += 64) {
		struct pollfd fds[64];

		for (unsigned int i = 0; i < 64; i++)
			fds[i] = (struct pollfd){ .fd = (int)(limit + i) };
		if (poll(fds, 64, 0) < 0)
			return -errno;
		for (unsigned int i = 0; i < 64; i++)
			n += !!(fds[i].revents & POLLNVAL);
	}
	return (int)limit;
}

void sys_sync_cache(const void *p, size_t size)
{
#ifdef __aarch64__
	uint64_t ctr, line, at = (uintptr_t)p;

	/* Linux lets user space do both (arch/arm64/kernel/cpufeature.c, SCTLR_EL1_UCT and UCI). */
	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	line = 4ULL << (ctr >> 16 & 15); /* CTR_EL0.DminLine: words, as a power of two */
	__asm__ volatile("dsb sy" ::: "memory");
	for (at &= ~(line - 1); at < (uintptr_t)p + size; at += line)
		__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
	__asm__ volatile("dsb sy" ::: "memory");
#else
	(void)p;
	(void)size;
#endif
}
