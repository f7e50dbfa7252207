// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fake_confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
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
		.may_set_bounds = true,
		.may_kill = true,
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

void capng_clear(capng_select_t set)
{
	(void)set;
}

int capng_update(capng_act_t action, capng_type_t type, unsigned int capability)
{
	(void)action;
	(void)type;
	note("keep:%u", capability);
	return 0;
}

int capng_have_capability(capng_type_t which, unsigned int capability)
{
	(void)which;
	return capability == CAP_SETPCAP ? fake_confine.may_set_bounds : fake_confine.may_kill;
}

int capng_apply(capng_select_t set)
{
	fail_if_chosen();
	note("%s", set == CAPNG_SELECT_BOUNDS ? "bounds"
		   : set == CAPNG_SELECT_CAPS ? "caps"
					      : "ambient");
	return 0;
}

int capng_change_id(int uid, int gid, capng_flags_t flag)
{
	(void)flag;
	if (fake_call_code())
		return -3;
	note("become:%d:%d", uid, gid);
	fake_confine.uid = (unsigned int)uid;
	return 0;
}
