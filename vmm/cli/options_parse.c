// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "vmm/cli/options.h"
#include "vmm/config/config.h"

/* A command line on its way into a target. */
struct reader {
	const char *name; /* of the command */
	const struct option *options;
	int argc, next; /* the argument that is read next */
	char *const *argv;
};

static void unknown_option(const struct reader *r, const char *arg, struct err *err)
{
	char lister[64];

	if (arg[0] != '-')
		err_usage(err, "unexpected argument '%s'", arg);
	else
		err_usage(err, "unknown option '%.*s'", (int)strcspn(arg, "="), arg);
	err_why(err, "dais %s takes none of this name", r->name);
	snprintf(lister, sizeof(lister), "dais help %s", r->name);
	option_suggest(r->options, strncmp(arg, "--", 2) ? "" : arg + 2, false, "--", lister, err);
}

const struct option *options_find(const struct option *options, const char *arg)
{
	char key[64];

	snprintf(key, sizeof(key), "%.*s", (int)strcspn(arg, "="), arg);
	if (strncmp(key, "--", 2) == 0)
		return option_find(options, key + 2, false);
	for (const struct option *option = options; option && option->key; option++)
		if (option->letter && arg[0] == '-' && arg[1] == option->letter && !arg[2])
			return option;
	return NULL;
}

/* "--no-KEY" for "--KEY no", as a bare "--KEY" is for "--KEY yes" */
static const struct option *find_negated(const struct option *options, const char *arg)
{
	const struct option *option =
		strncmp(arg, "--no-", 5) == 0 ? option_find(options, arg + 5, false) : NULL;

	return option && option_is_switch(option) ? option : NULL;
}

/* The option of a word without dashes. */
static const struct option *find_operand(const struct option *options)
{
	while (options->key && options->key[0])
		options++;
	return options->key ? options : NULL;
}

/* The next option, and its value ("" when it takes none). NULL and @err for what is malformed. */
static const struct option *take(struct reader *r, const char **value, struct err *err)
{
	const char *arg = r->argv[r->next++], *equals = strchr(arg, '=');
	const char *next = r->next < r->argc ? r->argv[r->next] : NULL;
	const struct option *option = options_find(r->options, arg);

	*value = "";
	if (!option && find_negated(r->options, arg)) {
		*value = "no";
		return find_negated(r->options, arg);
	}
	if (!option && arg[0] && arg[0] != '-') {
		*value = arg;
		option = find_operand(r->options);
		if (option)
			return option;
	}
	if (!option) {
		unknown_option(r, arg, err);
	} else if (!option->arg) {
		if (!equals)
			return option;
		err_usage(err, "%s", arg);
		err_why(err, "this option takes no value");
		err_fix(err, "give --%s", option->key);
	} else if (equals) {
		*value = equals + 1;
		return option;
	} else if (option_is_switch(option) && (!next || next[0] == '-')) {
		*value = "yes";
		return option;
	} else if (next) {
		*value = next;
		r->next++;
		return option;
	} else {
		err_usage(err, "%s without a value", arg);
		err_why(err, "this option takes one");
		err_fix(err, "give %s %s", arg, option->arg);
	}
	return NULL;
}

/* See that all is well-formed, the file named once; find calls for help. */
static int scan(struct reader *r, enum options_wish *wish, struct err *err)
{
	const char *file = NULL;

	while (r->next < r->argc) {
		const char *value;
		const struct option *option = take(r, &value, err);

		if (!option)
			return err->code;
		if (option->first && file) {
			err_usage(err, "--%s %s: there is --%s %s already", option->key, value,
				  option->key, file);
			return err_fix(err, "give one file");
		}
		if (option->first)
			file = value;
		if (option->letter == 'h')
			*wish = OPTIONS_HELP;
		else if (strcmp(option->key, "device") == 0 && strcmp(value, "help") == 0)
			*wish = OPTIONS_DEVICE_HELP;
		if (option->ends)
			break;
	}
	return 0;
}

/* Set those that come first, or the others. */
static int set(struct reader *r, void *target, struct arena *arena, bool first, struct err *err)
{
	r->next = 0;
	while (r->next < r->argc) {
		struct option_value value = { .arena = arena };
		const struct option *option = take(r, &value.text, err);

		if (!option)
			return err->code;
		if (option->first == first && option->set &&
		    option_set(target, option, option->key, &value, err))
			return err->code;
		if (option->ends)
			break;
	}
	return 0;
}

int options_read(const char *name, const struct option *options, void *target, struct arena *arena,
		 int argc, char *const *argv, int *n_read, enum options_wish *wish, struct err *err)
{
	struct reader r = { .name = name, .options = options, .argc = argc, .argv = argv };
	int ret;

	*wish = OPTIONS_RUN;
	ret = scan(&r, wish, err);
	if (ret || *wish != OPTIONS_RUN)
		return ret;
	ret = set(&r, target, arena, true, err) ?: set(&r, target, arena, false, err);
	if (n_read)
		*n_read = r.next;
	return ret;
}

int options_parse(struct vm_config *config, int argc, char *const *argv, enum options_wish *wish,
		  struct err *err)
{
	int ret = options_read("run", vm_options, config, &config->arena, argc, argv, NULL, wish,
			       err);

	if (ret || *wish != OPTIONS_RUN)
		return ret;
	if (config->sandbox.mode == SANDBOX_SHOW) {
		*wish = OPTIONS_SANDBOX_SHOW;
		return 0;
	}
	return config_finish(config, err);
}
