// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/passed_fds.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

/* What /proc shows of it: "/dev/null", "socket:[4711]". */
static const char *describe(int fd, char *buf, size_t size)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return sys_readlink(path, buf, size) < 0 ? "of another kind" : buf;
}

/* "/dev/vfio/7", as the kernel names the file; false: it is no character device. */
static bool name_device(const struct stat *st, char *path, size_t size)
{
	owned_ptr char *text = NULL;
	char *rest, *line;
	size_t n;

	if (!S_ISCHR(st->st_mode) || file_read(&text, &n, 4096, "/sys/dev/char/%u:%u/uevent",
					       major(st->st_rdev), minor(st->st_rdev)))
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (strncmp(line, "DEVNAME=", 8) == 0)
			return snprintf(path, size, "/dev/%s", line + 8) < (int)size;
	return false;
}

static bool is_of_use(const char *path)
{
	return strcmp(path, "/dev/kvm") == 0 || strcmp(path, "/dev/iommu") == 0 ||
	       strncmp(path, "/dev/vfio/", 10) == 0;
}

static int check_device(struct passed_fd *passed, const struct stat *st, struct err *err)
{
	char what[PATH_MAX];
	int flags;

	if (!name_device(st, passed->path, sizeof(passed->path)) || !is_of_use(passed->path)) {
		err_usage(err, "descriptor %d is of no use", passed->fd);
		err_why(err, "it is %s", describe(passed->fd, what, sizeof(what)));
		return err_fix(err,
			       "pass /dev/kvm, /dev/iommu or files below /dev/vfio; memory and "
			       "console have options of their own");
	}
	flags = sys_fcntl(passed->fd, F_GETFL, 0);
	if (flags < 0)
		return err_set(err, flags, "descriptor %d", passed->fd);
	if ((flags & O_ACCMODE) == O_RDWR)
		return 0;
	err_usage(err, "descriptor %d is not for reading and writing", passed->fd);
	err_why(err, "%s was not opened with O_RDWR", passed->path);
	return err_fix(err, "open it so");
}

static const struct passed_fd *find_number(const struct passed_fds *passed, int fd)
{
	for (unsigned int i = 0; i < passed->n; i++)
		if (passed->list[i].fd == fd)
			return &passed->list[i];
	return NULL;
}

/* Room for one more, of the file *st, which counts when passed->n is raised. */
static int add(struct passed_fds *passed, int fd, const char *which, struct stat *st,
	       struct passed_fd **added, struct err *err)
{
	int ret;

	if (fd <= STDERR_FILENO) {
		err_usage(err, "descriptor %d is a standard stream", fd);
		err_why(err, "dais uses it as that, too");
		return err_fix(err, "pass it as another one");
	}
	if (find_number(passed, fd)) {
		err_usage(err, "descriptor %d is given twice", fd);
		err_why(err, "it is '%s' as well", find_number(passed, fd)->which);
		return err_fix(err, "give each once");
	}
	ret = sys_fstat(fd, st) ?: sys_fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (ret) {
		err_usage(err, "descriptor %d is not open", fd);
		err_why(err, "%s", strerror(-ret));
		return err_fix(err, "give the number that it has in dais, without FD_CLOEXEC");
	}
	*added = array_add(passed->list, passed->n);
	if (!*added)
		return err_set(err, ENOMEM, "list the passed descriptors");
	(*added)->fd = fd;
	str_copy((*added)->which, sizeof((*added)->which), which);
	return 0;
}

static int add_device(struct passed_fds *passed, int fd, const char *which, struct err *err)
{
	struct passed_fd *added;
	struct stat st;
	int ret = add(passed, fd, which, &st, &added, err) ?: check_device(added, &st, err);

	if (ret)
		return ret;
	passed->n++;
	passed->has_devices = true;
	log_debug("descriptor %d is %s", fd, added->path);
	return 0;
}

#define LISTEN_FDS_START 3 /* SD_LISTEN_FDS_START of <systemd/sd-daemon.h> */

static int int_of_env(const char *name)
{
	const char *text = getenv(name);
	uint64_t value;

	return !text || str_to_u64(text, &value) || value > INT_MAX - LISTEN_FDS_START ? 0
										       : (int)value;
}

/* None unless they are for this process, and not for one that it was started by. */
static int n_listen_fds(void)
{
	return int_of_env("LISTEN_PID") == getpid() ? int_of_env("LISTEN_FDS") : 0;
}

int listen_fd_next(const char *name, int fd)
{
	const char *names = getenv("LISTEN_FDNAMES");
	int end = LISTEN_FDS_START + n_listen_fds();

	for (int i = LISTEN_FDS_START; names && i < end; i++) {
		size_t length = strcspn(names, ":");

		if (i > fd && length == strlen(name) && strncmp(names, name, length) == 0)
			return i;
		names = names[length] ? names + length + 1 : NULL;
	}
	return -1;
}

static int listen_fd_none(const char *name, struct err *err)
{
	const char *names = getenv("LISTEN_FDNAMES");

	err_usage(err, "no descriptor has the name '%s'", name);
	if (n_listen_fds() && names)
		err_why(err, "those that the service manager passed are %s", names);
	else
		err_why(err, "no service manager passed any with a name (LISTEN_PID, LISTEN_FDS "
			     "and LISTEN_FDNAMES in the environment)");
	return err_fix(err,
		       "give a number, or pass it with this name (systemd: OpenFile=FILE:NAME)");
}

