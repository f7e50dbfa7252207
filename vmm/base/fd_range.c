// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/fd_range.h"

#include <errno.h>
#include <sys/resource.h>

#include "vmm/base/sys.h"

static const struct {
	unsigned int first, mask;
} ranges[N_FD_RANGES] = FD_RANGES;

/* The soft limit is 1024 almost everywhere, for the sake of select(). */
static int raise_limit(void)
{
	struct rlimit files;
	int ret = sys_getrlimit(RLIMIT_NOFILE, &files);

	if (ret || files.rlim_max < FD_RANGES_END)
		return ret ? ret : -EMFILE;
	files.rlim_cur = FD_RANGES_END;
	return sys_setrlimit(RLIMIT_NOFILE, &files);
}

int fd_to_range(int fd, enum fd_range range)
{
	int first = (int)ranges[range].first, last = first + (int)~ranges[range].mask;
	int moved = fd < 0 ? fd : sys_move_fd(fd, first);

	if (moved == -EINVAL) {
		int ret = raise_limit();

		moved = ret ? ret : sys_move_fd(fd, first);
	}
	if (moved < 0 && fd >= 0)
		sys_close(fd);
	if (moved <= last)
		return moved;
	sys_close(moved);
	return -EMFILE;
}
