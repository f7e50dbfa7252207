/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FAKE_SYS_H
#define TESTS_FAKES_FAKE_SYS_H

/*
 * Stands in for vmm/base/sys.c in unit tests: a tree of files in memory, descriptors whose ioctls a
 * test scripts, a count of what is open or mapped, and the failure of the n-th call. One state per
 * process (Criterion forks for each test); fake_sys_reset() begins anew.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a descriptor does. NULL members: ioctl -ENOTTY, read/write -EINVAL, fallocate 0, mmap
 * anonymous zeroed memory. Return values as sys_*(). */
struct fake_fd_ops {
	int (*ioctl)(int fd, void *opaque, unsigned long request, void *arg);
	ssize_t (*pread)(int fd, void *opaque, void *buf, size_t size, off_t offset);
	ssize_t (*pwrite)(int fd, void *opaque, const void *buf, size_t size, off_t offset);
	int (*fallocate)(int fd, void *opaque, int mode, off_t offset, off_t size);
	void (*close)(int fd, void *opaque);
	/* told of each mapping of it that was made, with its address */
	void (*mapped)(int fd, void *opaque, void *addr, size_t size, off_t offset);
};

void fake_sys_reset(void);

/* The tree. Parent directories come by themselves; contents are copied. */
void fake_file(const char *path, const char *text);
void fake_file_bytes(const char *path, const void *data, size_t size);
void fake_dir(const char *path);
void fake_link(const char *path, const char *target);
void fake_remove(const char *path);
/* Opening @path gives a descriptor with these operations. */
void fake_device(const char *path, const struct fake_fd_ops *ops, void *opaque);
/* Opening or stat'ing @path fails with @code (a positive errno). */
void fake_open_error(const char *path, int code);
/* Another process has the device @path, which is there: opening it fails with EBUSY. */
void fake_busy(const char *path);
/* This user may not access @path, which is there. */
void fake_access_error(const char *path, int code);
/* Whose @path is, which is there, and who may do what with it; at first root's, 0. */
void fake_owner(const char *path, unsigned int uid, mode_t mode);
/* What a test wrote to a plain file is its new content: read it back here, NULL if there is no such
 * file. */
const char *fake_file_text(const char *path);

/* A new descriptor, for ioctls that return one. Counts as open until sys_close(). */
int fake_fd_new(const struct fake_fd_ops *ops, void *opaque);

/* Fail the @nth call that can fail (1: the next) with @code; 0: none. Not counted: close, munmap,
 * madvise,
 * sleep, page size. */
void fake_fail_at(unsigned int nth, int code);
/*
 * The @nth call and all after it fail, so that the program changes nothing any more: for the world
 * it is as if it had been killed there.
 */
void fake_stop_at(unsigned int nth);
/* True once that call was reached. */
bool fake_failed(void);
unsigned int fake_n_calls(void);

/* Of the last sys_memfd_create(); it is of ordinary pages in any case. */
unsigned int fake_memfd_flags(void);
/* The next sys_connect() to @path gives @fd, the end of a socket, and waits 0.2 s at most. */
void fake_socket(const char *path, int fd);

void fake_set_page_size(size_t bytes);
/* Told of each sys_sync_cache(); NULL: nobody. */
extern void (*fake_cache_synced)(const void *p, size_t size);
/* What fstatfs says of every descriptor; at first, a hugetlbfs of 2 MiB pages. */
void fake_set_statfs(long type, long block_size);

/* How often this process opened something below /dev, or tried to. */
unsigned int fake_n_device_opens(void);

/* The next @n calls of flock() find somebody else's lock. */
void fake_set_locked(unsigned int n);
/* What sys_realtime_s() says at first; no second passes but here. Rings a timer that is due. */
#define FAKE_REALTIME 1700000000
void fake_pass_seconds(uint64_t n);
/* What happens in the world while the program sleeps: @fn is called, once a sleep. NULL: nothing.
 */
void fake_on_sleep(void (*fn)(void));
unsigned int fake_slept_ms(void);
/* The timeouts of sys_epoll_wait() that passed without an event. */
uint64_t fake_waited_ms(void);

/* What fstat says of every fake descriptor from now on. */
void fake_set_stat(mode_t mode, uint64_t size, uint64_t n_blocks, dev_t rdev);

/* RLIMIT_MEMLOCK; at first unlimited. The hard one cannot be raised. fake_memlock(): the soft one.
 */
void fake_set_memlock(uint64_t soft, uint64_t hard);
void fake_set_max_files(uint64_t hard); /* 4096 otherwise */
/* sys_populate() takes no page from now on, and there are no huge ones: that takes time. */
void fake_populate_nothing(void);
uint64_t fake_memlock(void);

/* What is still open or mapped now: a test's proof that nothing leaked. */
unsigned int fake_n_open_fds(void);
unsigned int fake_n_mappings(void);

/* Log of ioctls in order, for tests of order: request numbers. */
unsigned int fake_n_ioctls(void);
unsigned long fake_ioctl_request(unsigned int i);
int fake_ioctl_fd(unsigned int i);
/* The first of this request from @from on; UINT32_MAX: none. */
unsigned int fake_find_ioctl(unsigned long request, unsigned int from);

#endif
