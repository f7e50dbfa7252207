// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/fd_range.h"

#include <sys/resource.h>

#include "vmm/base/sys.h"

static const struct {
	unsigned int first, mask;
} ranges[N_FD_RANGES] = FD_RANGES;

int fd_ranges_allow(struct err *err)
{
	struct rlimit files;
	int ret = sys_getrlimit(RLIMIT_NOFILE, &files);

	if (!ret && files.rlim_max < FD_RANGES_END) {
		err_set(err, EMFILE, "give files numbers up to %d", FD_RANGES_END - 1);
		err_why(err, "the hard limit of open files is %llu",
			(unsigned long long)files.rlim_max);
		err_fix(err, "ulimit -H -n 4096; a systemd unit: LimitNOFILE=4096");
		return err_host(err);
	}
	if (!ret && files.rlim_cur < FD_RANGES_END) {
		files.rlim_cur = FD_RANGES_END;
		ret = sys_setrlimit(RLIMIT_NOFILE, &files);
	}
	return ret ? err_set(err, ret, "raise RLIMIT_NOFILE to %d", FD_RANGES_END) : 0;
}

int fd_to_range(int fd, enum fd_range range)
{
	int first = (int)ranges[range].first, last = first + (int)~ranges[range].mask;
	int moved = fd < 0 ? fd : sys_move_fd(fd, first);

	if (moved < 0 && fd >= 0)
		sys_close(fd);
	if (moved <= last)
		return moved;
	sys_close(moved);
	return -EMFILE;
}
