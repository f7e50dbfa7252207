/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_LISTEN_FDS_H
#define VMM_BASE_LISTEN_FDS_H

/*
 * Descriptors that a service manager passed, by the names that it gave them: the environment
 * variables LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES of sd_listen_fds(3). They are numbered
 * from 3.
 */
#include "vmm/base/err.h"

/* The next one of this name after descriptor @fd (at first -1), or -1. */
int listen_fd_next(const char *name, int fd);

/* Say that there is none of this name, and which there are. Returns err->code. */
int listen_fd_none(const char *name, struct err *err);

#endif
