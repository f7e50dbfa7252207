/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_SYS_H
#define VMM_BASE_SYS_H

/*
 * The only door to the kernel for descriptors, ioctls and mappings: sys.c in the program,
 * tests/fakes/ in unit tests, where each call can be scripted, counted and failed. Each function is
 * the system call of its name with the same arguments, and returns what that returns or the
 * negative errno instead of -1. EINTR is retried where the caller can only want that (open, read,
 * write, pread, pwrite), never for sys_ioctl: KVM_RUN needs it.
 */
#include <dirent.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

struct epoll_event;
struct itimerspec;
struct rlimit;
struct sock_fprog;
struct statfs;

int sys_open(const char *path, int flags);                /* O_CLOEXEC is always added */
int sys_create(const char *path, int flags, mode_t mode); /* open with O_CREAT | O_CLOEXEC */
int sys_open_tmpfile(const char *dir, mode_t mode);       /* O_RDWR: a file without a name */
int sys_link(int fd, const char *path); /* gives it one: linkat() of /proc/self/fd */
void sys_close(int fd);
/* With O_CREAT in @flags, @mode. As the system call, relative to the directory @dir. */
int sys_openat(int dir, const char *path, int flags, mode_t mode); /* O_CLOEXEC is always added */
int sys_dup(int fd);                                               /* with FD_CLOEXEC */
int sys_dup2(int fd, int number);                                  /* without it */
/* The same file by its lowest free number from @lowest on, with FD_CLOEXEC; @fd is closed, but not
 * after an error. */
int sys_move_fd(int fd, int lowest);
int sys_unlink(const char *path);
int sys_unlinkat(int dir, const char *path, int flags);
int sys_renameat(int old_dir, const char *old_path, int new_dir, const char *new_path);
int sys_mkdir(const char *path, mode_t mode);
int sys_chmod(const char *path, mode_t mode);
int sys_fchmod(int fd, mode_t mode);
int sys_flock(int fd, int operation);
int sys_fcntl(int fd, int cmd, int arg);
void sys_sleep_ms(int ms); /* poll() without descriptors */
/* @arg: the third argument as the request wants it: a pointer, or a number cast through uintptr_t.
 */
int sys_ioctl(int fd, unsigned long request, void *arg);
/* Returns 0 and *addr, or a negative errno: -ENOMEM too for more than a 32-bit host has addresses.
 * @hint as mmap's first argument. */
int sys_mmap(void *hint, uint64_t size, int prot, int flags, int fd, off_t offset, void **addr);
void sys_munmap(void *addr, size_t size);
int sys_madvise(void *addr, size_t size, int advice);
/* madvise(MADV_POPULATE_WRITE): pages that can be written, zeroed. -EINVAL: a kernel before 5.14,
 * or not such a mapping. */
int sys_populate(void *addr, size_t size);
ssize_t sys_read(int fd, void *buf, size_t size);
ssize_t sys_write(int fd, const void *buf, size_t size);
/* poll() for POLLOUT. Returns 1, or 0 when @timeout_ms have passed. */
int sys_wait_writable(int fd, int timeout_ms);
int sys_wait_readable(int fd, int timeout_ms); /* the same for POLLIN */
ssize_t sys_pread(int fd, void *buf, size_t size, off_t offset);
ssize_t sys_pwrite(int fd, const void *buf, size_t size, off_t offset);
int sys_fallocate(int fd, int mode, off_t offset, off_t size);
int sys_fstat(int fd, struct stat *st);
int sys_fstatfs(int fd, struct statfs *st);
int sys_stat(const char *path, struct stat *st);
/* Whether this process may: @mode R_OK, W_OK … of access(), for its effective ids. 0 or errno. */
int sys_access(const char *path, int mode);
/* Returns the target's length, NUL-terminated in @buf, or -ENAMETOOLONG if it does not fit. */
ssize_t sys_readlink(const char *path, char *buf, size_t size);
ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size);
/* As opendir and readdir of libc; sys_opendir returns NULL with errno set. */
DIR *sys_opendir(const char *path);
struct dirent *sys_readdir(DIR *dir);
int sys_dirfd(DIR *dir); /* which sys_closedir() closes */
void sys_closedir(DIR *dir);
int sys_pipe(int fds[2]);                              /* O_CLOEXEC; fds[0] is the end to read */
int sys_set_pipe_size(int fd, int size);               /* F_SETPIPE_SZ: returns the size it got */
ssize_t sys_vmsplice(int fd, void *addr, size_t size); /* SPLICE_F_NONBLOCK */
int sys_eventfd(unsigned int value, int flags);        /* EFD_CLOEXEC is always added */
int sys_memfd_create(const char *name, unsigned int flags); /* MFD_CLOEXEC is always added */
int sys_ftruncate(int fd, off_t size);
int sys_epoll_create(void); /* EPOLL_CLOEXEC */
int sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int sys_epoll_wait(int epfd, struct epoll_event *events, int n_max, int timeout_ms);
int sys_timerfd_create(int clock); /* TFD_CLOEXEC | TFD_NONBLOCK */
int sys_timerfd_settime(int fd, int flags, const struct itimerspec *value);
int sys_signalfd(const sigset_t *mask);                       /* SFD_CLOEXEC | SFD_NONBLOCK */
int sys_sigmask(int how, const sigset_t *set, sigset_t *old); /* of the calling thread */
/* Any of @set, which is blocked; waits for it and takes it. Returns its number. EINTR is retried.
 */
