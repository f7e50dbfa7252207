// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/base/sys_confine.h"

/* Descriptors that a guest reset opens anew, and room for the C library. */
#define SPARE_FDS 64

int sandbox_set_limits(const struct sandbox_config *config, struct err *err)
{
	const struct rlimit no_core = { 0, 0 };
	struct rlimit files;
	int next, ret;

	ret = sys_setrlimit(RLIMIT_CORE, &no_core);
	if (ret)
		return err_set(err, ret, "set RLIMIT_CORE");
	/* What root may have is gone when the threads are started; who is not root is told there.
	 */
	if (config->rt_priority)
		sys_setrlimit(RLIMIT_RTPRIO,
			      &(struct rlimit){ config->rt_priority, config->rt_priority });
	next = sys_eventfd(0, 0);
	if (next < 0)
		return err_set(err, next, "count descriptors");
	sys_close(next);
	ret = sys_getrlimit(RLIMIT_NOFILE, &files);
	if (!ret && files.rlim_max > (rlim_t)next + SPARE_FDS) {
		files.rlim_cur = files.rlim_max = (rlim_t)next + SPARE_FDS;
		ret = sys_setrlimit(RLIMIT_NOFILE, &files);
	}
	return ret ? err_set(err, ret, "set RLIMIT_NOFILE") : 0;
}

static int write_text(const char *path, const char *text, struct err *err)
{
	owned_fd int fd = sys_open(path, O_WRONLY);
	ssize_t n = fd < 0 ? fd : sys_write(fd, text, strlen(text));

	return n < 0 ? err_set(err, (int)n, "write %s", path) : 0;
}

/* This user and group stay who they are. */
static int map_user(unsigned int uid, unsigned int gid, struct err *err)
{
	char text[64];
	int ret = write_text("/proc/self/setgroups", "deny", err);

	snprintf(text, sizeof(text), "%u %u 1", gid, gid);
	if (!ret)
		ret = write_text("/proc/self/gid_map", text, err);
	snprintf(text, sizeof(text), "%u %u 1", uid, uid);
	return ret ? ret : write_text("/proc/self/uid_map", text, err);
}

static int unshare_as_user(int own, struct err *err)
{
	unsigned int uid = sys_geteuid(), gid = sys_getegid();
	int ret = sys_unshare(CLONE_NEWUSER | own);

	if (!ret)
		return map_user(uid, gid, err);
	err_set(err, ret, "unshare namespaces");
	err_why(err, "an unprivileged user needs user namespaces for it, and this host does not "
		     "allow them");
	err_fix(err, "sysctl user.max_user_namespaces=10000 (on some kernels "
		     "kernel.unprivileged_userns_clone=1, or a profile of AppArmor), start dais "
		     "as root, which then becomes another user, or take "
		     "--sandbox-allow-missing=namespaces");
	return err->code;
}

/* The mounts are this process's own. */
static int empty_root(struct err *err)
{
	/* any directory that is there for sure: what is mounted on it becomes the root */
	static const char place[] = "/proc";
	const char *step = "make mounts private";
	int ret = sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);

	if (!ret) {
		step = "mount an empty file system";
		ret = sys_mount("dais", place, "tmpfs",
				MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
				"mode=555,nr_inodes=2");
	}
	if (!ret)
		ret = sys_chdir(place);
	if (!ret) {
		step = "make it the root";
		ret = sys_pivot_root(".", ".");
	}
	if (ret == -EINVAL) {
		/* an initramfs cannot be moved away, pivot_root(2); it can be covered */
		ret = sys_mount(".", "/", NULL, MS_MOVE, NULL);
		if (!ret)
			ret = sys_chroot(".");
	} else if (!ret) {
		ret = sys_umount(".", MNT_DETACH);
	}
	if (!ret)
		ret = sys_chdir("/");
	return ret ? err_set(err, ret, "%s", step) : 0;
}

