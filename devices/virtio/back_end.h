/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_VIRTIO_BACK_END_H
#define DEVICES_VIRTIO_BACK_END_H

/*
 * Back ends of vhost_user.h that dais starts itself: qemu-storage-daemon for the key file,
 * virtiofsd for the key share. Each is a process of the host's for one VM, and ends with it: when
 * its device is destroyed, or the process that started it dies of whatever cause.
 */
#include <stdbool.h>
#include <sys/types.h>

#include "vmm/base/err.h"

struct device_config;

struct back_end {
	pid_t pid; /* 0: none, or it has ended */
	int pidfd;
	const char *program;
};

/* What it is to serve: the value of such a key; NULL: dais is to start none. */
const char *back_end_serves(const struct device_config *config);
/*
 * What a start would find: no program, an image or directory that is not there, may not be used or
 * is not what the configuration says of it.
 */
int back_end_check(const struct device_config *config, struct err *err);
/*
 * Check, and start it; @fd is the connection to it, which is the caller's and waits for answers as
 * sys_connect() does. Before dais is confined, by the process that ends it.
 */
int back_end_start(const struct device_config *config, struct back_end *back_end, int *fd,
		   struct err *err);
/* It does not answer: where it has ended, say so in @err in the place of what is there. Returns
 * err->code. */
int back_end_explain(struct back_end *back_end, struct err *err);
/* End it, so that what it serves is complete when this returns. None is fine. */
void back_end_end(struct back_end *back_end);

#endif
