// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/err.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/str.h"

static void append(struct err *err, const char *text)
{
	size_t used = strlen(err->what);

	snprintf(err->what + used, sizeof(err->what) - used, ": %s", text);
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	memset(err, 0, sizeof(*err));
	err->code = code ? -abs(code) : -EINVAL;
	str_format(err->what, sizeof(err->what), fmt);
	if (code)
		append(err, strerrordesc_np(abs(code)) ?: "unknown error");
	return err->code;
}

int err_usage(struct err *err, const char *fmt, ...)
{
	memset(err, 0, sizeof(*err));
	err->code = -EINVAL;
	err->status = EXIT_STATUS_USAGE;
	str_format(err->what, sizeof(err->what), fmt);
	return err->code;
}

int err_not_built(struct err *err, const char *symbol)
{
	err_usage(err, "this dais was built without CONFIG_%s", symbol);
	return err_fix(err, "leave that out, or build dais with it");
}

#undef err_why
int err_why(struct err *err, const char *fmt, ...)
{
	str_format(err->why, sizeof(err->why), fmt);
	return err->code;
}

#undef err_fix
int err_fix(struct err *err, const char *fmt, ...)
{
	str_format(err->fix, sizeof(err->fix), fmt);
	return err->code;
}

int err_suggest(struct err *err, const struct nearest *nearest, const char *prefix,
		const char *rest)
{
	if (BUILT(REMEDIES) && nearest->name[0])
		snprintf(err->fix, sizeof(err->fix), "did you mean %s%s? %s", prefix, nearest->name,
			 rest);
	else if (BUILT(REMEDIES))
		str_copy(err->fix, sizeof(err->fix), rest);
	return err->code;
}

int err_host(struct err *err)
{
	err->status = EXIT_STATUS_HOST;
	return err->code;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	char tail[sizeof(err->what)];

	memcpy(tail, err->what, sizeof(tail));
	str_format(err->what, sizeof(err->what), fmt);
	append(err, tail);
	return err->code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char text[sizeof(err->what)];

	str_format(text, sizeof(text), fmt);
	if (err->why[0])
		return err_prefix(err, "%s", text);
	err_why(err, "%s", err->what);
	memcpy(err->what, text, sizeof(text));
	return err->code;
}

int err_exit_status(const struct err *err)
{
	return err->status ? err->status : EXIT_STATUS_FAILURE;
}

void err_print(const struct err *err)
{
	char buf[sizeof(*err) + 128];
	int n = snprintf(buf, sizeof(buf), "dais: error: %s\n", err->what);

	if (err->why[0])
		n += snprintf(buf + n, sizeof(buf) - (size_t)n, "dais: cause: %s\n", err->why);
	if (err->fix[0])
		snprintf(buf + n, sizeof(buf) - (size_t)n, "dais: fix:   %s\n", err->fix);
	fputs(buf, stderr);
}
