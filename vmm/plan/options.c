// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/plan/options.h"

#include <stddef.h>
#include <string.h>

#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/cli/commands.h"
#include "vmm/cli/wrap.h"
#include "vmm/config/config.h"

#define INDENT 26

static int add_file(struct plan_options *options, struct vm_config *config, const char *value,
		    struct err *err)
{
	(void)options;
	return config_load(config, value, err);
}

static int add_device(struct plan_options *options, struct vm_config *config, const char *value,
		      struct err *err)
{
	(void)options;
	return config_add_device(config, value, "--device", err);
}

static int set_host_dtb(struct plan_options *options, struct vm_config *config, const char *value,
			struct err *err)
{
	(void)config;
	(void)err;
	options->host_dtb = value;
	return 0;
}

#define FLAG(member) offsetof(struct plan_options, member)

/* One thing that can be said: with an argument, @set; without, the flag that it sets. */
static const struct plan_option {
	const char *key;
	char letter;
	const char *arg;
	int (*set)(struct plan_options *options, struct vm_config *config, const char *value,
		   struct err *err);
	size_t flag;
	const char *help;
} plan_options[] = {
	{ "config", 'c', "FILE", add_file, 0,
	  "Plan the devices of this file, all for one guest, whatever its \"use\" says." },
	{ "device", 0, "TYPE[,KEY=VALUE]...", add_device, 0,
	  "Plan a device, with keys as of dais run." },
	{ "all", 0, NULL, NULL, FLAG(all),
	  "Plan each device of the tree, as if it were the only one." },
	{ "host-dtb", 0, "FILE", set_host_dtb, 0,
	  "Take the host's device tree from this file (a .dtb) instead of from the running host." },
	{ "json", 0, NULL, NULL, FLAG(json), "Print JSON." },
	{ "dot", 0, NULL, NULL, FLAG(dot),
	  "Print a graph for Graphviz: devices, what they depend on, what was cut." },
	{ "live", 0, NULL, NULL, FLAG(live),
	  "Also open the devices, which must be bound to VFIO, and say what VFIO offers. This resets "
	  "them." },
	{ "help", 'h', NULL, NULL, FLAG(help), "This help." },
};

static const struct plan_option *find_option(const char *arg)
{
	size_t length = strcspn(arg, "=");

	for (size_t i = 0; i < n_elems(plan_options); i++) {
		const struct plan_option *option = &plan_options[i];

		if (!strncmp(arg, "--", 2) && strlen(option->key) + 2 == length &&
		    !strncmp(arg + 2, option->key, length - 2))
			return option;
		if (option->letter && arg[0] == '-' && arg[1] == option->letter && !arg[2])
			return option;
	}
	return NULL;
}

static int unknown_option(const char *arg, struct err *err)
{
	const char *names[n_elems(plan_options) + 1] = { NULL };
	const char *nearest;

	for (size_t i = 0; i < n_elems(plan_options); i++)
		names[i] = plan_options[i].key;
	nearest = strncmp(arg, "--", 2) ? NULL : str_nearest(arg + 2, names);
	err_usage(err, "unknown option '%s'", arg);
	if (nearest)
		err_fix(err, "did you mean --%s? dais help plan lists all options", nearest);
	else
		err_fix(err, "dais help plan lists all options");
	return err->code;
}

/* The argument at argv[*i], and its value if it has one behind it. */
static int take(struct plan_options *options, struct vm_config *config, int argc, char *const *argv,
		int *i, struct err *err)
{
	const char *arg = argv[*i], *value = strchr(arg, '=');
	const struct plan_option *option;

	if (arg[0] != '-')
		return config_add_host_device(config, arg, arg, err);
	option = find_option(arg);
	if (!option)
		return unknown_option(arg, err);
	if (!option->arg) {
		*(bool *)((char *)options + option->flag) = true;
		return value ? err_usage(err, "%s: this option takes no value", arg) : 0;
	}
	if (value) {
		value++;
	} else if (*i + 1 < argc) {
		value = argv[++*i];
	} else {
		err_usage(err, "%s wants a value", arg);
		err_fix(err, "give %s %s", arg, option->arg);
		return err->code;
	}
	return option->set(options, config, value, err);
}

static int check(const struct plan_options *options, const struct vm_config *config,
		 struct err *err)
{
	if (options->all == (config->n_devices > 0)) {
		err_usage(err, options->all ? "--all leaves no room for single devices"
					    : "there is no device to plan");
		err_fix(err, "name devices, or give -c FILE, or --all");
		return err->code;
	}
	if (options->json && options->dot) {
		err_usage(err, "--json and --dot: both want the output for themselves");
		err_fix(err, "give one of them");
		return err->code;
	}
	if (options->live && (options->all || options->host_dtb)) {
		err_usage(err, "--live is about devices of the running host that you name");
		err_fix(err, "leave out %s", options->all ? "--all" : "--host-dtb");
		return err->code;
	}
	return 0;
}

int plan_options_parse(struct plan_options *options, struct vm_config *config, int argc,
		       char *const *argv, struct err *err)
{
	int ret = 0;

	*options = (struct plan_options){ 0 };
	for (int i = 0; i < argc && !ret && !options->help; i++)
		ret = take(options, config, argc, argv, &i, err);
	if (ret || options->help)
		return ret;
	ret = check(options, config, err);
	return ret ? ret : config_finish_devices(config, err);
}

void plan_options_print_help(FILE *out)
{
	command_print_usage("plan", out);
	fputs("\nTell what a guest would get of devices of the host, and why: each property of\n"
	      "the host's node, the guest's node, and whether the device can be passed (else\n"
	      "the exit status is 3). Nothing is opened or changed. A device is named as in\n"
	      "/sys/bus/platform/devices, or by its node's name or path.\n\n",
	      out);
	for (size_t i = 0; i < n_elems(plan_options); i++) {
		const struct plan_option *option = &plan_options[i];
		int column = fprintf(out, "  ");

		if (option->letter)
			column += fprintf(out, "-%c, ", option->letter);
		column += fprintf(out, "--%s", option->key);
		if (option->arg)
			column += fprintf(out, " %s", option->arg);
		wrap_print(out, column, INDENT, option->help);
	}
}
