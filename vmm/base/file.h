/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_FILE_H
#define VMM_BASE_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * A file that the user names, of which @what says what it is to be ("kernel", "overlay"): a regular
 * one. Returns a descriptor, or a negative errno and an error for the user (EXIT_STATUS_USAGE).
 */
int file_open_given(const char *what, const char *path, struct err *err);
/* The whole of it, as file_read(). */
int file_read_given(const char *what, const char *path, size_t max, char **data, size_t *size,
		    struct err *err);
/* 0, or -EISDIR, or -EINVAL for what is neither a file nor a directory. */
int file_check_regular(int fd);

/*
 * Small files (sysfs, procfs, device tree properties). All return 0 or a negative errno and set no
 * message: what a missing file means is the caller's to say.
 */

/* Of a file whose path is made from @fmt. */
#define FILE_FMT(n) __attribute__((format(printf, n, n + 1)))
/* The whole file, at most @max bytes (-EFBIG beyond), NUL-terminated beyond *size. The caller frees
 * *data. */
int file_read(char **data, size_t *size, size_t max, const char *fmt, ...) FILE_FMT(4);
/* The same of a file that stays open, as it is now; not of a pipe. A negative @fd is -EBADF. */
int file_read_again(int fd, size_t max, char **data, size_t *size);
/* The whole file as a text, the caller's; NULL when it cannot be read. strsep() takes NULL for one
 * that has ended. */
char *file_text(size_t max, const char *fmt, ...) FILE_FMT(2);
/* One line of text without its newline into @buf. */
int file_read_line(char *buf, size_t size, const char *fmt, ...) FILE_FMT(3);
int file_read_u64(uint64_t *value, const char *fmt, ...) FILE_FMT(2);
bool file_exists(const char *fmt, ...) FILE_FMT(1);
/* Last component of what a symbolic link points at ("…/drivers/vfio-amba" → "vfio-amba"). */
int file_link_name(char *buf, size_t size, const char *fmt, ...) FILE_FMT(3);
/* The same of the link @path in the directory @dir, which is open. */
int file_link_name_at(int dir, const char *path, char *buf, size_t size);

/*
 * The names in a directory but those that begin with a dot; NULL, a directory that could not be
 * opened (errno tells why), has none. A name is good until the next is asked for.
 *
 *	owned_dir DIR *dir = file_open_dir("%s/vfio-dev", path);
 *
 *	for (const char *name; (name = file_next_name(dir));)
 */
DIR *file_open_dir(const char *fmt, ...) FILE_FMT(1);
const char *file_next_name(DIR *dir);

/* Read @size bytes at @offset of @fd, all of them: -ENODATA if the file ends earlier. */
int file_pread_all(int fd, void *buf, size_t size, uint64_t offset);

int file_write_all(int fd, const void *buf, size_t size);

#endif
