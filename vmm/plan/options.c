// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/plan/options.h"

#include "vmm/cli/commands.h"
#include "vmm/cli/option_values.h"

static int set_host_device(void *target, const struct option *option,
			   const struct option_value *value, struct err *err)
{
	(void)option;
	return config_add_host_device(target, value->text, value->text, err);
}

#define PLAN_OPTION(...) OPTION(struct plan_options, __VA_ARGS__)

const struct option plan_options[] = {
	PLAN_OPTION("config", "FILE", option_set_config, config,
		    "Plan the devices of this file, all for one guest, whatever its \"use\" says.",
		    .letter = 'c', .first = true),
	PLAN_OPTION("device", "TYPE[,KEY=VALUE]...", option_set_device, config,
		    "Plan a device, with keys as of dais run; \"--device help\" lists them."),
	PLAN_OPTION("all", NULL, option_set_flag, all,
		    "Plan each device of the tree, as if it were the only one."),
	PLAN_OPTION("host-dtb", "FILE", option_set_text, host_dtb,
		    "Take the host's device tree from this file (a .dtb) instead of from the "
		    "running host."),
	PLAN_OPTION("json", NULL, option_set_flag, json, "Print JSON."),
	PLAN_OPTION("dot", NULL, option_set_flag, dot,
		    "Print a graph for Graphviz: devices, what they depend on, what was cut."),
	PLAN_OPTION("live", NULL, option_set_flag, live,
		    "Also open the devices, which must be bound to VFIO, and say what VFIO offers. "
		    "This resets them."),
	OPTIONS_HELP_ROW,
	PLAN_OPTION("", "DEVICE", set_host_device, config, ""),
	{ .key = NULL },
};

static int check(const struct plan_options *options, struct err *err)
{
	if (options->all == (options->config.n_devices > 0)) {
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

int plan_options_read(struct plan_options *options, int argc, char *const *argv,
		      enum options_wish *wish, struct err *err)
{
	int ret = options_read("plan", plan_options, options, &options->config.arena, argc, argv,
			       NULL, wish, err);

	if (ret || *wish != OPTIONS_RUN)
		return ret;
	ret = check(options, err);
	return ret ? ret : config_finish_devices(&options->config, err);
}
