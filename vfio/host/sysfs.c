// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "vmm/base/sys.h"

int sysfs_open_to_write(const char *path, int *fd, struct err *err)
{
	*fd = sys_open(path, O_WRONLY);
	if (*fd >= 0)
		return 0;
	err_set(err, *fd, "open %s", path);
	if (*fd == -EACCES || *fd == -EPERM) {
		err_why(err, "this user may not bind devices to drivers");
		err_fix(err, "run dais as root, or have root bind the device: dais bind");
	}
	return err_host(err);
}

int sysfs_write(int fd, const char *text)
{
	ssize_t n = sys_write(fd, text, strlen(text));

	return n < 0 ? (int)n : 0;
}
