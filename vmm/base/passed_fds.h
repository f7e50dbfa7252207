/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_PASSED_FDS_H
#define VMM_BASE_PASSED_FDS_H

/*
 * Descriptors that whoever started dais opened for it, so that it need not have the right to. The
 * user writes WHICH: a number, or a name that the service manager gave it (LISTEN_FDS, LISTEN_PID
 * and LISTEN_FDNAMES: sd_listen_fds(3)).
 *
 * A file of /dev needs no more than "fd = WHICH": the kernel knows which file a descriptor is of
 * (/sys/dev/char, DEVNAME in its uevent), so nobody needs to say that, and nobody can say it
 * wrongly. What may be any file has to be said: "fd:WHICH" stands where a path would.
 */
#include <stdbool.h>

#include "vmm/base/err.h"

#define PASSED_FD_PREFIX "fd:"
/* The WHICH of "fd:WHICH"; NULL: @spec, which may be NULL, is another one. */
const char *passed_fd_which(const char *spec);

struct passed_fd {
	int fd;         /* -1: taken */
	char which[64]; /* as the user wrote it */
	char path[64];  /* "/dev/vfio/7", "fd:WHICH" */
};

/* All zeroes: none. */
struct passed_fds {
	struct passed_fd *list;
	unsigned int n;
	bool has_devices; /* dais opens no file of /dev then */
};

/* The next descriptor that the service manager passed by this name after @fd (at first -1), or -1.
 */
int listen_fd_next(const char *name, int fd);

/*
 * Find the descriptors of "fd = @which,…", at least one each. An error names what is wrong with
 * which: not open, given twice, a standard stream, no file of KVM, VFIO or iommufd, not for reading
 * and writing.
 */
int passed_fds_add_devices(struct passed_fds *passed, const char *which, struct err *err);
/* Find the one of "fd:WHICH"; another @spec, NULL too, is none. @option names it in messages. */
int passed_fds_add(struct passed_fds *passed, const char *option, const char *spec,
		   struct err *err);

/* One of them is this file, whether it was taken or not. */
bool passed_fds_has(const struct passed_fds *passed, const char *path);

/*
 * Close what came by accident: all but the standard streams, @passed, and those that one of @paths
 * (up to @n_paths; NULL: none) names as /dev/fd/N or /proc/self/fd/N. Before dais opens any itself.
 */
void passed_fds_close_others(const struct passed_fds *passed, const char *const *paths,
			     unsigned int n_paths);

/*
 * The descriptor of "fd:WHICH" or of a file of /dev, the caller's from now on; what is no passed
 * one is opened as sys_open() does. @passed may be NULL. Returns the descriptor or a negative
 * errno; @err is set only with -EBADF: it is a file of /dev, some were passed, but not this one.
 */
int passed_fds_open(struct passed_fds *passed, const char *path, int flags, struct err *err);

/* Close those that nobody took, with a warning for each if @warn. NULL is fine. */
void passed_fds_close(struct passed_fds *passed, bool warn);

void passed_fds_destroy(struct passed_fds *passed);

#endif
