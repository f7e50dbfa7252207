// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/file.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "vmm/base/err.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

/* @again: from the start, whatever was read before; a pipe cannot do that. */
static int read_whole(int fd, bool again, size_t max, char **data, size_t *size)
{
	owned_ptr char *buf = NULL;
	size_t used = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (used == room) {
			char *bigger = realloc(buf, (room = room ? 2 * room : 4096) + 1);

			if (!bigger)
				return -ENOMEM;
			buf = bigger;
		}
		n = again ? sys_pread(fd, buf + used, room - used, (off_t)used)
			  : sys_read(fd, buf + used, room - used);
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > max)
			return -EFBIG;
	}
	buf[used] = '\0';
	*data = take_ptr(&buf);
	*size = used;
	return 0;
}

int file_read_again(int fd, size_t max, char **data, size_t *size)
{
	return fd < 0 ? -EBADF : read_whole(fd, true, max, data, size);
}

int file_check_regular(int fd)
{
	struct stat st;
	int ret = sys_fstat(fd, &st);

	if (ret || S_ISREG(st.st_mode))
		return ret;
	return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
}

int file_open_given(const char *what, const char *path, struct err *err)
{
	/* O_NONBLOCK: a FIFO that nobody writes to is refused, not waited for. */
	owned_fd int fd = sys_open(path, O_RDONLY | O_NONBLOCK);
	int ret = fd < 0 ? fd : file_check_regular(fd);

	if (!ret)
		return take_fd(&fd);
	if (ret == -EISDIR || ret == -EINVAL) {
		err_usage(err, "the %s %s is not a regular file", what, path);
		err_why(err, "it is a %s",
			ret == -EISDIR ? "directory" : "FIFO, a socket or a device");
	} else {
		err_set(err, ret, "open the %s %s", what, path);
		err_why(err, "it is what was given as the %s", what);
		err->status = EXIT_STATUS_USAGE;
	}
	return err_fix(err, "name a regular file that this user may read");
}

int file_read_given(const char *what, const char *path, size_t max, char **data, size_t *size,
		    struct err *err)
{
	owned_fd int fd = file_open_given(what, path, err);
	char limit[32];
	int ret;

	if (fd < 0)
		return fd;
	ret = read_whole(fd, false, max, data, size);
	if (!ret)
		return 0;
	err_set(err, ret, "read the %s %s", what, path);
	if (ret == -EFBIG)
		err_why(err, "it may have %s at most", str_size(max, limit));
	err_fix(err, "name the right file");
	err->status = EXIT_STATUS_USAGE;
	return ret;
}

/* The path of a function that ends with (const char *fmt, …), in a buffer of its own. */
#define FILE_PATH(path, fmt)                                                  \
	do {                                                                  \
		if (str_format(path, sizeof(path), fmt) >= (int)sizeof(path)) \
			path[0] = '\0'; /* which no file has */               \
	} while (0)

int file_read(char **data, size_t *size, size_t max, const char *fmt, ...)
{
	char path[PATH_MAX];
	owned_fd int fd = -1;

	FILE_PATH(path, fmt);
	fd = sys_open(path, O_RDONLY);
	return fd < 0 ? fd : read_whole(fd, false, max, data, size);
}

char *file_text(size_t max, const char *fmt, ...)
{
	char path[PATH_MAX], *text = NULL;
	size_t size;

	FILE_PATH(path, fmt);
	return file_read(&text, &size, max, "%s", path) ? NULL : text;
}

int file_read_line(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	owned_fd int fd = -1;
	ssize_t n;

	FILE_PATH(path, fmt);
	fd = sys_open(path, O_RDONLY);
	if (fd < 0)
		return fd;
	n = sys_read(fd, buf, size - 1);
	if (n < 0)
		return (int)n;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int file_read_u64(uint64_t *value, const char *fmt, ...)
{
	char path[PATH_MAX], line[64];

	FILE_PATH(path, fmt);
	return file_read_line(line, sizeof(line), "%s", path) ?: str_to_u64(line, value);
}

bool file_exists(const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;

	FILE_PATH(path, fmt);
	return sys_stat(path, &st) == 0;
}

int file_link_name(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];

	FILE_PATH(path, fmt);
	return file_link_name_at(AT_FDCWD, path, buf, size);
}

int file_link_name_at(int dir, const char *path, char *buf, size_t size)
{
	char target[PATH_MAX];
	ssize_t n = sys_readlinkat(dir, path, target, sizeof(target));
	const char *slash;

	if (n < 0)
		return (int)n;
	slash = strrchr(target, '/');
	return str_copy(buf, size, slash ? slash + 1 : target) ? 0 : -ENAMETOOLONG;
}

DIR *file_open_dir(const char *fmt, ...)
{
	char path[PATH_MAX];

	FILE_PATH(path, fmt);
	return sys_opendir(path);
}

const char *file_next_name(DIR *dir)
{
	struct dirent *entry;

	while (dir && (entry = sys_readdir(dir)))
		if (entry->d_name[0] != '.')
			return entry->d_name;
	return NULL;
}

int file_pread_all(int fd, void *buf, size_t size, uint64_t offset)
{
	char *p = buf;

	while (size) {
		ssize_t n = sys_pread(fd, p, size, (off_t)offset);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return -ENODATA;
		p += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int file_write_all(int fd, const void *buf, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = sys_write(fd, (const char *)buf + done, size - done);

		if (n < 0)
			return (int)n;
		done += (size_t)n;
	}
	return 0;
}
