// SPDX-License-Identifier: GPL-2.0-only
/* What is done to directories and by descriptors of them; locks; sleep. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "tests/fakes/fake_fds.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_tree.h"
#include "vmm/base/sys.h"

static unsigned int n_locked, slept_ms;
static void (*on_sleep)(void);

void fake_dirs_reset(void)
{
	n_locked = slept_ms = 0;
	on_sleep = NULL;
}

void fake_set_locked(unsigned int n)
{
	n_locked = n;
}

void fake_on_sleep(void (*fn)(void))
{
	on_sleep = fn;
}

unsigned int fake_slept_ms(void)
{
	return slept_ms;
}

/* @path as the tree knows it, when it is relative to the directory @dir. */
static const char *path_at(int dir, const char *path, char buf[PATH_MAX])
{
	struct fake_fd *f = fake_fd_find(dir);

	if (path[0] == '/' || dir == AT_FDCWD)
		return path;
	assert(f && f->file && f->file->kind == FAKE_DIR);
	assert(snprintf(buf, PATH_MAX, "%s/%s", f->file->path, path) < PATH_MAX);
	return buf;
}

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	char buf[PATH_MAX];

	path = path_at(dir, path, buf);
	return flags & O_CREAT ? sys_create(path, flags, mode) : sys_open(path, flags);
}

int sys_unlinkat(int dir, const char *path, int flags)
{
	char buf[PATH_MAX];
	struct fake_entry *e;
	int ret;

	(void)flags;
	fail_if_chosen();
	ret = fake_tree_find(path_at(dir, path, buf), false, &e);
	if (!ret)
		fake_remove(e->path);
	return ret;
}

int sys_renameat(int old_dir, const char *old_path, int new_dir, const char *new_path)
{
	char old_buf[PATH_MAX], new_buf[PATH_MAX];

	fail_if_chosen();
	return fake_tree_rename(path_at(old_dir, old_path, old_buf),
				path_at(new_dir, new_path, new_buf));
}

ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	char at[PATH_MAX];

	return sys_readlink(path_at(dir, path, at), buf, size);
}

int sys_mkdir(const char *path, mode_t mode)
{
	struct fake_entry *e;
	int ret;

	(void)mode;
	fail_if_chosen();
	ret = fake_tree_find(path, false, &e);
	if (ret != -ENOENT)
		return !ret ? -EEXIST : ret;
	fake_dir(path);
	return 0;
}

int sys_chmod(const char *path, mode_t mode)
{
	struct fake_entry *e;

	(void)mode;
	fail_if_chosen();
	return fake_tree_find(path, true, &e);
}

int sys_fchmod(int fd, mode_t mode)
{
	(void)mode;
	fail_if_chosen();
	return fake_fd_find(fd) ? 0 : -EBADF;
}

int sys_flock(int fd, int operation)
{
	(void)operation;
	fail_if_chosen();
	if (!fake_fd_find(fd))
		return -EBADF;
	if (!n_locked)
		return 0;
	n_locked--;
	return -EWOULDBLOCK;
}

void sys_sleep_ms(int ms)
{
	slept_ms += (unsigned int)ms;
	if (on_sleep)
		on_sleep();
}
