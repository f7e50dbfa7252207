// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/listen_fds.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/str.h"

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

int listen_fd_none(const char *name, struct err *err)
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