int sandbox_enter_namespaces(const struct sandbox_config *config, struct err *err)
{
	const int own = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
	int ret = sys_unshare(own);

	(void)config;
	if (ret == -EPERM)
		ret = unshare_as_user(own, err);
	else if (ret)
		err_set(err, ret, "unshare namespaces");
	/* Never in the namespace of all others. */
	return ret ? ret : empty_root(err);
}

/* Who may not empty the bounding set has nothing in another that no_new_privs lets it use. */
static int empty_bounding_set(uint64_t capabilities)
{
	int ret = 0;

	if (!(capabilities & 1ULL << CAP_SETPCAP))
		return 0;
	for (unsigned long cap = 0; !ret; cap++)
		ret = sys_prctl(PR_CAPBSET_DROP, cap);
	/* there is no such one any more */
	return ret == -EINVAL ? 0 : ret;
}

int sandbox_change_user(const struct sandbox_config *config, struct err *err)
{
	uint64_t capabilities = 0;
	int ret;

	if (sys_geteuid() != 0)
		return 0;
	ret = sys_get_capabilities(&capabilities);
	if (!ret)
		ret = empty_bounding_set(capabilities);
	if (!ret)
		ret = sys_setgroups(0, NULL);
	if (!ret)
		ret = sys_setresgid(config->gid, config->gid, config->gid);
	if (!ret)
		ret = sys_setresuid(config->uid, config->uid, config->uid);
	if (!ret)
		return 0;
	err_set(err, ret, "become user %u, group %u", (unsigned int)config->uid,
		(unsigned int)config->gid);
	err_why(err, "root without CAP_SETUID or CAP_SETGID");
	return err->code;
}

static int drop_capabilities(uint64_t but, struct err *err)
{
	uint64_t capabilities = 0;
	int ret = sys_get_capabilities(&capabilities);

	if (!ret)
		ret = empty_bounding_set(capabilities);
	if (!ret)
		ret = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
	if (!ret)
		ret = sys_set_capabilities(capabilities & but);
	return ret ? err_set(err, ret, "drop capabilities") : 0;
}

int sandbox_drop_capabilities(const struct sandbox_config *config, struct err *err)
{
	(void)config;
	return drop_capabilities(0, err);
}

int sandbox_drop_but_kill(const struct sandbox_config *config, struct err *err)
{
	(void)config;
	return drop_capabilities(1ULL << CAP_KILL, err);
}

/* What <linux/landlock.h> of Linux 6.12 has; the kernel's version tells how much of it it knows. */
struct ruleset {
	uint64_t fs;
	uint64_t net;    /* from version 4 */
	uint64_t scoped; /* from version 6 */
};

int sandbox_apply_landlock(const struct sandbox_config *config, struct err *err)
{
	/* LANDLOCK_ACCESS_FS_*: a bit more in versions 2, 3 and 5 */
	static const unsigned char n_fs[] = { 0, 13, 14, 15, 15, 16, 16 };
	int version = sys_landlock_version();
	unsigned int v = version < 0 ? 0 : (unsigned int)version;
	owned_fd int fd = -1;
	struct ruleset all;
	int ret;

	(void)config;
	if (version <= 0) {
		err_set(err, version ? version : -ENOSYS, "this kernel has no Landlock");
		err_why(err, "it is built, or was booted, without it");
		err_fix(err, "CONFIG_SECURITY_LANDLOCK and \"landlock\" in the kernel's lsm= list, "
			     "or --sandbox-allow-missing=landlock");
		return err->code;
	}
	if (v >= n_elems(n_fs))
		v = n_elems(n_fs) - 1;
	all = (struct ruleset){ (1ULL << n_fs[v]) - 1, v >= 4 ? 3 : 0, v >= 6 ? 3 : 0 };
	fd = sys_landlock_create_ruleset(&all, v >= 6 ? sizeof(all) : v >= 4 ? 16 : 8);
	ret = fd < 0 ? fd : sys_landlock_restrict_self(fd);
	return ret ? err_set(err, ret, "restrict files") : 0;
}
