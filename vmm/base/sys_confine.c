// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/sys_confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long ret)
{
	return ret < 0 ? -errno : (int)ret;
}

unsigned int sys_geteuid(void)
{
	return geteuid();
}

unsigned int sys_getegid(void)
{
	return getegid();
}

int sys_unshare(int flags)
{
	return result(unshare(flags));
}

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      const char *data)
{
	return result(mount(source, target, type, flags, data));
}

int sys_umount(const char *target, int flags)
{
	return result(umount2(target, flags));
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return result(syscall(SYS_pivot_root, new_root, put_old));
}

int sys_chroot(const char *path)
{
	return result(chroot(path));
}

int sys_chdir(const char *path)
{
	return result(chdir(path));
}

int sys_landlock_version(void)
{
	return result(
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

int sys_landlock_create_ruleset(const void *attr, size_t size)
{
	return result(syscall(SYS_landlock_create_ruleset, attr, size, 0));
}

int sys_landlock_allow(int ruleset_fd, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	int ret;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return -errno;
	ret = result(
		syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
	close(rule.parent_fd);
	return ret;
}

int sys_landlock_restrict_self(int ruleset_fd)
{
	return result(syscall(SYS_landlock_restrict_self, ruleset_fd, 0));
}

int sys_seccomp_filter(const struct sock_fprog *program)
{
	return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program));
}

int sys_fd_limit(unsigned int n_free, unsigned int end)
{
	unsigned int limit, n = 0;

	for (limit = 0; limit < end && n < n_free; limit += 64) {
		struct pollfd fds[64];

		for (unsigned int i = 0; i < 64; i++)
			fds[i] = (struct pollfd){ .fd = (int)(limit + i) };
		if (poll(fds, 64, 0) < 0)
			return -errno;
		for (unsigned int i = 0; i < 64; i++)
			n += !!(fds[i].revents & POLLNVAL);
	}
	return (int)limit;
}

int sys_close_range(unsigned int first, unsigned int last)
{
	return result(syscall(SYS_close_range, first, last, 0));
}
