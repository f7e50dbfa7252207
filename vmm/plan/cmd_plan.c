// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"
#include "vmm/config/config.h"
#include "vmm/plan/print.h"

/* What the command line says. */
struct plan_options {
	struct vm_config config; /* the devices; first: the setters of vm_options serve it */
	const char *host_dtb;    /* NULL: the running host */
	bool all;
	bool json;
	bool dot;
	bool live; /* open the devices and ask VFIO */
};

static OPTION_SETTER(set_host_device)
{
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
		return err_fix(err, "name devices, or give -c FILE, or --all");
	}
	if (options->json && options->dot) {
		err_usage(err, "--json and --dot: both want the output for themselves");
		return err_fix(err, "give one of them");
	}
	if (options->live && (options->all || options->host_dtb)) {
		err_usage(err, "--live is about devices of the running host that you name");
		return err_fix(err, "leave out %s", options->all ? "--all" : "--host-dtb");
	}
	return 0;
}

/* What is collected over all plans of one call. */
struct report {
	const struct plan_options *options;
	struct host_tree *tree;
	struct host_live *live;
	json_t *devices; /* with --json */
	unsigned int n_devices;
	enum graft_result worst;
};

static int read_host(struct report *report, struct err *err)
{
	if (report->options->host_dtb)
		return host_tree_load(report->options->host_dtb, &report->tree, err);
	if (!file_exists(VFIO_HOST_TREE)) {
		err_set(err, 0, "this host has no device tree");
		err_why(err, "there is no " VFIO_HOST_TREE);
		err_fix(err, "give the device tree of another host: --host-dtb FILE");
		return err_host(err);
	}
	return vfio_nodes_read_host(&report->tree, &report->live, err);
}

static void report_plan(struct report *report, const struct plan *plan)
{
	if (report->options->json) {
		for (unsigned int i = 0; i < plan->n_devices; i++)
			plan_json_add(report->devices, plan->devices[i].node.name,
				      plan_device_json(plan, &plan->devices[i]), NULL);
	} else if (report->options->dot) {
		plan_print_dot(plan, stdout);
	} else {
		if (report->n_devices)
			fputs("\n\n", stdout);
		plan_print_text(plan, stdout);
	}
	report->n_devices += plan->n_devices;
	for (unsigned int i = 0; i < plan->n_devices; i++)
		if (plan->devices[i].node.result > report->worst)
			report->worst = plan->devices[i].node.result;
}

/* @host: the one device to plan, alone; NULL: those of @config. */
static int plan_devices(struct report *report, const struct vm_config *config, const char *host,
			struct err *err)
{
	struct plan plan;
	int ret = host ? plan_create_alone(&plan, report->tree, report->live, host, "--all", err)
		       : plan_create(&plan, report->tree, report->live, config, err);

	if (!ret && report->options->live)
		ret = plan_ask_vfio(&plan, err);
	if (!ret)
		report_plan(report, &plan);
	plan_destroy(&plan);
	return ret;
}

/* A child of the root or of buses only, whose children Linux makes devices of:
 * of_platform_populate(). */
static bool is_on_simple_bus(const struct host_node *node)
{
	for (node = node->parent; node && node->parent; node = node->parent)
		if (!host_node_matches(node, "simple-bus simple-mfd isa arm,amba-bus"))
			return false;
	return node;
}

/* What Linux makes, or may make, a platform or AMBA device of. */
static bool is_device(const struct host_node *node)
{
	struct range range;
	bool interrupts =
		host_node_has(node, "interrupts") || host_node_has(node, "interrupts-extended");

	if (!node->parent || !host_node_has(node, "compatible") || !host_node_is_available(node) ||
	    !strcmp(node->parent->name, "reserved-memory"))
		return false;
	return host_region(node, 0, &range) || (interrupts && is_on_simple_bus(node));
}

/* A device that makes no sense is told, and is no end. */
static int plan_all(struct report *report, struct err *err)
{
	uint32_t n = report->tree->n_nodes;

	for (uint32_t i = 0; i < n; i++) {
		const struct host_node *node = report->tree->nodes[i];
		char path[512];

		if (!is_device(node) ||
		    !plan_devices(report, NULL, host_node_path(node, path, sizeof(path)), err))
			continue;
		if (err->code == -ENOMEM)
			return err->code;
		if (report->options->json)
			plan_json_add(report->devices, path, NULL, err);
		else
			err_print(err);
	}
	return 0;
}

static int report_all(struct report *report, struct err *err)
{
	const struct plan_options *options = report->options;
	int ret;

	if (options->json)
		report->devices = json_array();
	if (options->dot)
		puts("digraph plan {\n\trankdir=LR;");
	ret = options->all ? plan_all(report, err)
			   : plan_devices(report, &options->config, NULL, err);
	if (options->dot)
		puts("}");
	if (!ret && options->json)
		ret = plan_json_print(json_pack("{s:i,s:o,s:O}", "version", PLAN_JSON_VERSION,
						"tree",
						plan_json_text(options->host_dtb ?: VFIO_HOST_TREE),
						"devices", report->devices),
				      stdout, err);
	json_decref(report->devices);
	return ret;
}

/* Returns an exit status, or a negative errno and @err. */
static int plan(const struct plan_options *options, struct err *err)
{
	struct report report = { .options = options };
	int ret = read_host(&report, err);

	if (!ret && report.tree)
		ret = report_all(&report, err);
	host_live_destroy(report.live);
	host_tree_destroy(report.tree);
	if (ret)
		return ret;
	return report.worst == GRAFT_PASSES || options->all ? EXIT_STATUS_OK : EXIT_STATUS_HOST;
}

int cmd_plan(int argc, char *const *argv, struct err *err)
{
	struct plan_options options = { 0 };
	enum options_wish wish;
	int ret;

	config_init(&options.config);
	ret = options_read("plan", plan_options, &options, &options.config.arena, argc, argv, NULL,
			   &wish, err);
	if (!ret && wish == OPTIONS_RUN)
		ret = check(&options, err) ?: config_finish_devices(&options.config, err);
	if (!ret && !options_help("plan", wish))
		ret = plan(&options, err);
	config_destroy(&options.config);
	return ret;
}
