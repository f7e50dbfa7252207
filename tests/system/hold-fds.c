// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold-fds PID: takes a copy of each VFIO device's descriptor of that process, says "holding", and
 * keeps them until it is killed: what a keeper of devices does, or a child that inherited them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* vmm/base/fd_range.h: devices have numbers from 1024 on. */
#define N_FDS 4096

int main(int argc, char **argv)
{
	int n = 0, pidfd;

	if (argc != 2)
		return 2;
	pidfd = (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	for (int fd = 0; fd < N_FDS; fd++) {
		char path[64], target[64] = "";

		snprintf(path, sizeof(path), "/proc/%s/fd/%d", argv[1], fd);
		if (readlink(path, target, sizeof(target) - 1) > 0 &&
		    (strstr(target, "vfio-device") || strstr(target, "/dev/vfio/devices/")))
			n += syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0;
	}
	if (!n) {
		fputs("there is no VFIO device to hold\n", stderr);
		return 1;
	}
	printf("holding %d\n", n);
	fflush(stdout);
	pause();
	return 0;
}
