/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_ERR_SAYS_H
#define TESTS_UNIT_ERR_SAYS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/err.h"

/* True when @text stands in "what: why" of @err, as a user reads them one after the other. */
static inline bool err_says(const struct err *err, const char *text)
{
	char said[sizeof(err->what) + sizeof(err->why) + 2];

	snprintf(said, sizeof(said), "%s: %s", err->what, err->why);
	return strstr(said, text) != NULL;
}

#endif
