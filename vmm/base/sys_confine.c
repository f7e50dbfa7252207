// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/sys_confine.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
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

int sys_setgroups(size_t n, const gid_t *groups)
{
	return result(setgroups(n, groups));
}

int sys_setresgid(gid_t real, gid_t effective, gid_t saved)
{
	return result(setresgid(real, effective, saved));
}

int sys_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	return result(setresuid(real, effective, saved));
}

int sys_get_capabilities(uint64_t *effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct halves[_LINUX_CAPABILITY_U32S_3];
	int ret = result(syscall(SYS_capget, &header, halves));

	if (!ret)
		*effective = halves[0].effective | (uint64_t)halves[1].effective << 32;
	return ret;
}

int sys_set_capabilities(uint64_t set)
{
	const uint32_t low = (uint32_t)set, high = (uint32_t)(set >> 32);
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct halves[_LINUX_CAPABILITY_U32S_3] = {
		{ .effective = low, .permitted = low },
		{ .effective = high, .permitted = high },
	};

	return result(syscall(SYS_capset, &header, halves));
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

int sys_landlock_restrict_self(int ruleset_fd)
{
	return result(syscall(SYS_landlock_restrict_self, ruleset_fd, 0));
}

int sys_seccomp_filter(const struct sock_fprog *program)
{
	return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program));
}

int sys_close_range(unsigned int first, unsigned int last)
{
	return result(syscall(SYS_close_range, first, last, 0));
}
