// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox/sandbox.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "vmm/base/fd_range.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"

/*
 * The layers. Each acts on the calling process, which has one thread, and returns 0, or a negative
 * errno with @err filled.
 */

/* Descriptors that a guest reset opens anew, and room for the C library. */
#define SPARE_FDS 64

static int set_limits(const struct sandbox_config *config, struct err *err)
{
	const struct rlimit no_core = { 0, 0 };
	struct rlimit files;
	int limit, ret;

	ret = sys_setrlimit(RLIMIT_CORE, &no_core);
	if (ret)
		return err_set(err, ret, "set RLIMIT_CORE");
	/* What root may have is gone when the threads are started; who is not root is told there.
	 */
	if (config->rt_priority)
		sys_setrlimit(RLIMIT_RTPRIO,
			      &(struct rlimit){ config->rt_priority, config->rt_priority });
	/* A new descriptor gets the lowest free number, of which there shall be so many. */
	limit = sys_fd_limit(SPARE_FDS, FD_RANGES_START);
	if (limit < 0)
		return err_set(err, limit, "count descriptors");
	ret = sys_getrlimit(RLIMIT_NOFILE, &files);
	if (!ret && files.rlim_max > (rlim_t)limit) {
		files.rlim_cur = files.rlim_max = (rlim_t)limit;
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
	char gids[32], uids[32];

	snprintf(gids, sizeof(gids), "%u %u 1", gid, gid);
	snprintf(uids, sizeof(uids), "%u %u 1", uid, uid);
	return write_text("/proc/self/setgroups", "deny", err)
		       ?: write_text("/proc/self/gid_map", gids, err)
		       ?: write_text("/proc/self/uid_map", uids, err);
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
	return err_fix(err, "sysctl user.max_user_namespaces=10000 (on some kernels "
			    "kernel.unprivileged_userns_clone=1, or a profile of AppArmor), start "
			    "dais as root, which then becomes another user, or take "
			    "--sandbox-allow-missing=namespaces");
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
				"mode=555,nr_inodes=2")
			      ?: sys_chdir(place);
	}
	if (!ret) {
		step = "make it the root";
		ret = sys_pivot_root(".", ".");
	}
	/* an initramfs cannot be moved away, pivot_root(2); it can be covered */
	if (ret == -EINVAL)
		ret = sys_mount(".", "/", NULL, MS_MOVE, NULL) ?: sys_chroot(".");
	else if (!ret)
		ret = sys_umount(".", MNT_DETACH);
	ret = ret ?: sys_chdir("/");
	return ret ? err_set(err, ret, "%s", step) : 0;
}

static int enter_namespaces(const struct sandbox_config *config, struct err *err)
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

/*
 * Once for VMM and keeper, before they part, because it takes libcap-ng two hundred system calls.
 * But a user's VMM has a full set again, in a user namespace of its own. While CAP_SETPCAP is in
 * the set it was not emptied; if it never was in it, that cannot be done.
 */
int sandbox_empty_bounds(struct err *err)
{
	struct rlimit files = { 0, 0 }, none;
	int ret = sys_prctl(PR_CAPBSET_READ, CAP_SETPCAP), restored;

	if (!ret)
		return 0;
	if (ret > 0)
		ret = sys_getrlimit(RLIMIT_NOFILE, &files);
	/* libcap-ng asks the kernel only if it cannot open /proc/PID/status, which takes longer. */
	none = (struct rlimit){ 0, files.rlim_max };
	ret = ret ?: sys_setrlimit(RLIMIT_NOFILE, &none);
	if (ret)
		return err_set(err, ret, "ask for the bounding set of capabilities");
	capng_clear(CAPNG_SELECT_BOTH);
	ret = capng_apply(CAPNG_SELECT_BOUNDS);
	restored = sys_setrlimit(RLIMIT_NOFILE, &files);
	if (restored)
		return err_set(err, restored, "set RLIMIT_NOFILE");
	/* -4, with libcap-ng 0.8.3 0: CAP_SETPCAP is not in effect. Who has it not has nothing in
	   another set that no_new_privs lets it use. */
	if (!ret || ret == -4)
		return 0;
	return err_set(err, EPERM, "empty the bounding set of capabilities (step %d of libcap-ng)",
		       -ret);
}

