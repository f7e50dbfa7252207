// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/plan/list.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/nodes/nodes.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

/* The names of all devices that the filters let through. */
struct names {
	const struct option_list *filters;
	char **items;
	unsigned int n_items;
	bool out_of_memory;
};

static bool matches(const struct names *names, const char *name)
{
	for (unsigned int i = 0; i < names->filters->n; i++)
		if (strstr(name, names->filters->texts[i]) ||
		    !fnmatch(names->filters->texts[i], name, 0))
			return true;
	return !names->filters->n;
}

static void take_name(void *opaque, const char *name)
{
	struct names *names = opaque;
	char **items;

	if (!matches(names, name))
		return;
	items = realloc(names->items, (names->n_items + 1) * sizeof(*items));
	if (items) {
		names->items = items;
		items[names->n_items] = str_dup(name);
	}
	if (!items || !items[names->n_items])
		names->out_of_memory = true;
	else
		names->n_items++;
}

static void names_destroy(struct names *names)
{
	for (unsigned int i = 0; i < names->n_items; i++)
		free(names->items[i]);
	free(names->items);
}

/* "9000000.pl011" before "10000000.edu"; those without an address behind them. */
static int compare_devices(const void *a, const void *b)
{
	const char *name[] = { ((const struct list_device *)a)->host.name,
			       ((const struct list_device *)b)->host.name };
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

/* The members of a group but one; @failed when memory ran out. */
struct member_walk {
	const char *but;
	struct list_member *items;
	unsigned int n_items;
	bool failed;
};

static void take_member(void *opaque, const char *name, const char *driver)
{
	struct member_walk *walk = opaque;
	struct list_member *items;

	if (!strcmp(name, walk->but))
		return;
	items = realloc(walk->items, (walk->n_items + 1) * sizeof(*items));
	if (!items) {
		walk->failed = true;
		return;
	}
	walk->items = items;
	items += walk->n_items++;
	str_copy(items->name, sizeof(items->name), name);
	str_copy(items->driver, sizeof(items->driver), driver);
}

static int read_device(struct list *list, struct list_device *device, struct err *err)
{
	const char *name = device->host.name;
	struct member_walk walk = { .but = name };

	if (list->tree)
		device->node = host_live_node(list->tree, name);
	if (device->host.group >= 0)
		vfio_host_group_for_each(device->host.group, take_member, &walk);
	device->members = walk.items;
	device->n_members = walk.n_items;
	return walk.failed ? err_set(err, ENOMEM, "list %s", name) : list_judge(list, device, err);
}

static void device_destroy(struct list_device *device)
{
	for (unsigned int i = 0; i < device->n_reasons; i++)
		free(device->reasons[i]);
	free(device->reasons);
	free(device->members);
	host_facts_destroy(&device->facts);
}

static int read_devices(struct list *list, const struct names *names, bool all, struct err *err)
{
	list->devices = calloc(names->n_items + 1, sizeof(*list->devices));
	if (!list->devices)
		return err_set(err, ENOMEM, "list the host's devices");
	for (unsigned int i = 0; i < names->n_items; i++) {
		struct list_device *device = &list->devices[list->n_devices];
		int ret;

		/* One that is gone since, or a link that leads nowhere. */
		if (vfio_host_device_find(&device->host, names->items[i], err))
			continue;
		list->n_devices++;
		ret = read_device(list, device, err);
		if (ret)
			return ret;
		if (all || device->facts.n_regions || device->facts.n_irqs)
			continue;
		device_destroy(device);
		*device = (struct list_device){ 0 };
		list->n_devices--;
		list->n_left_out++;
	}
	qsort(list->devices, list->n_devices, sizeof(*list->devices), compare_devices);
	return 0;
}

static int no_match(const struct names *names, struct err *err)
{
	err_usage(err, "no device of this host matches %s%s", names->filters->texts[0],
		  names->filters->n > 1 ? " or the other names" : "");
	err_why(err, "it is no part of a name on the platform or the amba bus");
	err_fix(err, "dais list --all shows all");
	return err->code;
}

int list_create(struct list *list, const struct option_list *filters, bool all, struct err *err)
{
	struct names names = { .filters = filters };
	int ret = 0;

	*list = (struct list){ 0 };
	ret = vfio_nodes_read_host(&list->tree, &list->live, err);
	if (ret)
		return ret;
	vfio_host_device_for_each(take_name, &names);
	if (names.out_of_memory)
		ret = err_set(err, ENOMEM, "list the host's devices");
	else if (filters->n && !names.n_items)
		ret = no_match(&names, err);
	else
		ret = read_devices(list, &names, all || filters->n, err);
	names_destroy(&names);
	return ret;
}

void list_destroy(struct list *list)
{
	for (unsigned int i = 0; i < list->n_devices; i++)
		device_destroy(&list->devices[i]);
	free(list->devices);
	host_live_destroy(list->live);
	host_tree_destroy(list->tree);
	*list = (struct list){ 0 };
}
