// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/live.h"

#include <limits.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

#define MAX_MODULES (64 << 20)
#define MAX_GENPD   (4 << 20)

static const char buses[][28] = { "/sys/bus/platform/devices", "/sys/bus/amba/devices" };

int host_live_create(const struct host_tree *tree, struct host_live **live, struct err *err)
{
	size_t size;
	int ret;

	*live = calloc(1, sizeof(**live));
	if (!*live)
		return err_set(err, ENOMEM, "read the host's state");
	(*live)->tree = tree;
	(*live)->clocks_error = host_clocks_read(&(*live)->clocks);
	ret = file_read(&(*live)->domains, &size, MAX_GENPD,
			"/sys/kernel/debug/pm_genpd/pm_genpd_summary");
	if ((*live)->clocks_error == -ENOMEM || ret == -ENOMEM) {
		host_live_destroy(*live);
		*live = NULL;
		return err_set(err, ENOMEM, "read the host's state");
	}
	return 0;
}

void host_live_destroy(struct host_live *live)
{
	if (!live)
		return;
	host_clocks_destroy(&live->clocks);
	free(live->domains);
	for (size_t i = 0; i < n_elems(live->aliases); i++)
		free(live->aliases[i].data);
	free(live->records);
	free(live->recorded);
	free(live);
}

/* The path of the node of the device @name in @dir, NULL: it has none. @target keeps it. */
static const char *node_path(const char *dir, const char *name, char target[PATH_MAX])
{
	static const char base[] = "/firmware/devicetree/base";
	char link[PATH_MAX];
	const char *found;

	snprintf(link, sizeof(link), "%s/%s/of_node", dir, name);
	found = sys_readlink(link, target, PATH_MAX) < 0 ? NULL : strstr(target, base);
	return found ? found + strlen(base) : NULL;
}

/* The first of @dir's entries whose node is @path, into @name, which may be a guess. */
static bool find_by_node(const char *dir, const char *path, char *name, size_t size)
{
	owned_dir DIR *d = NULL;
	char target[PATH_MAX];
	const char *node = name[0] ? node_path(dir, name, target) : NULL;

	if (node && !strcmp(node, path))
		return true;
	d = file_open_dir("%s", dir);
	for (const char *entry; (entry = file_next_name(d));) {
		node = node_path(dir, entry, target);
		if (node && !strcmp(node, path) && str_copy(name, size, entry))
			return true;
	}
	return false;
}

const struct host_node *host_live_node(const struct host_tree *tree, const char *name)
{
	for (size_t i = 0; i < n_elems(buses) && !strchr(name, '/'); i++) {
		char target[PATH_MAX];
		const char *path = node_path(buses[i], name, target);

		if (path)
			return host_tree_find(tree, path);
	}
	return NULL;
}

/* Whether a list of aliases, text or strings with NULs between, has @alias as a whole word. */
static bool has_alias(const char *list, size_t size, const char *alias)
{
	size_t length = strlen(alias);
	const char *at = list;

	while ((at = memmem(at, size - (size_t)(at - list), alias, length))) {
		at += length; /* file_read() has put a NUL behind the last byte */
		if (!*at || *at == ' ' || *at == '\n')
			return true;
	}
	return false;
}

/* modules.alias has the modules that there are, modules.builtin.modinfo what is built in. */
static void read_aliases(struct host_live *live)
{
	static const char lists[][24] = { "modules.alias", "modules.builtin.modinfo" };
	char release[96];

	live->aliases_read = true;
	if (file_read_line(release, sizeof(release), "/proc/sys/kernel/osrelease"))
		return;
	for (size_t i = 0; i < n_elems(lists); i++)
		file_read(&live->aliases[i].data, &live->aliases[i].size, MAX_MODULES,
			  "/lib/modules/%s/%s", release, lists[i]);
}

/* vfio_platform_get_reset() asks for the module "vfio-reset:" with the first compatible. */
static enum live_handler find_reset_handler(struct host_live *live, const struct host_node *node)
{
	const struct host_property *compatible = host_node_find(node, "compatible");
	const char *first = compatible ? host_property_string(compatible, 0) : NULL;
	enum live_handler handler = LIVE_HANDLER_UNKNOWN;
	char alias[160];

