// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fake_fds.h"
#include "tests/fakes/fake_confine.h"

#include <assert.h>
#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/fakes/fake_passed.h"
#include "tests/fakes/fake_process.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_tree.h"
#include "vmm/base/sys.h"

#define N_FDS       512
#define FIRST_FD    1000 /* no number that the test's own process has */
#define N_IOCTL_LOG 4096

static struct {
	struct fake_fd fds[N_FDS];
	struct {
		int fd;
		unsigned long request;
	} ioctls[N_IOCTL_LOG];
	unsigned int n_ioctls, n_calls, fail_at, stopped;
	int fail_code;
	bool failed;
	size_t page_size;
	long fs_type, fs_block_size;
	struct stat stat; /* all zero: none was set */
} state = { .page_size = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void fake_sys_reset(void)
{
	for (unsigned int i = 0; i < N_FDS; i++)
		if (state.fds[i].used && state.fds[i].real >= 0)
			close(state.fds[i].real);
	memset(&state, 0, sizeof(state));
	state.page_size = 4096;
	state.fs_type = HUGETLBFS_MAGIC; /* only --mem-path asks */
	state.fs_block_size = 2 << 20;
	fake_memory_reset();
	fake_events_reset();
	fake_process_reset();
	fake_dirs_reset();
	fake_passed_reset();
	fake_tree_reset();
	fake_confine_reset();
}

int fake_call_code(void)
{
	int code = 0;

	pthread_mutex_lock(&lock);
	state.n_calls++;
	if (state.fail_at && --state.fail_at == 0) {
		state.failed = true;
		code = state.fail_code;
		state.fail_at = state.stopped;
	}
	pthread_mutex_unlock(&lock);
	return code;
}

void fake_fail_at(unsigned int nth, int code)
{
	state.fail_at = nth;
	state.fail_code = code;
	state.failed = false;
	state.stopped = 0;
}

void fake_stop_at(unsigned int nth)
{
	fake_fail_at(nth, EIO);
	state.stopped = 1; /* again at the next */
}

bool fake_failed(void)
{
	return state.failed;
}

unsigned int fake_n_calls(void)
{
	return state.n_calls;
}

void fake_set_page_size(size_t bytes)
{
	state.page_size = bytes;
}

void fake_set_statfs(long type, long block_size)
{
	state.fs_type = type;
	state.fs_block_size = block_size;
}

void fake_set_stat(mode_t mode, uint64_t size, uint64_t n_blocks, dev_t rdev)
{
	state.stat = (struct stat){ .st_mode = mode,
				    .st_size = (off_t)size,
				    .st_blocks = (blkcnt_t)n_blocks,
				    .st_rdev = rdev };
}

bool fake_stat(struct stat *st)
{
	*st = state.stat;
	return st->st_mode != 0;
}

int fake_fd_add(struct fake_fd value)
{
	int fd = -EMFILE;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < N_FDS && fd < 0; i++) {
		if (state.fds[i].used)
			continue;
		value.used = true;
		state.fds[i] = value;
		fd = FIRST_FD + i;
	}
	pthread_mutex_unlock(&lock);
	assert(fd >= 0);
	return fd;
}

int fake_fd_real(int real)
{
	int i;

	if (real < 0)
		return -errno;
	i = fake_fd_add((struct fake_fd){ .real = real }) - FIRST_FD;
	assert(i >= 0);
	return real;
}

struct fake_fd *fake_fd_find(int fd)
{
	if (fd >= FIRST_FD && fd < FIRST_FD + N_FDS)
		return state.fds[fd - FIRST_FD].used ? &state.fds[fd - FIRST_FD] : NULL;
	if (fd < 0)
		return NULL;
	for (unsigned int i = 0; i < N_FDS; i++)
		if (state.fds[i].used && state.fds[i].real == fd)
			return &state.fds[i];
	return NULL;
}

int fake_fd_new(const struct fake_fd_ops *ops, void *opaque)
{
	return fake_fd_add((struct fake_fd){ .real = -1, .ops = ops, .opaque = opaque });
}

unsigned int fake_n_open_fds(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < N_FDS; i++)
		n += state.fds[i].used;
	return n;
}

unsigned int fake_n_ioctls(void)
{
	return state.n_ioctls;
}

unsigned long fake_ioctl_request(unsigned int i)
{
	return state.ioctls[i].request;
}

int fake_ioctl_fd(unsigned int i)
{
	return state.ioctls[i].fd;
}

unsigned int fake_find_ioctl(unsigned long request, unsigned int from)
{
	for (unsigned int i = from; i < state.n_ioctls; i++)
		if (state.ioctls[i].request == request)
			return i;
	return UINT32_MAX;
}

void fake_log_ioctl(int fd, unsigned long request)
{
	pthread_mutex_lock(&lock);
	if (state.n_ioctls < N_IOCTL_LOG) {
		state.ioctls[state.n_ioctls].fd = fd;
		state.ioctls[state.n_ioctls++].request = request;
	}
	pthread_mutex_unlock(&lock);
}

void fake_fd_forget(struct fake_fd *fd)
{
	pthread_mutex_lock(&lock);
	memset(fd, 0, sizeof(*fd));
	pthread_mutex_unlock(&lock);
}

void fake_statfs(struct statfs *st)
{
	memset(st, 0, sizeof(*st));
	st->f_type = state.fs_type;
	st->f_bsize = state.fs_block_size;
	st->f_bfree = st->f_bavail = 1 << 20;
}

size_t sys_page_size(void)
{
	return state.page_size;
}

void (*fake_cache_synced)(const void *p, size_t size);

void sys_sync_cache(const void *p, size_t size)
{
	if (fake_cache_synced)
		fake_cache_synced(p, size);
}
