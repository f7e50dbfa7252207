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
#include "vmm/base/sys.h"

struct fake_confine fake_confine;

void fake_confine_reset(void)
{
	fake_confine = (struct fake_confine){
		.may_unshare = true,
		.landlock_version = 6,
		.bounds = (2ULL << CAP_LAST_CAP) - 1,
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
		fake_confine.bounds = fake_confine.capabilities = (2ULL << CAP_LAST_CAP) - 1;
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
	if (resource == RLIMIT_NOFILE && value == 4096)
		return; /* the soft one alone */
	if (resource == RLIMIT_NOFILE) {
		note("files");
		fake_confine.max_fds = value;
	} else
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
	if (size >= 24)
		memcpy(&fake_confine.scoped, (const char *)attr + 16, sizeof(uint64_t));
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

int sys_landlock_allow(int ruleset_fd, const char *path, uint64_t access)
{
	(void)ruleset_fd;
	fail_if_chosen();
	note("allow:%s:%#llx", path, (unsigned long long)access);
	return 0;
}

int sys_fd_limit(unsigned int n_free, unsigned int end)
{
	(void)end;
	fail_if_chosen();
	return (int)n_free + 100;
}

/* Whether @capability is in the bounding set. */
int fake_confine_bounds(unsigned long capability)
{
	return fake_confine.bounds & 1ULL << capability ? 1 : 0;
}

/*
 * libcap-ng 0.8.5, as much of it as dais uses: nothing can be done before a state is there, and who
 * lacks CAP_SETPCAP is told so after the other sets are applied.
 */
static uint64_t wanted; /* permitted and effective */
static bool has_state;

void capng_clear(capng_select_t set)
{
	if (set & CAPNG_SELECT_CAPS)
		wanted = 0;
	has_state = true;
}

int capng_update(capng_act_t action, capng_type_t type, unsigned int capability)
{
	if (!has_state || action != CAPNG_ADD || type != (CAPNG_EFFECTIVE | CAPNG_PERMITTED))
		return -1;
	wanted |= 1ULL << capability;
	return 0;
}

int capng_apply(capng_select_t set)
{
	if (!has_state)
		return -1;
	errno = fake_call_code();
	if (errno)
		return set & CAPNG_SELECT_BOUNDS ? -2 : set & CAPNG_SELECT_CAPS ? -5 : -6;
	if (set & CAPNG_SELECT_BOUNDS && !(fake_confine.capabilities & 1ULL << CAP_SETPCAP))
		return -4;
	if (set & CAPNG_SELECT_BOUNDS) {
		note("bounds");
		fake_confine.bounds = 0;
	}
	if (set & CAPNG_SELECT_CAPS) {
		if (wanted & ~fake_confine.capabilities) {
			errno = EPERM;
			return -5;
		}
		note("caps:%#llx", (unsigned long long)wanted);
		fake_confine.capabilities = wanted;
	}
	if (set & CAPNG_SELECT_AMBIENT)
		note("ambient");
	return 0;
}

int capng_change_id(int uid, int gid, capng_flags_t flag)
{
	if (!has_state)
		return -1;
	if (fake_call_code())
		return -3;
	if (flag & CAPNG_DROP_SUPP_GRP)
		note("groups:0");
	note("gid:%d:%d:%d uid:%d:%d:%d", gid, gid, gid, uid, uid, uid);
	fake_confine.uid = (unsigned int)uid;
	fake_confine.capabilities = 0;
	return 0;
}
