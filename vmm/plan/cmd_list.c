// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/own.h"
#include "vmm/cli/commands.h"
#include "vmm/plan/list.h"

/* What the command line says; the rest of it are filters. */
struct list_options {
	bool json;
	bool all;
	bool help;
};

static void print_help(void)
{
	command_print_usage("list", stdout);
	puts("\nList the host's platform and AMBA devices: driver, IOMMU group, whether the\n"
	     "kernel has a reset handler for it, whether its DMA is coherent, registers,\n"
	     "interrupts, and whether a guest can have it: ready (bound to VFIO), assignable\n"
	     "(dais plan tells what the guest gets), needs-answer, no-iommu, or no, and why.\n"
	     "No device is opened. DEVICE is a part of a device's name, or a pattern with * and ?.\n\n"
	     "  --all   Also those that have neither registers nor interrupts.\n"
	     "  --json  Print JSON.\n"
	     "  -h, --help  This help.");
}

static int parse(struct list_options *options, int argc, char *const *argv, char **filters,
		 unsigned int *n_filters, struct err *err)
{
	for (int i = 0; i < argc; i++) {
		if (argv[i][0] != '-') {
			filters[(*n_filters)++] = argv[i];
		} else if (!strcmp(argv[i], "--json")) {
			options->json = true;
		} else if (!strcmp(argv[i], "--all")) {
			options->all = true;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			options->help = true;
		} else {
			err_usage(err, "unknown option '%s'", argv[i]);
			err_fix(err, "dais help list lists all options");
			return err->code;
		}
	}
	return 0;
}

static int print_json(const struct list *list, struct err *err)
{
	json_t *root = list_json(list);
	int ret = root ? json_dumpf(root, stdout, JSON_INDENT(2)) : -1;

	json_decref(root);
	putchar('\n');
	return ret ? err_set(err, 0, "the list cannot be written as JSON") : 0;
}

static int list_devices(const struct list_options *options, char *const *filters,
			unsigned int n_filters, struct err *err)
{
	struct list list;
	int ret = list_create(&list, filters, n_filters, options->all, err);

	if (!ret && options->json)
		ret = print_json(&list, err);
	else if (!ret)
		list_print_text(&list, stdout);
	list_destroy(&list);
	return ret;
}

static int run(int argc, char *const *argv, struct err *err)
{
	owned_ptr char **filters = calloc((size_t)argc + 1, sizeof(*filters));
	struct list_options options = { 0 };
	unsigned int n_filters = 0;
	int ret;

	if (!filters)
		return err_set(err, ENOMEM, "read the command line");
	ret = parse(&options, argc, argv, filters, &n_filters, err);
	if (ret)
		return ret;
	if (!options.help)
		return list_devices(&options, filters, n_filters, err);
	print_help();
	return 0;
}

int cmd_list(int argc, char *const *argv)
{
	struct err err;

	if (!run(argc, argv, &err))
		return EXIT_STATUS_OK;
	err_print(&err);
	return err_exit_status(&err);
}
