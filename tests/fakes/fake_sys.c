// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fake_sys.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/fakes/fake_tree.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define N_FDS       512
#define FIRST_FD    1000 /* no number that the test's own process has */
#define N_MAPPINGS  64
#define N_IOCTL_LOG 4096

/* An open descriptor: of our own tree, or a real one (eventfd, epoll, …) that is only counted. */
struct fake_fd {
	bool used;
	int real; /* -1: a fake one */
	const struct fake_fd_ops *ops;
	void *opaque;
	struct fake_entry *file;
	size_t pos;
};

static struct {
	struct fake_fd fds[N_FDS];
	struct range mappings[N_MAPPINGS];
	struct {
		int fd;
		unsigned long request;
	} ioctls[N_IOCTL_LOG];
	unsigned int n_ioctls, n_calls, fail_at;
	int fail_code;
	bool failed;
	size_t page_size;
	long fs_type, fs_block_size;
} state = { .page_size = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void fake_sys_reset(void)
{
	for (unsigned int i = 0; i < N_FDS; i++)
		if (state.fds[i].used && state.fds[i].real >= 0)
			close(state.fds[i].real);
	for (unsigned int i = 0; i < N_MAPPINGS; i++)
		if (state.mappings[i].size)
			munmap((void *)(uintptr_t)state.mappings[i].start, state.mappings[i].size);
	memset(&state, 0, sizeof(state));
	state.page_size = 4096;
	state.fs_type = HUGETLBFS_MAGIC; /* only --mem-path asks */
	state.fs_block_size = 2 << 20;
	fake_tree_reset();
}

/* Count this call; not 0: it is the one to fail, with this errno. */
static int counted(void)
{
	int code = 0;

	pthread_mutex_lock(&lock);
	state.n_calls++;
	if (state.fail_at && --state.fail_at == 0) {
		state.failed = true;
		code = state.fail_code;
	}
	pthread_mutex_unlock(&lock);
	return code;
}

#define fail_if_chosen()                     \
	do {                                 \
		int chosen_code = counted(); \
		if (chosen_code)             \
			return -chosen_code; \
	} while (0)

void fake_fail_at(unsigned int nth, int code)
{
	state.fail_at = nth;
	state.fail_code = code;
	state.failed = false;
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

static int new_fd(struct fake_fd value)
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

/* A real descriptor keeps its own number, so that epoll and poll work on it. */
static int count_real_fd(int real)
{
	int i;

	if (real < 0)
		return -errno;
	i = new_fd((struct fake_fd){ .real = real }) - FIRST_FD;
	assert(i >= 0);
	return real;
}

static struct fake_fd *find_fd(int fd)
{
	if (fd >= FIRST_FD && fd < FIRST_FD + N_FDS)
		return state.fds[fd - FIRST_FD].used ? &state.fds[fd - FIRST_FD] : NULL;
	for (unsigned int i = 0; i < N_FDS; i++)
		if (state.fds[i].used && state.fds[i].real == fd)
			return &state.fds[i];
	return NULL;
}

int fake_fd_new(const struct fake_fd_ops *ops, void *opaque)
{
	return new_fd((struct fake_fd){ .real = -1, .ops = ops, .opaque = opaque });
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

/* --- the system calls
 * ------------------------------------------------------------------------------------------ */

static int open_path(const char *path, bool create)
{
	struct fake_entry *e;
	int ret = fake_tree_find(path, true, &e);

	if (ret == -ENOENT && create) {
		fake_file(path, "");
		ret = fake_tree_find(path, true, &e);
	}
	if (ret)
		return ret;
	if (e->kind == FAKE_ERROR)
		return -e->code;
	return new_fd(
		(struct fake_fd){ .real = -1, .ops = e->ops, .opaque = e->opaque, .file = e });
}

int sys_open(const char *path, int flags)
{
	(void)flags;
	fail_if_chosen();
	return open_path(path, false);
}

int sys_create(const char *path, int flags, mode_t mode)
{
	(void)flags;
	(void)mode;
	fail_if_chosen();
	return open_path(path, true);
}

void sys_close(int fd)
{
	struct fake_fd *f = find_fd(fd);

	if (!f) {
		fprintf(stderr, "close of fd %d, which is not open\n", fd);
		abort();
	}
	if (f->ops && f->ops->close)
		f->ops->close(fd, f->opaque);
	if (f->real >= 0)
		close(f->real);
	pthread_mutex_lock(&lock);
	memset(f, 0, sizeof(*f));
	pthread_mutex_unlock(&lock);
}

int sys_unlink(const char *path)
{
	fail_if_chosen();
	fake_remove(path);
	return 0;
}

int sys_ioctl(int fd, unsigned long request, void *arg)
{
	struct fake_fd *f = find_fd(fd);

	fail_if_chosen();
	pthread_mutex_lock(&lock);
	if (state.n_ioctls < N_IOCTL_LOG) {
		state.ioctls[state.n_ioctls].fd = fd;
		state.ioctls[state.n_ioctls++].request = request;
	}
	pthread_mutex_unlock(&lock);
	if (!f || f->real >= 0)
		return ioctl(fd, request, arg) < 0 ? -errno : 0;
	return f->ops && f->ops->ioctl ? f->ops->ioctl(fd, f->opaque, request, arg) : -ENOTTY;
}

static void count_mapping(struct range r)
{
	for (unsigned int i = 0; i < N_MAPPINGS; i++) {
		if (!state.mappings[i].size) {
			state.mappings[i] = r;
			return;
		}
	}
	assert(!"room for mappings");
}

int sys_mmap(void *hint, size_t size, int prot, int flags, int fd, off_t offset, void **addr)
{
	struct fake_fd *f = find_fd(fd);
	void *p;

	fail_if_chosen();
	p = mmap(hint, size, prot,
		 (flags & ~(MAP_SHARED | MAP_PRIVATE | MAP_HUGETLB | MAP_POPULATE)) | MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_NORESERVE,
		 -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	if (!(flags & MAP_FIXED))
		count_mapping((struct range){ (uintptr_t)p, round_up_to(size, 4096) });
	*addr = p;
	if (f && f->ops && f->ops->mapped)
		f->ops->mapped(fd, f->opaque, p, size, offset);
	return 0;
}

void sys_munmap(void *addr, size_t size)
{
	struct range hole = { (uintptr_t)addr, round_up_to(size, 4096) };

	for (unsigned int i = 0; i < N_MAPPINGS; i++) {
		struct range *m = &state.mappings[i], old = *m;

		if (!range_overlaps(old, hole))
			continue;
		m->size = hole.start > old.start ? hole.start - old.start : 0;
		if (range_last(hole) < range_last(old))
			count_mapping((struct range){ range_last(hole) + 1,
						      range_last(old) - range_last(hole) });
	}
	munmap(addr, size);
}

unsigned int fake_n_mappings(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < N_MAPPINGS; i++)
		n += state.mappings[i].size != 0;
	return n;
}

int sys_madvise(void *addr, size_t size, int advice)
{
	return madvise(addr, size, advice) ? -errno : 0;
}

static ssize_t read_at(struct fake_fd *f, int fd, void *buf, size_t size, off_t offset)
{
	size_t n;

	if (f->ops)
		return f->ops->pread ? f->ops->pread(fd, f->opaque, buf, size, offset) : -EINVAL;
	if (!f->file || f->file->kind != FAKE_FILE)
		return -EISDIR;
	if ((size_t)offset >= f->file->size)
		return 0;
	n = f->file->size - (size_t)offset;
	if (n > size)
		n = size;
	memcpy(buf, f->file->data + offset, n);
	return (ssize_t)n;
}

static ssize_t write_at(struct fake_fd *f, int fd, const void *buf, size_t size, off_t offset)
{
	if (f->ops)
		return f->ops->pwrite ? f->ops->pwrite(fd, f->opaque, buf, size, offset) : -EINVAL;
	if (!f->file || f->file->kind != FAKE_FILE)
		return -EISDIR;
	fake_tree_write(f->file, buf, size, (size_t)offset);
	return (ssize_t)size;
}

ssize_t sys_read(int fd, void *buf, size_t size)
{
	struct fake_fd *f = find_fd(fd);
	ssize_t n;

	fail_if_chosen();
	if (!f || f->real >= 0) {
		n = read(fd, buf, size);
		return n < 0 ? -errno : n;
	}
	n = read_at(f, fd, buf, size, (off_t)f->pos);
	if (n > 0)
		f->pos += (size_t)n;
	return n;
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	struct fake_fd *f = find_fd(fd);
	ssize_t n;

	if (fd == STDERR_FILENO)
		return write(fd, buf, size);
	fail_if_chosen();
	if (!f || f->real >= 0) {
		n = write(fd, buf, size);
		return n < 0 ? -errno : n;
	}
	n = write_at(f, fd, buf, size, (off_t)f->pos);
	if (n > 0)
		f->pos += (size_t)n;
	return n;
}

ssize_t sys_pread(int fd, void *buf, size_t size, off_t offset)
{
	struct fake_fd *f = find_fd(fd);

	fail_if_chosen();
	return f ? read_at(f, fd, buf, size, offset) : -EBADF;
}

ssize_t sys_pwrite(int fd, const void *buf, size_t size, off_t offset)
{
	struct fake_fd *f = find_fd(fd);

	fail_if_chosen();
	return f ? write_at(f, fd, buf, size, offset) : -EBADF;
}

int sys_ftruncate(int fd, off_t size)
{
	(void)size;
	fail_if_chosen();
	return find_fd(fd) ? 0 : -EBADF;
}

int sys_fallocate(int fd, int mode, off_t offset, off_t size)
{
	(void)mode;
	(void)offset;
	(void)size;
	fail_if_chosen();
	return find_fd(fd) ? 0 : -EBADF;
}

static int stat_entry(const struct fake_entry *e, struct stat *st)
{
	if (e->kind == FAKE_ERROR)
		return -e->code;
	memset(st, 0, sizeof(*st));
	st->st_mode = e->kind == FAKE_DIR ? S_IFDIR : e->kind == FAKE_DEVICE ? S_IFCHR : S_IFREG;
	st->st_size = (off_t)e->size;
	return 0;
}

int sys_fstat(int fd, struct stat *st)
{
	struct fake_fd *f = find_fd(fd);

	fail_if_chosen();
	if (!f || f->real >= 0)
		return fstat(fd, st) ? -errno : 0;
	return f->file ? stat_entry(f->file, st) : -EBADF;
}

int sys_fstatfs(int fd, struct statfs *st)
{
	fail_if_chosen();
	if (!find_fd(fd))
		return -EBADF;
	memset(st, 0, sizeof(*st));
	st->f_type = state.fs_type;
	st->f_bsize = state.fs_block_size;
	st->f_bfree = st->f_bavail = 1 << 20;
	return 0;
}

int sys_stat(const char *path, struct stat *st)
{
	struct fake_entry *e;
	int ret;

	fail_if_chosen();
	ret = fake_tree_find(path, true, &e);
	return ret ? ret : stat_entry(e, st);
}

ssize_t sys_readlink(const char *path, char *buf, size_t size)
{
	struct fake_entry *e;
	int ret;

	fail_if_chosen();
	ret = fake_tree_find(path, false, &e);
	if (ret)
		return ret;
	if (e->kind != FAKE_LINK)
		return -EINVAL;
	if (e->size >= size)
		return -ENAMETOOLONG;
	memcpy(buf, e->data, e->size + 1);
	return (ssize_t)e->size;
}

DIR *sys_opendir(const char *path)
{
	int code = counted();

	if (code) {
		errno = code;
		return NULL;
	}
	return (DIR *)fake_dir_open(path);
}

struct dirent *sys_readdir(DIR *dir)
{
	return fake_dir_next((struct fake_dir *)dir);
}

void sys_closedir(DIR *dir)
{
	free(dir);
}

int sys_memfd_create(const char *name)
{
	fail_if_chosen();
	return count_real_fd(memfd_create(name, MFD_CLOEXEC));
}

int sys_eventfd(unsigned int value, int flags)
{
	fail_if_chosen();
	return count_real_fd(eventfd(value, flags));
}

int sys_epoll_create(void)
{
	fail_if_chosen();
	return count_real_fd(epoll_create1(0));
}

int sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	struct fake_fd *f = find_fd(fd);

	fail_if_chosen();
	if (f && f->real < 0)
		return -EPERM; /* as for a plain file */
	return epoll_ctl(epfd, op, fd, event) ? -errno : 0;
}

int sys_epoll_wait(int epfd, struct epoll_event *events, int n_max, int timeout_ms)
{
	int n;

	fail_if_chosen();
	n = epoll_wait(epfd, events, n_max, timeout_ms);
	return n < 0 ? -errno : n;
}

int sys_timerfd_create(int clock)
{
	fail_if_chosen();
	return count_real_fd(timerfd_create(clock, TFD_NONBLOCK));
}

int sys_timerfd_settime(int fd, int flags, const struct itimerspec *value)
{
	fail_if_chosen();
	return timerfd_settime(fd, flags, value, NULL) ? -errno : 0;
}

int sys_signalfd(const sigset_t *mask)
{
	fail_if_chosen();
	return count_real_fd(signalfd(-1, mask, SFD_NONBLOCK));
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
	return count_real_fd(posix_openpt(flags));
}

size_t sys_page_size(void)
{
	return state.page_size;
}
