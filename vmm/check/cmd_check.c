// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/check/check.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"
#include "vmm/machine/machine.h"

/* What the command line says. */
struct check_options {
	struct check_request request;
	bool json;
	const char *irq;   /* NULL: not asked for */
	int n_run_options; /* behind it */
	char *const *run_options;
};

#define CHECK_OPTION(...) OPTION(struct check_options, __VA_ARGS__)

const struct option check_options[] = {
	CHECK_OPTION("config", "FILE", option_add_text, request.files,
		     "Check this VM. A DEVICE stands for a VM that wants it.", .letter = 'c'),
	CHECK_OPTION("json", NULL, option_set_flag, json, "Print JSON."),
	CHECK_OPTION("irq", "DEVICE[,KEY=VALUE]...", option_set_text, irq,
		     "Fire each interrupt of this device of the host, in every mode, through its "
		     "real path to a small guest, without an event of the hardware. Opens the "
		     "device, and so resets it where the kernel can. Behind it stand options as of "
		     "dais run: one without an IOMMU wants those that it wants of that.",
		     .ends = true),
	OPTIONS_HELP_ROW,
	CHECK_OPTION("", "DEVICE", option_add_text, request.devices, ""),
	{ .key = NULL },
};

static int read_options(struct check_options *options, int argc, char *const *argv,
			enum options_wish *wish, struct err *err)
{
	int n, ret = options_read("check", check_options, options, NULL, argc, argv, &n, wish, err);

	if (ret || *wish != OPTIONS_RUN || !options->irq)
		return ret;
	options->run_options = argv + n;
	options->n_run_options = argc - n;
	for (; n < argc; n++)
		if (!strcmp(argv[n], "--help") || !strcmp(argv[n], "-h"))
			*wish = OPTIONS_HELP;
	if (options->json || options->request.files.n || options->request.devices.n) {
		err_usage(err, "--irq is a check of its own");
		return err_fix(err, "give --irq DEVICE alone");
	}
	return 0;
}

static int fire(const struct check_options *options, struct err *err)
{
	int ret;

	log_set_level(LOG_ERROR);
	ret = machine_block_signals(err)
		      ?: check_irq(options->irq, options->n_run_options, options->run_options, err);
	return ret > 0 ? EXIT_STATUS_FAILURE : ret;
}

static int look(const struct check_options *options, struct err *err)
{
	struct check check;
	int ret = check_run(&check, &options->request, err);

	if (!ret && options->json)
		ret = check_print_json(&check, stdout, err);
	else if (!ret)
		check_print_text(&check, stdout);
	if (!ret && check.n_of[CHECK_BLOCKS])
		ret = EXIT_STATUS_HOST;
	check_destroy(&check);
	return ret;
}

int cmd_check(int argc, char *const *argv, struct err *err)
{
	struct check_options options = { 0 };
	enum options_wish wish;
	int ret = read_options(&options, argc, argv, &wish, err);

	if (!ret && !options_help("check", wish))
		ret = options.irq ? fire(&options, err) : look(&options, err);
	free(options.request.files.texts);
	free(options.request.devices.texts);
	return ret;
}
