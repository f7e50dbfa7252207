/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_SYSFS_H
#define VFIO_HOST_SYSFS_H

#include "vmm/base/err.h"

/* Files of sysfs that bind and unbind. Errors are of EXIT_STATUS_HOST and say who may do it. */

int sysfs_open_to_write(const char *path, int *fd, struct err *err);
/* All of @text at once, as sysfs wants it. No message: what it means is the caller's to say. */
int sysfs_write(int fd, const char *text);

#endif
