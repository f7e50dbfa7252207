// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "vmm/machine/stats.h"

int stats_open(const char *path, int *fd, struct err *err)
{
	*fd = -1;
	err_usage(err, "--stats %s", path);
	err_why(err, "this dais was built without it");
	err_fix(err, "build it with CONFIG_STATS, or leave --stats out");
	return err->code;
}

int stats_write(const struct machine *machine, int fd, struct err *err)
{
	(void)machine;
	(void)fd;
	return err_set(err, ENOSYS, "write the statistics");
}
