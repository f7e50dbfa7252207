// SPDX-License-Identifier: GPL-2.0-only
/* The [host] section of a file. */
#include <string.h>

#include "vmm/base/option.h"
#include "vmm/base/str.h"
#include "vmm/config/config.h"

/* "6.2" in the first @n bytes of @text */
static bool read_version(const char *text, size_t n, unsigned int *version)
{
	char copy[32], *minor = copy, *major;
	uint64_t numbers[2];

	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	major = strsep(&minor, ".");
	if (!minor || str_to_u64(major, &numbers[0]) || str_to_u64(minor, &numbers[1]) ||
	    numbers[0] > 999 || numbers[1] > 999)
		return false;
	*version = HOST_KERNEL((unsigned int)numbers[0], (unsigned int)numbers[1]);
	return true;
}

/* "6.2", "4.5-5.6" */
static int set_kernel(void *target, const struct option *option, const struct option_value *value,
		      struct err *err)
{
	struct config_host *host = &((struct vm_config *)target)->host;
	size_t n = strcspn(value->text, "-");
	const char *last = value->text[n] ? value->text + n + 1 : NULL;

	host->kernel_max = 0;
	if (read_version(value->text, n, &host->kernel_min) &&
	    (!last || read_version(last, strlen(last), &host->kernel_max)))
		return option_set_text(target, option, value, err);
	err_usage(err, "this is no version");
	err_fix(err, "write 6.2 for this one or a newer, 4.5-5.6 for one of these");
	return err->code;
}

#define HOST_OPTION(key_, arg_, set_, field_)                    \
	{                                                        \
		.key = key_, .arg = arg_, .set = set_,           \
		.field = offsetof(struct vm_config, host.field_) \
	}

const struct option host_options[] = {
	HOST_OPTION("compatible", "BOARD [BOARD]...", option_set_text, compatible),
	HOST_OPTION("kernel", "VERSION[-VERSION]", set_kernel, kernel),
	HOST_OPTION("modules", "MODULE [MODULE]...", option_set_text, modules),
	HOST_OPTION("options", "OPTION [OPTION]...", option_set_text, options),
	{ .key = NULL },
};
