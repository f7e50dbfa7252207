// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/check/check.h"
#include "vmm/cli/commands.h"
#include "vmm/machine/machine.h"

static void print_help(void)
{
	command_print_usage("check", stdout);
	puts("\nTell everything that stands between this host and a run of these VMs, all at\n"
	     "once, each with a remedy: what blocks a run (then the exit status is 3), what\n"
	     "makes it worse than it could be, and what is fine. Several VMs are meant to run\n"
	     "at the same time: what two of them want is told, too. Nothing is changed, and no\n"
	     "device is opened.\n\n"
	     "  -c, --config FILE\n"
	     "      Check this VM. A DEVICE stands for a VM that wants it.\n"
	     "  --json\n"
	     "      Print JSON.\n"
	     "  --irq DEVICE[,KEY=VALUE]... [OPTION-OF-RUN VALUE]...\n"
	     "      Fire each interrupt of this device of the host, in every mode, through its\n"
	     "      real path to a small guest, without an event of the hardware. Opens the\n"
	     "      device, and so resets it where the kernel can. One without an IOMMU wants\n"
	     "      the options that it wants of dais run.\n"
	     "  -h, --help\n"
	     "      This help.");
}

/* What the command line says beside the request. */
struct check_options {
	bool json;
	bool help;
	const char *irq;   /* NULL: not asked for */
	int n_run_options; /* behind it */
	char *const *run_options;
};

static bool is_option(const char *arg, const char *key, char letter)
{
	return (arg[0] == '-' && arg[1] == letter && !arg[2]) || !strcmp(arg, key);
}

static int parse(struct check_options *options, struct check_request *request, int argc,
		 char *const *argv, struct err *err)
{
	for (int i = 0; i < argc; i++) {
		const char *arg = argv[i];

		if (arg[0] != '-') {
			request->devices[request->n_devices++] = arg;
		} else if (is_option(arg, "--config", 'c') && i + 1 < argc) {
			request->files[request->n_files++] = argv[++i];
		} else if (!strcmp(arg, "--irq") && i + 1 < argc) {
			options->irq = argv[++i];
			options->run_options = argv + i + 1;
			options->n_run_options = argc - i - 1;
			while (++i < argc)
				options->help |= is_option(argv[i], "--help", 'h');
		} else if (!strcmp(arg, "--json")) {
			options->json = true;
		} else if (is_option(arg, "--help", 'h')) {
			options->help = true;
		} else {
			err_usage(err, "%s: unknown option, or one without its value", arg);
			err_fix(err, "dais help check lists them");
			return err->code;
		}
	}
	if (options->irq && (options->json || request->n_files || request->n_devices)) {
		err_usage(err, "--irq is a check of its own");
		err_fix(err, "give --irq DEVICE alone");
		return err->code;
	}
	return 0;
}

static int fire(const struct check_options *options, struct err *err)
{
	int ret;

	log_set_level(LOG_ERROR);
	ret = machine_block_signals(err);
	if (!ret)
		ret = check_irq(options->irq, options->n_run_options, options->run_options, err);
	return ret > 0 ? EXIT_STATUS_FAILURE : ret;
}

static int look(const struct check_options *options, const struct check_request *request,
		struct err *err)
{
	struct check check;
	int ret = check_run(&check, request, err);

	if (!ret && options->json)
		ret = check_print_json(&check, stdout, err);
	else if (!ret)
		check_print_text(&check, stdout);
	if (!ret && check_count(&check, CHECK_BLOCKS))
		ret = EXIT_STATUS_HOST;
	check_destroy(&check);
	return ret;
}

/* The exit status, or a negative errno and @err. */
static int run(int argc, char *const *argv, struct err *err)
{
	owned_ptr const char **files = calloc((size_t)argc + 1, sizeof(*files));
	owned_ptr const char **devices = calloc((size_t)argc + 1, sizeof(*devices));
	struct check_request request = { .files = files, .devices = devices };
	struct check_options options = { 0 };
	int ret;

	if (!files || !devices)
		return err_set(err, ENOMEM, "read the command line");
	ret = parse(&options, &request, argc, argv, err);
	if (ret)
		return ret;
	if (!options.help)
		return options.irq ? fire(&options, err) : look(&options, &request, err);
	print_help();
	return EXIT_STATUS_OK;
}

int cmd_check(int argc, char *const *argv)
{
	struct err err;
	int ret = run(argc, argv, &err);

	if (ret >= 0)
		return ret;
	err_print(&err);
	return err_exit_status(&err);
}