int sys_sigwaitinfo(const sigset_t *set, siginfo_t *info);
int sys_kill(pid_t pid, int signal);
pid_t sys_fork(void);
pid_t sys_setsid(void);
int sys_execv(const char *path, char *const *argv); /* returns only an error */
int sys_pidfd_open(pid_t pid);                      /* with FD_CLOEXEC */
int sys_pidfd_signal(int pidfd, int signal);
pid_t sys_getppid(void);
int sys_waitid(idtype_t type, id_t id, siginfo_t *info, int options);
int sys_prctl(int option, unsigned long arg);
int sys_getrlimit(int resource, struct rlimit *limit);
int sys_setrlimit(int resource, const struct rlimit *limit);
int sys_getrandom(void *buf, size_t size); /* 0 when all bytes came, else negative errno */
int sys_posix_openpt(int flags);
/* Size of a page of this host in bytes: 4, 16 or 64 KiB; never assume one. */
size_t sys_page_size(void);
/*
 * Clean and invalidate the lines of the data cache that have these bytes, to the point of coherency
 * (DC CIVAC), and wait for it. Before reading and after writing what the guest maps as Device
 * memory: where it is mapped with other attributes on both sides, and the processor has no
 * FEAT_S2FWB, each would see stale lines. Does nothing on other hosts than arm64, which lack the
 * right to.
 */
void sys_sync_cache(const void *p, size_t size);
/* How many processors this process may use; at least 1. */
unsigned int sys_n_cpus(void);
/*
 * Connect to the Unix stream socket @path, with FD_CLOEXEC. What is read or written waits for
 * @timeout_s seconds at most, then fails with -EAGAIN. -ENAMETOOLONG for what no such socket is
 * called.
 */
int sys_connect(const char *path, unsigned int timeout_s);
/*
 * A socket that listens, ends[0], with a connection to it that waits to be accepted, ends[1], as
 * sys_connect() makes it. It has no name any more: nobody else can connect.
 */
int sys_listen_for_one(int ends[2], unsigned int timeout_s);
/* Write @size bytes, and send with them the @n_fds descriptors of @fds, SYS_MAX_SENT at most. */
#define SYS_MAX_SENT 8
ssize_t sys_send(int socket, const void *buf, size_t size, const int *fds, unsigned int n_fds);
/* CLOCK_MONOTONIC. */
uint64_t sys_monotonic_ns(void);
/* CLOCK_REALTIME, in seconds since 1970. */
uint64_t sys_realtime_s(void);

/* By which a process gives up what it may do. */
unsigned int sys_geteuid(void);
unsigned int sys_getegid(void);
int sys_become(uid_t uid, gid_t gid); /* in every way, and of no other group */
int sys_unshare(int flags);
int sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      const char *data);
int sys_umount(const char *target, int flags);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_chroot(const char *path);
int sys_chdir(const char *path);
/* Version of Landlock's ABI, or a negative errno. */
int sys_landlock_version(void);
/* struct landlock_ruleset_attr of <linux/landlock.h>, as much of it as the kernel knows. */
int sys_landlock_create_ruleset(const void *attr, size_t size);
/* The rights @access, LANDLOCK_ACCESS_FS_*, to all below the directory @path. */
int sys_landlock_allow(int ruleset_fd, const char *path, uint64_t access);
int sys_landlock_restrict_self(int ruleset_fd);
/* SECCOMP_SET_MODE_FILTER for the calling thread. */
int sys_seccomp_filter(const struct sock_fprog *program);
/* The lowest number, a multiple of 64 and at most @end, below which @n_free numbers are no open
 * descriptor's. */
int sys_fd_limit(unsigned int n_free, unsigned int end);
/* Close all descriptors from @first to @last. */
int sys_close_range(unsigned int first, unsigned int last);

#endif
