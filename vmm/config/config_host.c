// SPDX-License-Identifier: GPL-2.0-only
/* The [host] section of a file. */
#include <errno.h>
#include <string.h>

#include "vfio/host/device.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/config/config.h"

/* "6.2" in the first @n bytes of @text */
static bool read_version(const char *text, size_t n, unsigned int *version)
{
	char copy[32], *rest = copy;
	uint64_t major, minor;

	if (snprintf(copy, sizeof(copy), "%.*s", (int)n, text) >= (int)sizeof(copy))
		return false;
	if (str_to_u64(strsep(&rest, "."), &major) || !rest || str_to_u64(rest, &minor) ||
	    major > 999 || minor > 999)
		return false;
	*version = HOST_KERNEL((unsigned int)major, (unsigned int)minor);
	return true;
}

/* "6.2", "4.5-5.6" */
static OPTION_SETTER(set_kernel)
{
	struct config_host *host = &((struct vm_config *)target)->host;
	size_t n = strcspn(value->text, "-");
	const char *last = value->text[n] ? value->text + n + 1 : NULL;

	host->kernel_max = 0;
	if (read_version(value->text, n, &host->kernel_min) &&
	    (!last || read_version(last, strlen(last), &host->kernel_max)))
		return option_set_text(target, option, value, err);
	err_usage(err, "this is no version");
	return err_fix(err, "write 6.2 for this one or a newer, 4.5-5.6 for one of these");
}

#define HOST_OPTION(...) OPTION(struct vm_config, __VA_ARGS__, NULL)

const struct option host_options[] = {
	HOST_OPTION("compatible", "BOARD [BOARD]...", option_set_text, host.compatible),
	HOST_OPTION("kernel", "VERSION[-VERSION]", set_kernel, host.kernel),
	HOST_OPTION("modules", "MODULE [MODULE]...", option_set_text, host.modules),
	HOST_OPTION("options", "OPTION [OPTION]...", option_set_text, host.options),
	{ .key = NULL },
};

#define MAX_COMPATIBLE 4096

/* @text: strings with NULs between. */
static bool contains(const char *text, size_t size, const char *word)
{
	for (const char *at = text; at < text + size; at += strlen(at) + 1)
		if (!strcmp(at, word))
			return true;
	return false;
}

int board_check(const struct vm_config *config, struct err *err)
{
	owned_ptr char *host = NULL, *words = NULL;
	char *rest, *word;
	size_t size = 0;

	if (!config->host.compatible)
		return 0;
	rest = words = strdup(config->host.compatible);
	if (!words)
		return err_set(err, ENOMEM, "%s", config->name);
	if (file_read(&host, &size, MAX_COMPATIBLE, VFIO_HOST_TREE "/compatible"))
		size = 0;
	while ((word = strsep(&rest, " ")))
		if (*word && contains(host, size, word))
			return 0;
	err_usage(err, "%s is for another board than this host", config->name);
	err_why(err, "it is for \"%s\", and this is %s%s%s", config->host.compatible,
		size ? "\"" : "a host without a device tree", size ? host : "", size ? "\"" : "");
	return err_fix(
		err,
		"take the file of this board; or, if its devices are here too, give --force-board");
}
