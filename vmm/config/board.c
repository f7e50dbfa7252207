// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/config/board.h"

#include <errno.h>
#include <string.h>

#include "vfio/host/device.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

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
	err_fix(err,
		"take the file of this board; or, if its devices are here too, give --force-board");
	return err->code;
}
