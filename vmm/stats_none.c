// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/stats.h"

int stats_write(const struct machine *machine, const char *path, struct err *err)
{
	(void)machine;
	err_usage(err, "--stats %s", path);
	err_why(err, "this dais was built without it");
	err_fix(err, "build it with CONFIG_STATS, or leave --stats out");
	return err->code;
}
