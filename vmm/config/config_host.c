// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/config/config.h"

/* "6.2", "4.5-5.6" */
static bool read_versions(struct config_host *host, const char *text)
{
	unsigned int major[2], minor[2];
	int end[2] = { 0, 0 };
	int n = sscanf(text, "%u.%u%n-%u.%u%n", &major[0], &minor[0], &end[0], &major[1], &minor[1],
		       &end[1]);

	if ((n != 2 && n != 4) || text[end[n / 4]] || minor[0] > 999 || (n == 4 && minor[1] > 999))
		return false;
	host->kernel_min = HOST_KERNEL(major[0], minor[0]);
	host->kernel_max = n == 4 ? HOST_KERNEL(major[1], minor[1]) : 0;
	return true;
}

int config_set_host(struct vm_config *config, const char *key, const char *value, const char *where,
		    struct err *err)
{
	static const char *const keys[] = { "compatible", "kernel", "modules", "options", NULL };
	static const size_t fields[] = {
		offsetof(struct config_host, compatible),
		offsetof(struct config_host, kernel),
		offsetof(struct config_host, modules),
		offsetof(struct config_host, options),
	};

	for (size_t i = 0; keys[i]; i++) {
		const char **field = (const char **)((char *)&config->host + fields[i]);

		if (strcmp(key, keys[i]))
			continue;
		if (*field)
			return err_usage(err, "%s: duplicate key '%s'", where, key);
		*field = config_keepf(config, err, "%s", value);
		if (!*field)
			return err->code;
		if (strcmp(key, "kernel") || read_versions(&config->host, value))
			return 0;
		err_usage(err, "%s: kernel = %s is no version", where, value);
		err_fix(err, "write 6.2 for this one or a newer, 4.5-5.6 for one of these");
		return err->code;
	}
	err_usage(err, "%s: unknown key '%s'", where, key);
	err_why(err, "the [host] section has compatible, kernel, modules and options");
	if (str_nearest(key, keys))
		err_fix(err, "did you mean %s?", str_nearest(key, keys));
	return err->code;
}
