// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fake_passed.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/fakes/fake_fds.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_tree.h"
#include "vmm/base/sys.h"

struct fake_closed fake_closed;

void fake_passed_reset(void)
{
	memset(&fake_closed, 0, sizeof(fake_closed));
}

/* /sys/dev/char: device_uevent of drivers/base/core.c */
static void name_device(dev_t rdev, const char *path)
{
	char text[128], uevent[64];

	snprintf(uevent, sizeof(uevent), "/sys/dev/char/%u:%u/uevent", major(rdev), minor(rdev));
	snprintf(text, sizeof(text), "MAJOR=%u\nDEVNAME=%s\nDEVMODE=0666\n", major(rdev),
		 path + strlen("/dev/"));
	fake_file(uevent, text);
}

int fake_pass(const char *path, int flags)
{
	int fd = sys_open(path, flags);
	struct stat st;
	char link[64];

	assert(fd >= 0 && sys_fstat(fd, &st) == 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	fake_link(link, path);
	if (S_ISCHR(st.st_mode))
		name_device(st.st_rdev, path);
	return fd;
}

void fake_pass_at(int number, const char *path)
{
	static const char *const real[] = { "/dev/null", "/dev/zero", "/dev/full" };
	static unsigned int n;
	int fd = open(real[n++ % n_elems(real)], O_RDWR);
	struct stat st;

	assert(fd >= 0 && dup2(fd, number) == number && fstat(fd, &st) == 0);
	close(fd);
	assert(fake_fd_real(number) == number);
	name_device(st.st_rdev, path);
}

int sys_fcntl(int fd, int cmd, int arg)
{
	struct fake_fd *f = fake_fd_find(fd);
	int ret;

	fail_if_chosen();
	if (!f || f->real >= 0) {
		ret = fcntl(fd, cmd, arg);
		return ret < 0 ? -errno : ret;
	}
	if (cmd == F_SETFL)
		f->flags = arg;
	return cmd == F_GETFL ? f->flags : 0;
}

int sys_close_range(unsigned int first, unsigned int last)
{
	fail_if_chosen();
	assert(fake_closed.n < n_elems(fake_closed.ranges) && last >= first);
	fake_closed.ranges[fake_closed.n++] = (struct range){ first, last - first + 1 };
	return 0;
}
