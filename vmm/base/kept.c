// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"

#define SIZE_BOOT 64 /* bytes of a boot's name, which is a UUID, and a space behind it */

/* How each file begins. Returns its length; 0: the boot has no name. */
static size_t read_boot(char boot[SIZE_BOOT])
{
	size_t n;

	if (file_read_line(boot, SIZE_BOOT, "/proc/sys/kernel/random/boot_id"))
		return 0;
	n = strlen(boot);
	boot[n] = ' '; /* in place of the NUL: what is written has none */
	return n + 1;
}

/* Its size; 0: it is not what root alone can have written. */
static size_t size_of(int fd)
{
	struct stat st;

	if (sys_fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid ||
	    st.st_mode & (S_IWGRP | S_IWOTH))
		return 0;
	return (size_t)st.st_size;
}

bool kept_read(const char *path, size_t max, char **data, size_t *size)
{
	owned_fd int fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	size_t all = fd < 0 ? 0 : size_of(fd), n;
	owned_ptr char *text = NULL;
	char boot[SIZE_BOOT];

	if (!all || all > max + SIZE_BOOT)
		return false;
	text = calloc(all + 1, 1);
	if (!text || file_pread_all(fd, text, all, 0))
		return false;
	n = read_boot(boot);
	if (!n || all < n || all - n > max || memcmp(text, boot, n) != 0)
		return false;
	*size = all - n;
	memmove(text, text + n, *size + 1);
	*data = take_ptr(&text);
	return true;
}

/* Two may write at once. */
static int create(char *temporary, size_t size, const char *path)
{
	const int flags = O_WRONLY | O_TRUNC | O_NOFOLLOW;
	int fd;

	snprintf(temporary, size, "%s.%d", path, (int)getpid());
	fd = sys_create(temporary, flags, 0644);
	if (fd == -ENOENT && !sys_mkdir(KEPT_DIR, 0755))
		fd = sys_create(temporary, flags, 0644);
	return fd;
}

void kept_write(const char *path, const void *data, size_t size)
{
	char boot[SIZE_BOOT], temporary[PATH_MAX];
	owned_fd int fd = create(temporary, sizeof(temporary), path);
	size_t n = fd < 0 ? 0 : read_boot(boot);

	if (fd < 0)
		return;
	if (!n || sys_fchmod(fd, 0644) || file_write_all(fd, boot, n) ||
	    file_write_all(fd, data, size) || sys_renameat(AT_FDCWD, temporary, AT_FDCWD, path))
		sys_unlink(temporary);
}