static int change_user(const struct sandbox_config *config, struct err *err)
{
	int ret;

	if (sys_geteuid() != 0)
		return 0;
	ret = sandbox_empty_bounds(err);
	if (ret)
		return ret;
	capng_clear(CAPNG_SELECT_ALL);
	ret = capng_change_id((int)config->uid, (int)config->gid,
			      CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_AMBIENT);
	if (!ret)
		return 0;
	err_set(err, EPERM, "become user %u, group %u (step %d of libcap-ng)",
		(unsigned int)config->uid, (unsigned int)config->gid, -ret);
	return err_why(err, "root without CAP_SETUID or CAP_SETGID");
}

static int drop_capabilities(const struct sandbox_config *config, struct err *err)
{
	int ret = sandbox_empty_bounds(err);

	if (ret)
		return ret;
	capng_clear(CAPNG_SELECT_ALL);
	if (config->is_keeper)
		ret = capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_KILL);
	ret = ret ?: capng_apply(CAPNG_SELECT_CAPS);
	/* What it does not have it cannot keep. To ask before takes libcap-ng a hundred calls. */
	if (ret == -5 && errno == EPERM && config->is_keeper) {
		capng_clear(CAPNG_SELECT_CAPS);
		ret = capng_apply(CAPNG_SELECT_CAPS);
	}
	ret = ret ?: capng_apply(CAPNG_SELECT_AMBIENT);
	return ret ? err_set(err, EPERM, "drop capabilities (step %d of libcap-ng)", -ret) : 0;
}

/* What <linux/landlock.h> of Linux 6.12 has; the kernel's version tells how much of it it knows. */
struct ruleset {
	uint64_t fs;
	uint64_t net;    /* from version 4 */
	uint64_t scoped; /* from version 6 */
};
#define SCOPE_SOCKETS      1         /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET */
#define SCOPE_SIGNALS      2         /* LANDLOCK_SCOPE_SIGNAL: to processes outside */
#define ACCESS_FS_TRUNCATE (1 << 14) /* LANDLOCK_ACCESS_FS_TRUNCATE, version 3 */

/* What the keeper may reach; of the rights the kernel knows those in @known. */
static int allow_records(const struct sandbox_config *config, int fd, uint64_t known)
{
	const struct {
		const char *path;
		uint64_t access;
	} rules[] = {
		{ "/run/dais", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
				       LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE |
				       LANDLOCK_ACCESS_FS_MAKE_REG |
				       LANDLOCK_ACCESS_FS_REMOVE_FILE },
		/* whether those who note guest RAM there are alive */
		{ config->ram_dir ? "/proc" : NULL, LANDLOCK_ACCESS_FS_READ_FILE },
		{ config->ram_dir, LANDLOCK_ACCESS_FS_REMOVE_FILE },
	};
	int ret = 0;

	for (size_t i = 0; i < n_elems(rules) && !ret; i++) {
		if (rules[i].path)
			ret = sys_landlock_allow(fd, rules[i].path, rules[i].access & known);
		/* Without the right to keep records there are none. */
		if (ret == -ENOENT)
			ret = 0;
	}
	return ret;
}

static int restrict_files(const struct sandbox_config *config, struct err *err)
{
	/* LANDLOCK_ACCESS_FS_*: a bit more in versions 2, 3 and 5 */
	static const unsigned char n_fs[] = { 0, 13, 14, 15, 15, 16, 16 };
	int version = sys_landlock_version();
	unsigned int v = version < 0 ? 0 : (unsigned int)version;
	owned_fd int fd = -1;
	struct ruleset all;
	int ret;

	if (version <= 0) {
		err_set(err, version ? version : -ENOSYS, "this kernel has no Landlock");
		err_why(err, "it is built, or was booted, without it");
		return err_fix(err, "CONFIG_SECURITY_LANDLOCK and \"landlock\" in the kernel's "
				    "lsm= list, or --sandbox-allow-missing=landlock");
	}
	if (v >= n_elems(n_fs))
		v = n_elems(n_fs) - 1;
	all = (struct ruleset){ (1ULL << n_fs[v]) - 1, v >= 4 ? 3 : 0,
				v >= 6 ? SCOPE_SOCKETS | (config->is_keeper ? 0 : SCOPE_SIGNALS)
				       : 0 };
	fd = sys_landlock_create_ruleset(&all, v >= 6 ? sizeof(all) : v >= 4 ? 16 : 8);
	ret = fd < 0 ? fd : 0;
	if (!ret && config->is_keeper)
		ret = allow_records(config, fd, all.fs);
	ret = ret ?: sys_landlock_restrict_self(fd);
	return ret ? err_set(err, ret, "restrict files") : 0;
}

