// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fake_sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/fakes/fake_fds.h"
#include "tests/fakes/vfio/fake_tree.h"
#include "vmm/base/sys.h"

static unsigned int n_device_opens;

unsigned int fake_n_device_opens(void)
{
	return n_device_opens;
}

static int open_path(const char *path, int flags, bool create)
{
	struct fake_entry *e;
	int ret = fake_tree_find(path, !(flags & O_NOFOLLOW), &e);
	bool was_there = !ret;

	n_device_opens += !strncmp(path, "/dev/", 5);
	if (ret == -ENOENT && create) {
		fake_file(path, "");
		ret = fake_tree_find(path, true, &e);
	}
	if (ret)
		return ret;
	if (e->kind == FAKE_ERROR || e->kind == FAKE_LINK || e->busy)
		return e->busy ? -EBUSY : e->kind == FAKE_LINK ? -ELOOP : -e->code;
	/* One with operations stands for what will be made there. */
	if (was_there && create && flags & O_EXCL && !e->ops)
		return -EEXIST;
	return fake_fd_add((struct fake_fd){
		.real = -1, .ops = e->ops, .opaque = e->opaque, .file = e, .flags = flags });
}

int sys_open(const char *path, int flags)
{
	fail_if_chosen();
	return open_path(path, flags, false);
}

int sys_create(const char *path, int flags, mode_t mode)
{
	(void)mode;
	fail_if_chosen();
	return open_path(path, flags, true);
}

void sys_close(int fd)
{
	struct fake_fd *f = fake_fd_find(fd);

	if (!f) {
		fprintf(stderr, "close of fd %d, which is not open\n", fd);
		abort();
	}
	if (f->ops && f->ops->close)
		f->ops->close(fd, f->opaque);
	if (f->real >= 0)
		close(f->real);
	fake_fd_forget(f);
}

int sys_unlink(const char *path)
{
	fail_if_chosen();
	fake_remove(path);
	return 0;
}

int sys_ioctl(int fd, unsigned long request, void *arg)
{
	struct fake_fd *f = fake_fd_find(fd);

	fail_if_chosen();
	fake_log_ioctl(fd, request);
	if (!f || f->real >= 0)
		return ioctl(fd, request, arg) < 0 ? -errno : 0;
	return f->ops && f->ops->ioctl ? f->ops->ioctl(fd, f->opaque, request, arg) : -ENOTTY;
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
	struct fake_fd *f = fake_fd_find(fd);
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
	struct fake_fd *f = fake_fd_find(fd);
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
	struct fake_fd *f = fake_fd_find(fd);

	fail_if_chosen();
	if (f && f->real >= 0) {
		ssize_t n = pread(fd, buf, size, offset);

		return n < 0 ? -errno : n;
	}
	return f ? read_at(f, fd, buf, size, offset) : -EBADF;
}

ssize_t sys_pwrite(int fd, const void *buf, size_t size, off_t offset)
{
	struct fake_fd *f = fake_fd_find(fd);

	fail_if_chosen();
	return f ? write_at(f, fd, buf, size, offset) : -EBADF;
}

int sys_fallocate(int fd, int mode, off_t offset, off_t size)
{
	struct fake_fd *f = fake_fd_find(fd);

	fail_if_chosen();
	if (!f)
		return -EBADF;
	return f->ops && f->ops->fallocate ? f->ops->fallocate(fd, f->opaque, mode, offset, size)
					   : 0;
}

static int stat_entry(const struct fake_entry *e, struct stat *st)
{
	if (e->kind == FAKE_ERROR && e->code != EACCES /* its directory may be read */)
		return -e->code;
	memset(st, 0, sizeof(*st));
	st->st_mode = e->kind == FAKE_DIR ? S_IFDIR : e->kind == FAKE_DEVICE ? S_IFCHR : S_IFREG;
	st->st_mode |= e->mode;
	st->st_uid = e->uid;
	st->st_size = (off_t)e->size;
	if (e->kind == FAKE_DEVICE)
		st->st_rdev = makedev(FAKE_MAJOR, e->minor);
	return 0;
}

int sys_fstat(int fd, struct stat *st)
{
	struct fake_fd *f = fake_fd_find(fd);

	fail_if_chosen();
	if (!f || f->real >= 0)
		return fstat(fd, st) ? -errno : 0;
	if (fake_stat(st))
		return 0;
	return f->file ? stat_entry(f->file, st) : -EBADF;
}

int sys_fstatfs(int fd, struct statfs *st)
{
	fail_if_chosen();
	if (!fake_fd_find(fd))
		return -EBADF;
	fake_statfs(st);
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

int sys_access(const char *path, int mode)
{
	struct fake_entry *e;
	int ret;

	(void)mode;
	fail_if_chosen();
	ret = fake_tree_find(path, true, &e);
	return ret ? ret : -e->access_code;
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
	int code = fake_call_code();
	struct fake_dir *dir = code ? NULL : fake_dir_open(path);

	if (code)
		errno = code;
	if (dir)
		dir->fd = open_path(path, 0, false);
	return (DIR *)dir;
}

int sys_dirfd(DIR *dir)
{
	return ((struct fake_dir *)dir)->fd;
}

struct dirent *sys_readdir(DIR *dir)
{
	return fake_dir_next((struct fake_dir *)dir);
}

void sys_closedir(DIR *dir)
{
	sys_close(sys_dirfd(dir));
	free(dir);
}
