// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/own.h"
#include "vmm/base/passed_fds.h"
#include "vmm/config/config.h"

/* Mark the file's device of this name. */
static int use_device(const struct vm_config *config, const char *name, bool *used, struct err *err)
{
	for (unsigned int i = 0; i < config->n_file_devices; i++) {
		if (strcmp(config->devices[i].name, name))
			continue;
		used[i] = true;
		return 0;
	}
	err_usage(err, "use = %s: the file has no device '%s'", config->use, name);
	err_fix(err, "name devices by their sections: [device NAME]");
	return err->code;
}

int config_select_devices(struct vm_config *config, struct err *err)
{
	char *rest = arena_printf(&config->arena, "%s", config->use), *name;
	owned_ptr bool *used = calloc(config->n_devices + 1, sizeof(*used));
	unsigned int n = 0;

	if (!rest || !used)
		return err_set(err, ENOMEM, "read the configuration");
	while ((name = strsep(&rest, " ,"))) {
		if (*name && use_device(config, name, used, err))
			return err->code;
	}
	for (unsigned int i = 0; i < config->n_devices; i++) {
		if (i >= config->n_file_devices || used[i])
			config->devices[n++] = config->devices[i];
	}
	config->n_devices = n;
	return 0;
}

int config_find_passed(const struct vm_config *config, struct passed_fds *passed, struct err *err)
{
	int ret = config->fds ? passed_fds_add_devices(passed, config->fds, err) : 0;

	if (!ret)
		ret = passed_fds_add(passed, "memory-file", config->memory_file, err);
	return ret ? ret : passed_fds_add(passed, "console", config->console, err);
}
