// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/host/owner.h"
#include "vmm/base/array.h"
#include "vmm/base/str.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"
#include "vmm/plan/print.h"

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

/* One more text; when memory runs out, the arena tells it at the end. */
static void add_text(struct arena *arena, const char ***texts, unsigned int *n, const char *text)
{
	const char **added = array_add(*texts, *n);

	arena->failed |= !added;
	if (added)
		(*texts)[(*n)++] = text;
}

#define add_reason(row, ...)                                        \
	add_text(&(row)->arena, &(row)->reasons, &(row)->n_reasons, \
		 arena_printf(&(row)->arena, __VA_ARGS__))

static void take_members(struct list_row *row)
{
	struct vfio_group_members members = { .group = row->host.group };

	for (const char *name; (name = vfio_group_next_member(&members));) {
		struct list_member *member = array_add(row->members, row->n_members);

		row->arena.failed |= !member;
		if (!member || !strcmp(name, row->host.name))
			continue;
		row->n_members++;
		str_copy(member->name, sizeof(member->name), name);
		str_copy(member->driver, sizeof(member->driver), members.driver);
	}
}

/* VFIO wants the whole group: its members bound to VFIO too, or to no driver. */
static void judge_members(struct list_row *row)
{
	for (unsigned int i = 0; i < row->n_members; i++) {
		const struct list_member *member = &row->members[i];

		if (!member->driver[0] || !strncmp(member->driver, "vfio-", 5))
			continue;
		if (row->state == LIST_READY)
			row->state = LIST_ASSIGNABLE;
		add_reason(row,
			   "%s must leave the host's driver %s first: both are in IOMMU group %d",
			   member->name, member->driver, row->host.group);
	}
}

static void judge_plan(struct list_row *row)
{
	static const enum list_state states[] = {
		[GRAFT_PASSES] = LIST_ASSIGNABLE,
		[GRAFT_NEEDS_ANSWER] = LIST_ASKS,
		[GRAFT_REFUSED] = LIST_NO,
	};
	const struct vfio_node *node = &row->device->node;
	const char *reason;
	struct err err;

	row->state = states[node->result];
	if (row->state == LIST_ASSIGNABLE && vfio_host_device_is_bound(&row->host))
		row->state = LIST_READY;
	if (node->result != GRAFT_PASSES) /* else they are remarks */
		for (unsigned int i = 0; (reason = plan_reason(&row->plan, row->device, i)); i++)
			add_reason(row, "%s", reason);
	else if ((reason = graft_outcome(row->plan.nodes.graft, node->number)->shares))
		add_reason(row, "%s", reason);
	if (row->state == LIST_NO)
		return;
	if (vfio_host_device_check_unbind(&row->host, &err))
		add_reason(row, "%s: %s", err.what, err.fix);
	judge_members(row);
	if (!node->direct_dma)
		return;
	row->state = LIST_NO_IOMMU;
	if (row->host.group < 0)
		add_reason(row,
			   "it is in no IOMMU group, and its node has no iommus, or disabled ones");
	else
		add_reason(row, "no IOMMU stands behind its group");
}

static int judge_node(struct list_row *row, const struct host_tree *tree, struct host_live *live,
		      struct err *err)
{
	int ret;

	row->state = LIST_NO;
	if (!tree || !host_live_node(tree, row->host.name)) {
		add_reason(row, "it has no node in the host's device tree, from which the guest's "
				"would be made");
		return 0;
	}
	ret = plan_create_alone(&row->plan, tree, live, row->host.name, "dais list", err);
	if (!ret) {
		row->device = &row->plan.devices[0];
		judge_plan(row);
	} else if (ret != -ENOMEM) {
		add_reason(row, "%s%s%s", err->what, err->why[0] ? ": " : "", err->why);
	}
	return ret == -ENOMEM ? ret : 0;
}

/* Whether a guest could have it matters when nobody has it. */
static void judge_use(struct list_row *row)
{
	struct err why;
	enum vfio_use use = vfio_device_use(&row->host, &why);

	if (use == VFIO_USE_NONE)
		return;
	row->state = use == VFIO_USE_OWNED ? LIST_HELD : LIST_LEFT_BOUND;
	if (use == VFIO_USE_OWNED)
		add_reason(row, "%s", why.why);
	else
		add_reason(row, "%s: %s", why.why, why.fix);
}

/* -ENODEV without a message when the device is gone, or a link leads nowhere. row_destroy() also
 * after an error. */
static int row_create(struct list_row *row, const struct host_tree *tree, struct host_live *live,
		      const char *name, struct err *err)
{
	int ret;

	*row = (struct list_row){ 0 };
	/* as long as there is no plan: a device of which nothing is known */
	row->device = arena_alloc(&row->arena, sizeof(*row->device));
	if (!row->device)
		return err_set(err, ENOMEM, "list %s", name);
	if (vfio_host_device_find(&row->host, name, err))
		return -ENODEV;
	take_members(row);
	ret = judge_node(row, tree, live, err);
	if (!ret)
		judge_use(row);
	return row->arena.failed ? err_set(err, ENOMEM, "list %s", name) : ret;
}

static void row_destroy(struct list_row *row)
{
	plan_destroy(&row->plan);
	free(row->members);
	free(row->reasons);
	arena_free(&row->arena);
}

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

static int find_names(struct list *list, struct err *err)
{
	const struct option_list *filters = &list->options->filters;
	struct vfio_host_names names = { 0 };

	for (const char *name; (name = vfio_host_next_name(&names));)
		if (matches(filters, name))
			add_text(&list->arena, &list->names, &list->n_names,
				 arena_printf(&list->arena, "%s", name));
	if (list->arena.failed)
		return err_set(err, ENOMEM, "list the host's devices");
	if (filters->n && !list->n_names) {
		err_usage(err, "no device of this host matches %s%s", filters->texts[0],
			  filters->n > 1 ? " or the other names" : "");
		err_why(err, "it is no part of a name on the platform or the amba bus");
		return err_fix(err, "dais list --all shows all");
	}
	if (list->n_names)
		qsort(list->names, list->n_names, sizeof(*list->names), compare_names);
	return 0;
}

static void print(struct list *list, struct list_row *row)
{
	const struct host_facts *facts = &row->device->node.facts;

	if (!facts->n_regions && !facts->n_irqs && !list->options->all &&
	    !list->options->filters.n) {
		list->n_left_out++;
		return;
	}
	if (list->options->json)
		plan_json_add(list->devices, row->host.name, list_row_json(row), NULL);
	else
		list_print_row(row, !list->n_rows++, stdout);
}

static int print_rows(struct list *list, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < list->n_names && !ret; i++) {
		struct list_row row;

		ret = row_create(&row, list->tree, list->live, list->names[i], err);
		if (!ret)
			print(list, &row);
		else if (ret == -ENODEV)
			ret = 0;
		row_destroy(&row);
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
	ret = ret ?: find_names(&list, err) ?: print_rows(&list, err);
	json_decref(list.devices);
	free(list.names);
	arena_free(&list.arena);
	host_live_destroy(list.live);
	host_tree_destroy(list.tree);
	return ret;
}

int cmd_list(int argc, char *const *argv, struct err *err)
{
	struct list_options options = { 0 };
	enum options_wish wish;
	int ret = options_read("list", list_options, &options, NULL, argc, argv, NULL, &wish, err);

	if (!ret && !options_help("list", wish))
		ret = list_devices(&options, err);
	free(options.filters.texts);
	return ret;
}
