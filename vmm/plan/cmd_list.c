// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/host/owner.h"
#include "vmm/base/array.h"
#include "vmm/cli/commands.h"
#include "vmm/cli/options.h"
#include "vmm/plan/json.h"
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

/* A list in the making. */
struct list {
	const struct list_options *options;
	struct arena arena; /* the names' */
	const char **names;
	unsigned int n_names;
	struct host_tree *tree; /* NULL: the host has none */
	struct host_live *live;
	json_t *devices;         /* with --json */
	unsigned int n_rows;     /* printed */
	unsigned int n_left_out; /* neither registers nor interrupts */
};

/* A part of the name, or a pattern as a shell has it; without filters any. */
static bool matches(const struct option_list *filters, const char *name)
{
	for (unsigned int i = 0; i < filters->n; i++)
		if (strstr(name, filters->texts[i]) || !fnmatch(filters->texts[i], name, 0))
			return true;
	return !filters->n;
}

static void take_name(void *opaque, const char *name)
{
	struct list *list = opaque;
	const char **added;

	if (!matches(&list->options->filters, name))
		return;
	added = array_add(list->names, list->n_names);
	if (!added) {
		list->arena.failed = true;
		return;
	}
	*added = arena_printf(&list->arena, "%s", name);
	list->n_names++;
}

/* "9000000.pl011" before "10000000.edu"; those without an address behind them. */
static int compare_names(const void *a, const void *b)
{
	const char *name[] = { *(const char *const *)a, *(const char *const *)b };
	unsigned long long at[2];

	for (int i = 0; i < 2; i++) {
		char *end;

		at[i] = strtoull(name[i], &end, 16);
		if (end == name[i] || *end != '.')
			at[i] = ~0ULL;
	}
	if (at[0] != at[1])
		return at[0] < at[1] ? -1 : 1;
	return strcmp(name[0], name[1]);
}

static int no_match(const struct option_list *filters, struct err *err)
{
	err_usage(err, "no device of this host matches %s%s", filters->texts[0],
		  filters->n > 1 ? " or the other names" : "");
	err_why(err, "it is no part of a name on the platform or the amba bus");
	err_fix(err, "dais list --all shows all");
	return err->code;
}

static int find_names(struct list *list, struct err *err)
{
	vfio_host_device_for_each(take_name, list);
	if (list->arena.failed)
		return err_set(err, ENOMEM, "list the host's devices");
	if (list->options->filters.n && !list->n_names)
		return no_match(&list->options->filters, err);
	if (list->n_names)
		qsort(list->names, list->n_names, sizeof(*list->names), compare_names);
	return 0;
}

static void print(struct list *list, const struct list_row *row)
{
	const struct host_facts *facts = &row->device->node.facts;

	if (!facts->n_regions && !facts->n_irqs && !list->options->all &&
	    !list->options->filters.n) {
		list->n_left_out++;
		return;
	}
	if (list->options->json) {
		plan_json_add(list->devices, row->host.name, list_row_json(row), NULL);
		return;
	}
	if (!list->n_rows++)
		list_print_head(stdout);
	list_print_row(row, stdout);
}

static int print_rows(struct list *list, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < list->n_names && !ret; i++) {
		struct list_row row;

		ret = list_row_create(&row, list->tree, list->live, list->names[i], err);
		if (!ret)
			print(list, &row);
		else if (ret == -ENODEV)
			ret = 0;
		list_row_destroy(&row);
	}
	if (ret)
		return ret;
	if (list->options->json)
		return plan_json_print(json_pack("{s:O}", "devices", list->devices), stdout, err);
	if (list->n_left_out)
		printf("%u without registers and interrupts: --all shows them\n", list->n_left_out);
	return 0;
}

static int list_devices(const struct list_options *options, struct err *err)
{
	struct list list = { .options = options };
	int ret = vfio_nodes_read_host(&list.tree, &list.live, err);

	vfio_warn_of_records();
	if (options->json)
		list.devices = json_array();
	if (!ret)
		ret = find_names(&list, err);
	if (!ret)
		ret = print_rows(&list, err);
	json_decref(list.devices);
	free(list.names);
	arena_free(&list.arena);
	host_live_destroy(list.live);
	host_tree_destroy(list.tree);
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