static int forbid_new_privileges(const struct sandbox_config *config, struct err *err)
{
	int ret = sys_prctl(PR_SET_NO_NEW_PRIVS, 1);

	(void)config;
	return ret ? err_set(err, ret, "PR_SET_NO_NEW_PRIVS") : 0;
}

/* Nobody of the same user may look into guest RAM by /proc or ptrace(). */
static int forbid_dumps(const struct sandbox_config *config, struct err *err)
{
	int ret = sys_prctl(PR_SET_DUMPABLE, 0);

	(void)config;
	return ret ? err_set(err, ret, "PR_SET_DUMPABLE") : 0;
}

#define HELP_OF(text) (BUILT(SANDBOX_SHOW) ? text : NULL)

static const struct layer {
	const char *help;
	int (*apply)(const struct sandbox_config *config, struct err *err);
	bool of_keeper; /* which has no other */
} layers[N_SANDBOX_LAYERS] = {
	[SANDBOX_LIMITS] = { HELP_OF("no core dump; no more descriptors than a guest reset needs"),
			     set_limits, true },
	[SANDBOX_NO_NEW_PRIVS] = { HELP_OF("no program gives privileges back"),
				   forbid_new_privileges, true },
	[SANDBOX_NAMESPACES] = { HELP_OF("mounts, network, IPC, host name and control groups of its own; "
					 "the root directory is empty and read-only"),
				 enter_namespaces, false },
	/* after the mounts, which take privileges */
	[SANDBOX_USER] = { HELP_OF("an unprivileged user and group, no others, when started as root"),
			   change_user, false },
	[SANDBOX_CAPABILITIES] = { HELP_OF("none, in any set (the keeper: CAP_KILL)"),
				   drop_capabilities, true },
	[SANDBOX_LANDLOCK] = { HELP_OF("no file and no TCP port can be reached (the keeper: records, and "
				       "guest RAM that is a file)"),
			       restrict_files, true },
	/* a change of user has made it dumpable or not, as the system is set up */
	[SANDBOX_UNDUMPABLE] = { HELP_OF("nobody reads its memory"), forbid_dumps, true },
	/* by each thread itself: threads.c */
	[SANDBOX_SECCOMP] = { HELP_OF("each thread keeps the system calls that its work needs"),
			      NULL, true },
};

const char *sandbox_layer_help(enum sandbox_layer layer)
{
	return layers[layer].help;
}

static int apply(enum sandbox_layer layer, const struct sandbox_config *config, struct err *err)
{
	const char *name = sandbox_layer_names[layer];
	bool here = layers[layer].apply && (layers[layer].of_keeper || !config->is_keeper);
	int ret = here ? layers[layer].apply(config, err) : 0;

	trace_line(TRACE_VM, "sandbox: %s: %d", name, ret);
	if (!ret)
		return 0;
	if (config->may_miss & (1u << layer)) {
		log_warn("the sandbox lacks the layer %s, as allowed: %s", name, err->what);
		*err = (struct err){ 0 };
		return 0;
	}
	err_prefix(err, "sandbox, layer %s", name);
	if (!err->why[0])
		err_why(err, "this kernel, or a policy of this host, does not allow it");
	if (!err->fix[0] && sandbox_layer_may_miss(layer))
		err_fix(err, "where the host cannot have it: --sandbox-allow-missing=%s", name);
	return err_host(err);
}

int sandbox_confine(const struct sandbox_config *config, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < n_elems(layers) && !ret; i++)
		ret = apply(i, config, err);
	return ret;
}

void sandbox_warn_off(void)
{
	struct termios t;
	bool terminal = !sys_ioctl(STDERR_FILENO, TCGETS, &t);

	log_warn(
		"%sthe sandbox is off: whoever takes dais over from the guest has all that this user has%s",
		terminal ? "\033[31m" : "", terminal ? "\033[0m" : "");
}