/* The first descriptor of @which, and whether it is a name, which others may have. */
static int find_first(const char *which, bool *is_name, int *fd, struct err *err)
{
	uint64_t number;
	int ret = str_to_u64(which, &number);

	*is_name = ret == -EINVAL;
	if (*is_name)
		*fd = listen_fd_next(which, -1);
	else
		*fd = ret || number > INT_MAX ? INT_MAX : (int)number;
	return *fd < 0 ? listen_fd_none(which, err) : 0;
}

int passed_fds_add_devices(struct passed_fds *passed, const char *which, struct err *err)
{
	owned_ptr char *text = strdup(which);
	char *rest = text, *one;
	int ret = text ? 0 : err_set(err, ENOMEM, "list the passed descriptors");

	if (!BUILT(PASSED_FDS))
		return err_not_built(err, "PASSED_FDS");
	while (!ret && (one = strsep(&rest, ","))) {
		bool is_name;
		int fd;

		ret = find_first(one, &is_name, &fd, err);
		while (!ret && fd >= 0) {
			ret = add_device(passed, fd, one, err);
			fd = is_name ? listen_fd_next(one, fd) : -1;
		}
	}
	return ret ? err_prefix(err, "fd = %s", which) : 0;
}

const char *passed_fd_which(const char *spec)
{
	const size_t n = strlen(PASSED_FD_PREFIX);

	return spec && !strncmp(spec, PASSED_FD_PREFIX, n) ? spec + n : NULL;
}

int passed_fds_add(struct passed_fds *passed, const char *option, const char *spec, struct err *err)
{
	const char *which = passed_fd_which(spec);
	struct passed_fd *added = NULL;
	bool is_name;
	struct stat st;
	int ret, fd;

	if (!which)
		return 0;
	if (!BUILT(PASSED_FDS))
		return err_not_built(err, "PASSED_FDS");
	ret = find_first(which, &is_name, &fd, err);
	if (!ret && is_name && listen_fd_next(which, fd) >= 0) {
		ret = err_usage(err, "several descriptors have the name '%s'", which);
		err_why(err, "%s is one", option);
		err_fix(err, "give each a name of its own, or a number here");
	}
	ret = ret ?: add(passed, fd, which, &st, &added, err);
	if (ret || !added)
		return err_prefix(err, "%s = %s", option, spec);
	str_copy(added->path, sizeof(added->path), spec);
	passed->n++;
	return 0;
}

bool passed_fds_has(const struct passed_fds *passed, const char *path)
{
	for (unsigned int i = 0; i < passed->n; i++)
		if (!strcmp(passed->list[i].path, path))
			return true;
	return false;
}

static int fd_of_path(const char *path)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };
	uint64_t number;

	for (unsigned int i = 0; path && i < n_elems(dirs); i++)
		if (strncmp(path, dirs[i], strlen(dirs[i])) == 0 &&
		    str_to_u64(path + strlen(dirs[i]), &number) == 0 && number < INT_MAX)
			return (int)number;
	return -1;
}

/* The lowest descriptor from @from on that is wanted; INT_MAX: none. */
static int next_wanted(const struct passed_fds *passed, const char *const *paths,
		       unsigned int n_paths, int from)
{
	int next = INT_MAX;

	for (unsigned int i = 0; i < passed->n; i++)
		if (passed->list[i].fd >= from && passed->list[i].fd < next)
			next = passed->list[i].fd;
	for (unsigned int i = 0; i < n_paths; i++) {
		int fd = fd_of_path(paths[i]);

		if (fd >= from && fd < next)
			next = fd;
	}
	return next;
}

void passed_fds_close_others(const struct passed_fds *passed, const char *const *paths,
			     unsigned int n_paths)
{
	int from = STDERR_FILENO + 1, ret = 0;

	while (!ret && from < INT_MAX) {
		int next = next_wanted(passed, paths, n_paths, from);

		if (next > from)
			ret = sys_close_range((unsigned int)from, (unsigned int)next - 1);
		from = next < INT_MAX ? next + 1 : next;
	}
	if (ret)
		log_debug("close the descriptors that were inherited: %s", strerror(-ret));
}

static int not_passed(const struct passed_fds *passed, const char *path, struct err *err)
{
	char buf[sizeof(err->why) - 64];
	struct text list = text_in(buf);

	for (unsigned int i = 0; i < passed->n; i++)
		if (passed->list[i].path[0] == '/')
			text_add(&list, "%s%s (%s)", list.used ? ", " : "", passed->list[i].path,
				 passed->list[i].which);
	err_usage(err, "%s is not among the passed descriptors", path);
	err_why(err, "they are %s", buf);
	err_fix(err, "pass it as well, or leave out \"fd =\" for dais to open what it needs");
	return err->code = -EBADF;
}

int passed_fds_open(struct passed_fds *passed, const char *path, int flags, struct err *err)
{
	bool is_device = passed && passed->has_devices && is_of_use(path);

	if (!BUILT(PASSED_FDS))
		return sys_open(path, flags);
	for (unsigned int i = 0; passed && i < passed->n; i++)
		if (passed->list[i].fd >= 0 && strcmp(passed->list[i].path, path) == 0)
			return take_fd(&passed->list[i].fd);
	return is_device ? not_passed(passed, path, err) : sys_open(path, flags);
}

void passed_fds_close(struct passed_fds *passed, bool warn)
{
	for (unsigned int i = 0; passed && i < passed->n; i++) {
		struct passed_fd *p = &passed->list[i];

		if (p->fd >= 0 && warn)
			log_warn("descriptor %d (%s) was passed and is not used", p->fd, p->path);
		close_fd(&p->fd);
	}
}

void passed_fds_destroy(struct passed_fds *passed)
{
	passed_fds_close(passed, false);
	free(passed->list);
	*passed = (struct passed_fds){ 0 };
}
