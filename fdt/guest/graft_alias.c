// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's /aliases (Devicetree Specification 0.4, 3.3) for what it was given. Drivers take
 * numbers of devices from there; those of many UARTs end their probe without one: Linux 6.12,
 * drivers/tty/serial/imx.c, fsl_lpuart.c, stm32-usart.c, serial-tegra.c, qcom_geni_serial.c.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/guest/graft_parts.h"
#include "vmm/base/str.h"

#define CONSOLE "serial0"
#define SERIAL  "serial"

/* Aliases of the host's that it has of one device's subtree; a UART may have none. */
struct alias {
	struct graft_device *device;
	const char *name; /* the host's; NULL: it has none */
	const char *path; /* in the guest */
};

/* Where the copy of a node is, below @above; NULL: it is not among these. */
static const char *find_path(struct graft *graft, const struct graft_node *nodes,
			     const struct host_node *node, const char *above)
{
	const char *path = NULL;

	for (; nodes && !path; nodes = nodes->next) {
		const char *own = arena_printf(&graft->arena, "%s/%s", above, nodes->name);

		if (nodes->host == node || !own)
			path = own;
		else
			path = find_path(graft, nodes->child, node, own);
	}
	return path;
}

static const char *guest_path(struct graft *graft, const struct graft_device *device,
			      const char *host_path)
{
	const struct host_node *node = host_tree_find(graft->tree, host_path);

	if (!node || node == device->node)
		return node ? device->out.path : NULL;
	return find_path(graft, device->out.nodes->child, node, device->out.path);
}

static void add(struct graft *graft, struct graft_device *device, const char *name,
		const char *path, const char *reason)
{
	struct graft_item *item;

	if (!path)
		return; /* out of memory */
	if (!device->aliases) {
		const struct host_node *host = host_tree_find(graft->tree, "/aliases");

		/* The console's, and a UART's that has none. */
		device->aliases =
			graft_node_new(graft, "aliases", NULL, 2 + (host ? host->n_properties : 0));
		if (!device->aliases)
			return;
		graft_join(device, device->aliases);
	}
	item = graft_make_item(device->aliases, name, "aliases.yaml");
	item->reason = GRAFT_REASON(reason);
	graft_value(item, path, strlen(path) + 1);
}

/* Append what the host has of one device. */
static size_t collect(struct graft *graft, struct graft_device *device,
		      const struct host_node *host, struct alias *aliases)
{
	const char *path = graft_path(graft, device->node);
	size_t length = strlen(path), n = 0;
	bool own = false;

	for (size_t i = 0; host && i < host->n_properties; i++) {
		const char *value = host_property_string(&host->properties[i], 0);
		const char *guest;

		if (!value || strncmp(value, path, length) ||
		    (value[length] && value[length] != '/'))
			continue;
		guest = guest_path(graft, device, value);
		if (!guest)
			continue;
		own = own || !value[length];
		aliases[n++] = (struct alias){ device, host->properties[i].name, guest };
	}
	if (!own && str_matches(device->node->name, "serial@* uart@*"))
		aliases[n++] = (struct alias){ device, NULL, device->out.path };
	return n;
}

/* INT_MAX: it has none, and comes last. */
static int serial_number(const struct alias *alias)
{
	return alias->name ? atoi(alias->name + strlen(SERIAL)) : INT_MAX;
}

static bool is_serial(const struct alias *alias)
{
	return alias->path && (!alias->name || str_matches(alias->name, SERIAL "[0-9]*"));
}

/* In the host's order, with its numbers where they are not dais' own console's. */
static void number_serials(struct graft *graft, struct alias *aliases, size_t n)
{
	int next = graft->host.console ? 1 : 0;

	for (;;) {
		struct alias *first = NULL;
		const char *name;
		int number;

		for (size_t i = 0; i < n; i++)
			if (is_serial(&aliases[i]) &&
			    (!first || serial_number(&aliases[i]) < serial_number(first)))
				first = &aliases[i];
		if (!first)
			return;
		if (graft->host.console && next == 1)
			add(graft, first->device, CONSOLE, graft->host.console,
			    "dais' own console");
		number = serial_number(first);
		if (number < next || number == INT_MAX)
			number = next;
		next = number + 1;
		name = arena_printf(&graft->arena, SERIAL "%d", number);
		if (name)
			add(graft, first->device, name, first->path,
			    first->name && strcmp(name, first->name) == 0
				    ? "drivers find its number here, the host's"
				    : "drivers find its number here, behind those that have "
				      "others");
		first->path = NULL; /* done */
	}
}

void graft_plan_aliases(struct graft *graft)
{
	const struct host_node *host = host_tree_find(graft->tree, "/aliases");
	size_t n_max = (host ? host->n_properties : 0) + 1, n = 0;
	struct alias *aliases =
		arena_alloc(&graft->arena, graft->n_devices * n_max * sizeof(*aliases));

	for (unsigned int i = 0; aliases && i < graft->n_devices; i++) {
		graft->devices[i].aliases = NULL;
		if (graft->devices[i].out.result == GRAFT_PASSES)
			n += collect(graft, &graft->devices[i], host, aliases + n);
	}
	for (size_t i = 0; i < n; i++)
		if (!is_serial(&aliases[i]))
			add(graft, aliases[i].device, aliases[i].name, aliases[i].path,
			    "drivers find its number here, the host's");
	number_serials(graft, aliases, n);
}
