// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fake_confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "tests/fakes/fake_fds.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/sys_confine.h"

struct fake_confine fake_confine;

void fake_confine_reset(void)
{
	fake_confine = (struct fake_confine){
		.may_unshare = true,
		.landlock_version = 6,
		.capabilities = (2ULL << CAP_LAST_CAP) - 1,
	};
	fake_file("/proc/self/setgroups", "");
	fake_file("/proc/self/uid_map", "");
	fake_file("/proc/self/gid_map", "");
}

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
	size_t n = strlen(fake_confine.log);
	va_list ap;

	if (n)
		fake_confine.log[n++] = ' ';
	va_start(ap, fmt);
	vsnprintf(fake_confine.log + n, sizeof(fake_confine.log) - n, fmt, ap);
	va_end(ap);
}

unsigned int sys_geteuid(void)
{
	return fake_confine.uid;
}

unsigned int sys_getegid(void)
{
	return fake_confine.uid;
}

int sys_unshare(int flags)
{
	fail_if_chosen();
	if (!(flags & CLONE_NEWUSER) && !fake_confine.may_unshare)
		return -EPERM;
	note("unshare%s", flags & CLONE_NEWUSER ? ":user" : "");
	if (flags & CLONE_NEWUSER)
		fake_confine.capabilities = (2ULL << CAP_LAST_CAP) - 1;
	return 0;
}

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      const char *data)
{
	(void)source;
	(void)data;
	fail_if_chosen();
	if (flags & MS_PRIVATE)
		note("private");
	else if (flags & MS_MOVE)
		note("move");
	else
		note("%s:%s%s", type, target, flags & MS_RDONLY ? ":ro" : "");
	return 0;
}

int sys_umount(const char *target, int flags)
{
	(void)flags;
	fail_if_chosen();
	note("umount:%s", target);
	return 0;
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	(void)new_root;
	(void)put_old;
	fail_if_chosen();
	if (fake_confine.pivot_error)
		return -fake_confine.pivot_error;
	note("pivot");
	return 0;
}

int sys_chroot(const char *path)
{
	fail_if_chosen();
	note("chroot:%s", path);
	return 0;
}

int sys_chdir(const char *path)
{
	fail_if_chosen();
	note("cd:%s", path);
	return 0;
}

void fake_confine_limit(int resource, uint64_t value)
{
	if (resource == RLIMIT_NOFILE)
		note("files"); /* how many depends on what the test has open */
	else
		note("%s=%llu", resource == RLIMIT_CORE ? "core" : "rt", (unsigned long long)value);
}

int sys_landlock_version(void)
{
	return fake_confine.landlock_version;
}

int sys_landlock_create_ruleset(const void *attr, size_t size)
{
	uint64_t fs;

	fail_if_chosen();
	memcpy(&fs, attr, sizeof(fs));
	note("landlock:%#llx:%zu", (unsigned long long)fs, size);
	return fake_fd_new(NULL, NULL);
}

int sys_landlock_restrict_self(int ruleset_fd)
{
	(void)ruleset_fd;
	fail_if_chosen();
	return 0;
}

int sys_seccomp_filter(const struct sock_fprog *program)
{
	(void)program;
	fail_if_chosen();
	fake_confine.n_filters++;
	return 0;
}

int fake_confine_prctl(int option, unsigned long arg)
{
	if (option == PR_CAP_AMBIENT && arg == PR_CAP_AMBIENT_CLEAR_ALL)
		note("ambient");
	else if (option != PR_CAPBSET_DROP || arg > CAP_LAST_CAP)
		return -EINVAL;
	else if (!(fake_confine.capabilities & 1ULL << CAP_SETPCAP))
		return -EPERM;
	else if (arg == CAP_LAST_CAP)
		note("bounds");
	return 0;
}

int sys_get_capabilities(uint64_t *effective)
{
	fail_if_chosen();
	*effective = fake_confine.capabilities;
	return 0;
}

int sys_set_capabilities(uint64_t set)
{
	fail_if_chosen();
	if (set & ~fake_confine.capabilities)
		return -EPERM;
	note("caps:%#llx", (unsigned long long)set);
	fake_confine.capabilities = set;
	return 0;
}

int sys_setgroups(size_t n, const gid_t *groups)
{
	(void)groups;
	fail_if_chosen();
	note("groups:%zu", n);
	return 0;
}

int sys_setresgid(gid_t real, gid_t effective, gid_t saved)
{
	fail_if_chosen();
	note("gid:%u:%u:%u", real, effective, saved);
	return 0;
}

int sys_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	fail_if_chosen();
	note("uid:%u:%u:%u", real, effective, saved);
	fake_confine.uid = effective;
	if (effective)
		fake_confine.capabilities = 0;
	return 0;
}
