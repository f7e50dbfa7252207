// SPDX-License-Identifier: GPL-2.0-only
/*
 * pass-fds UID [NAME=WHAT…] -- COMMAND…: opens things, by number from 3 on in this order, and by
 *NAME as a service manager does; then runs COMMAND as an ordinary user who has no file of /dev at
 *all. WHAT is
 *
 *	PATH		a file, for reading and writing
 *	<PATH, >PATH	… only the one or the other
 *	memfd:BYTES	memory
 *	join:G:C	nothing: group G is put into container C, which gets its IOMMU
 *	bind:D:I	nothing: device D is bound to iommufd I
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/vfio.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

/* VFIO_DEVICE_BIND_IOMMUFD of Linux 6.6 */
struct bind {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t device_id;
};
#define BIND _IO(VFIO_TYPE, VFIO_BASE + 18)

static void check(const char *what, int ret)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "pass-fds: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int open_what(const char *what)
{
	long long size;
	int fd, a, b;

	if (sscanf(what, "memfd:%lld", &size) == 1) {
		fd = memfd_create("ram", 0);
		check(what, ftruncate(fd, size));
		return fd;
	}
	if (sscanf(what, "join:%d:%d", &a, &b) == 2) {
		check(what, ioctl(a, VFIO_GROUP_SET_CONTAINER, &b));
		check(what, ioctl(b, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
		return -1;
	}
	if (sscanf(what, "bind:%d:%d", &a, &b) == 2) {
		check(what, ioctl(a, BIND, &(struct bind){ .argsz = 16, .iommufd = b }));
		return -1;
	}
	if (what[0] == '<')
		fd = open(what + 1, O_RDONLY);
	else if (what[0] == '>')
		fd = open(what + 1, O_WRONLY);
	else
		fd = open(what, O_RDWR);
	check(what, fd);
	return fd;
}

/* All memory may be locked: that is the caller's to allow. */
static void become(unsigned int uid)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	check("RLIMIT_MEMLOCK", setrlimit(RLIMIT_MEMLOCK, &all));
	check("unshare", unshare(CLONE_NEWNS));
	check("mount /", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	check("mount /dev", mount("none", "/dev", "tmpfs", MS_RDONLY, NULL));
	check("setgroups", setgroups(0, NULL));
	check("setgid", setgid(uid));
	check("setuid", setuid(uid));
}

int main(int argc, char **argv)
{
	char names[512] = "", number[16];
	int n = 0, i;

	for (i = 2; i < argc && strcmp(argv[i], "--"); i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals)
			return 125;
		*equals = '\0';
		if (open_what(equals + 1) < 0)
			continue;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 n++ ? ":" : "", argv[i]);
	}
	if (i + 1 >= argc)
		return 125;
	snprintf(number, sizeof(number), "%d", n);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
	become((unsigned int)atoi(argv[1]));
	execvp(argv[i + 1], &argv[i + 1]);
	check(argv[i + 1], -1);
	return 125;
}
