// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/own.h"
#include "vmm/cli/commands.h"
#include "vmm/cli/options.h"
#include "vmm/plan/list.h"

/* What the command line says. */
struct list_options {
	struct option_list filters;
	bool json;
	bool all;
};

#define LIST_OPTION(...) OPTION(struct list_options, __VA_ARGS__)

const struct option list_options[] = {
	LIST_OPTION("all", NULL, option_set_flag, all,
		    "Also those that have neither registers nor interrupts."),
	LIST_OPTION("json", NULL, option_set_flag, json, "Print JSON."),
	OPTIONS_HELP_ROW,
	LIST_OPTION("", "DEVICE", option_add_text, filters, ""),
	{ .key = NULL },
};

static int print_json(const struct list *list, struct err *err)
{
	json_t *root = list_json(list);
	int ret = root ? json_dumpf(root, stdout, JSON_INDENT(2)) : -1;

	json_decref(root);
	putchar('\n');
	return ret ? err_set(err, 0, "the list cannot be written as JSON") : 0;
}

static int list_devices(const struct list_options *options, struct err *err)
{
	struct list list;
	int ret = list_create(&list, &options->filters, options->all, err);

	if (!ret && options->json)
		ret = print_json(&list, err);
	else if (!ret)
		list_print_text(&list, stdout);
	list_destroy(&list);
	return ret;
}

int cmd_list(int argc, char *const *argv)
{
	struct list_options options = { 0 };
	enum options_wish wish;
	struct err err;
	int ret = options_read("list", list_options, &options, NULL, argc, argv, NULL, &wish, &err);

	if (!ret && !options_help("list", wish))
		ret = list_devices(&options, &err);
	free(options.filters.texts);
	if (!ret)
		return EXIT_STATUS_OK;
	err_print(&err);
	return err_exit_status(&err);
}
