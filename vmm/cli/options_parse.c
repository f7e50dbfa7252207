// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "vmm/cli/option_values.h"
#include "vmm/cli/options.h"
#include "vmm/config/config.h"

static void unknown_option(const char *arg, struct err *err)
{
	char key[64];
	const char *nearest;

	snprintf(key, sizeof(key), "%.*s", (int)strcspn(arg, "="), arg);
	nearest = strncmp(key, "--", 2) == 0 ? option_nearest(key + 2, false) : NULL;
	if (key[0] != '-')
		err_usage(err, "unexpected argument '%s'", arg);
	else
		err_usage(err, "unknown option '%s'", key);
	err_why(err, "dais run takes none of this name");
	if (nearest)
		err_fix(err, "did you mean --%s? dais help run lists all options", nearest);
	else
		err_fix(err, "dais help run lists all options");
}

const struct vm_option *option_of_argument(const char *arg)
{
	char key[64];

	if (strncmp(arg, "--", 2) == 0) {
		snprintf(key, sizeof(key), "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
		return option_find(key, false);
	}
	for (const struct vm_option *option = vm_options; option->key; option++) {
		if (option->letter && arg[0] == '-' && arg[1] == option->letter && !arg[2])
			return option;
	}
	return NULL;
}

static bool is_yes_or_no(const struct vm_option *option)
{
	return option->set == option_set_bool || option->set == option_set_switch;
}

/* "--no-KEY" for "--KEY no", as a bare "--KEY" is for "--KEY yes" */
static const struct vm_option *find_negated(const char *arg)
{
	const struct vm_option *option =
		strncmp(arg, "--no-", 5) == 0 ? option_find(arg + 5, false) : NULL;

	return option && is_yes_or_no(option) ? option : NULL;
}

/*
 * The option at @argv[*i], and its value ("" when it takes none); *i then stands at the last
 * argument taken. NULL and @err for what is malformed.
 */
static const struct vm_option *take_option(int argc, char *const *argv, int *i, const char **value,
					   struct err *err)
{
	const char *arg = argv[*i], *equals = strchr(arg, '=');
	const struct vm_option *option = option_of_argument(arg);
	const char *next = *i + 1 < argc ? argv[*i + 1] : NULL;

	*value = "";
	if (!option && find_negated(arg)) {
		*value = "no";
		return find_negated(arg);
	}
	if (!option) {
		unknown_option(arg, err);
	} else if (!option->arg) {
		if (!equals)
			return option;
		err_usage(err, "%s", arg);
		err_why(err, "this option takes no value");
		err_fix(err, "give --%s", option->key);
	} else if (equals) {
		*value = equals + 1;
		return option;
	} else if (is_yes_or_no(option) && (!next || next[0] == '-')) {
		*value = "yes";
		return option;
	} else if (next) {
		*value = next;
		++*i;
		return option;
	} else {
		err_usage(err, "%s without a value", arg);
		err_why(err, "this option takes one");
		err_fix(err, "give %s %s", arg, option->arg);
	}
	return NULL;
}

/* First pass: see that all is well-formed; find the file and calls for help. */
static int scan(int argc, char *const *argv, const char **path, enum options_wish *wish,
		struct err *err)
{
	for (int i = 0; i < argc; i++) {
		const char *value;
		const struct vm_option *option = take_option(argc, argv, &i, &value, err);

		if (!option)
			return err->code;
		if (option->letter == 'h') {
			*wish = OPTIONS_HELP;
		} else if (strcmp(option->key, "device") == 0 && strcmp(value, "help") == 0) {
			*wish = OPTIONS_DEVICE_HELP;
		} else if (option->letter == 'c' && *path) {
			err_usage(err, "--config %s: there is --config %s already", value, *path);
			err_fix(err, "give one file");
			return err->code;
		} else if (option->letter == 'c') {
			*path = value;
		}
	}
	return 0;
}

int options_parse(struct vm_config *config, int argc, char *const *argv, enum options_wish *wish,
		  struct err *err)
{
	static const struct option_source command_line = { NULL, NULL };
	const char *path = NULL;
	int ret;

	*wish = OPTIONS_RUN;
	ret = scan(argc, argv, &path, wish, err);
	if (ret || *wish != OPTIONS_RUN)
		return ret;
	if (path)
		ret = config_load(config, path, err);
	for (int i = 0; !ret && i < argc; i++) {
		const char *value;
		const struct vm_option *option = take_option(argc, argv, &i, &value, err);

		if (!option)
			return err->code;
		if (option->set)
			ret = option_set(config, option, value, &command_line, err);
	}
	if (ret)
		return ret;
	if (config->sandbox.mode == SANDBOX_SHOW) {
		*wish = OPTIONS_SANDBOX_SHOW;
		return 0;
	}
	return config_finish(config, err);
}