	if (!live->aliases_read)
		read_aliases(live);
	snprintf(alias, sizeof(alias), "vfio-reset:%s", first ?: "");
	for (size_t i = 0; first && i < n_elems(live->aliases); i++) {
		const struct live_aliases *list = &live->aliases[i];

		if (list->data && has_alias(list->data, list->size, alias))
			return LIVE_HANDLER_THERE;
		if (list->data)
			handler = LIVE_HANDLER_NONE;
	}
	return handler;
}

void host_live_device(struct host_live *live, const struct host_node *node,
		      struct live_device *device)
{
	owned_ptr char *reserved = NULL;
	char path[PATH_MAX], name[128], *next;
	struct err err;

	*device = (struct live_device){ .host.group = -1 };
	device->reset_handler = find_reset_handler(live, node);
	host_node_path(node, path, sizeof(path));
	/* Nearly all devices have the name that their node gives them. */
	host_node_device_name(node, name, sizeof(name));
	for (size_t i = 0; i < n_elems(buses) && !device->found; i++)
		device->found = find_by_node(buses[i], path, name, sizeof(name)) &&
				!vfio_host_device_find(&device->host, name, &err);
	/* kernel/module resets by the device's lines, and by nothing else. */
	if (device->found && vfio_host_device_is_for_dais(&device->host))
		device->reset_handler =
			host_node_has(node, "resets") ? LIVE_HANDLER_THERE : LIVE_HANDLER_NO_LINE;
	if (!device->found || device->host.group < 0)
		return;
	vfio_host_group_members(device->host.group, device->members, sizeof(device->members));
	reserved = vfio_host_group_reserved(device->host.group);
	next = reserved;
	while (device->n_reserved < LIVE_MAX_RESERVED &&
	       vfio_reserved_next(&next, &device->reserved[device->n_reserved]))
		device->n_reserved++;
}

int host_live_regulator(const struct host_node *regulator, char *dir, size_t size)
{
	static const char class[] = "/sys/class/regulator";
	char path[PATH_MAX], name[64] = "";

	host_node_path(regulator, path, sizeof(path));
	if (!find_by_node(class, path, name, sizeof(name)))
		return -ENOENT;
	snprintf(dir, size, "%s/%s", class, name);
	return 0;
}

static int clock_rate(void *opaque, const struct host_node *consumer, unsigned int index,
		      uint64_t *hz)
{
	struct host_live *live = opaque;
	char name[128];
	const struct host_clock *clock =
		host_clock_find(&live->clocks, live->tree, consumer,
				host_node_device_name(consumer, name, sizeof(name)), index);

	if (!clock || !clock->hz)
		return -ENOENT;
	*hz = clock->hz;
	return 0;
}

static int supply_voltage(void *opaque, const struct host_node *regulator, uint32_t *microvolt)
{
	uint64_t value;
	char dir[96];

	(void)opaque;
	if (host_live_regulator(regulator, dir, sizeof(dir)) ||
	    file_read_u64(&value, "%s/microvolts", dir) || !value || value > UINT32_MAX)
		return -ENOENT;
	*microvolt = (uint32_t)value;
	return 0;
}

int host_live_driver(void *opaque, const struct host_node *node, char *name, size_t size)
{
	char path[PATH_MAX], device[128];

	(void)opaque;
	host_node_path(node, path, sizeof(path));
	host_node_device_name(node, device, sizeof(device));
	for (size_t i = 0; i < n_elems(buses); i++)
		if (find_by_node(buses[i], path, device, sizeof(device)))
			return file_link_name(name, size, "%s/%s/driver", buses[i], device);
	return -ENOENT;
}

void host_live_for_graft(struct host_live *live, struct graft_host *host)
{
	*host = (struct graft_host){
		.opaque = live,
		.clock_rate = clock_rate,
		.supply_voltage = supply_voltage,
	};
}
