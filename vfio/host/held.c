// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/held.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

#define PATH_SIZE 512

#define KEEP_CLOCK                                                                                \
	"keep the host's driver from binding, from boot on, and boot with clk_ignore_unused; or " \
	"give the clock a second user in the host's tree"
#define KEEP_SUPPLY                                                                               \
	"boot with regulator_ignore_unused and keep the host's driver from binding; or give the " \
	"regulator regulator-always-on in the host's tree"
#define KEEP_DOMAIN                                                                               \
	"boot with pd_ignore_unused and keep the host's driver from binding; or give the domain " \
	"a second user in the host's tree"
#define WATCH_RESET                                                                           \
	"if the device is dead in the guest, take resets out of the host's node, so that no " \
	"driver asserts the line at unbind"
#define MOUNT_DEBUGFS \
	"read as root, with debugfs mounted: mount -t debugfs debugfs /sys/kernel/debug"

const char *held_state_name(enum held_state state)
{
	static const char *const names[] = {
		[HELD_UNKNOWN] = "unknown",
		[HELD_ON] = "on",
		[HELD_OFF] = "off",
	};

	return names[state];
}

/* The driver of the host, whose unbind switches things off; NULL: none, or VFIO's. */
static const char *host_driver(const struct live_device *device)
{
	const char *driver = device->found ? device->host.driver : "";

	return driver[0] && strncmp(driver, "vfio-", 5) ? driver : NULL;
}

static const char *name_of(const struct held *held, const char *names, size_t index)
{
	const struct host_property *property = host_node_find(held->node, names);

	return property ? host_property_string(property, (unsigned int)index) : NULL;
}

/* @count users keep it on; one of them is the driver, if there is one. */
static void judge_count(struct held *held, const struct live_device *device, const char *what,
			unsigned int count, const char *remedy)
{
	const char *driver = host_driver(device);

	held->state = count ? HELD_ON : HELD_OFF;
	held->cut = driver && count == 1;
	held->remedy = held->cut || !count ? remedy : NULL;
	if (driver && count)
		snprintf(held->how, sizeof(held->how), "%s %u, one of them for its driver %s", what,
			 count, driver);
	else
		snprintf(held->how, sizeof(held->how), "%s %u", what, count);
}

static void judge_clock(struct held *held, const struct host_live *live,
			const struct live_device *device, size_t index)
{
	const char *id = name_of(held, "clock-names", index);
	const struct host_clock *clock =
		host_clock_find(&live->clocks, live->tree, held->node,
				device->found ? device->host.name : NULL, (unsigned int)index);

	if (!clock) {
		str_copy(held->name, sizeof(held->name), id ?: "");
		snprintf(held->how, sizeof(held->how), "%s",
			 live->clocks_error
				 ? "the kernel's list of clocks cannot be read"
				 : "the kernel's list has no clock that is known to be it");
		held->remedy = live->clocks_error ? MOUNT_DEBUGFS : NULL;
		return;
	}
	str_copy(held->name, sizeof(held->name), clock->name);
	judge_count(held, device, "enable count", clock->enable_count, KEEP_CLOCK);
	if (!clock->enable_count && clock->hardware == 'Y') {
		held->state = HELD_ON;
		str_copy(held->how, sizeof(held->how),
			 "enable count 0, yet the hardware runs: nothing switches it off now");
		held->remedy = NULL;
	}
	if (held->cut && device->host.amba && id && !strcmp(id, "apb_pclk")) {
		held->cut = false;
		held->remedy = NULL;
		str_copy(held->how, sizeof(held->how), "the amba bus holds it for vfio-amba too");
	}
}

static void judge_supply(struct held *held, const struct live_device *device)
{
	char dir[PATH_SIZE], path[PATH_SIZE + 16], state[32];
	uint64_t n_users;

	str_copy(held->name, sizeof(held->name), held->provider->name);
	str_copy(held->how, sizeof(held->how), "sysfs has no regulator of this node");
	if (host_live_regulator(held->provider, dir, sizeof(dir)))
		return;
	snprintf(path, sizeof(path), "%s/name", dir);
	file_read_line(held->name, sizeof(held->name), "%s", path);
	snprintf(path, sizeof(path), "%s/num_users", dir);
	if (file_read_u64(&n_users, "%s", path))
		return;
	judge_count(held, device, "users", (unsigned int)n_users, KEEP_SUPPLY);
	snprintf(path, sizeof(path), "%s/state", dir);
	if (!file_read_line(state, sizeof(state), "%s", path))
		held->state = !strcmp(state, "enabled")    ? HELD_ON
			      : !strcmp(state, "disabled") ? HELD_OFF
							   : held->state;
	if (host_node_has(held->provider, "regulator-always-on")) {
		held->cut = false;
		held->remedy = NULL;
		str_copy(held->how, sizeof(held->how), "always on, says the host's tree");
	} else if (held->state == HELD_ON && !n_users) {
		str_copy(held->how, sizeof(held->how),
			 "no user, yet on: the kernel cuts it soon after boot");
	}
}

/*
 * pm_genpd_summary (drivers/pmdomain/core.c): a line "NAME STATUS …" for a domain; below it,
 * indented, its devices by their paths.
 */
static bool find_domain(const struct host_live *live, const char *device, struct held *held)
{
	owned_ptr char *text = live->domains ? str_dup(live->domains) : NULL;
	char name[64] = "", status[32] = "", *line, *rest = text;
	size_t length = strlen(device);

	while ((line = strsep(&rest, "\n"))) {
		char path[PATH_SIZE];
		size_t n;

		if (line[0] != ' ' && line[0] != '\t') {
			sscanf(line, "%63s %31s", name, status);
			continue;
		}
		if (sscanf(line, "%511s", path) != 1 || path[0] != '/')
			continue;
		n = strlen(path);
		if (n <= length || path[n - length - 1] != '/' || strcmp(path + n - length, device))
			continue;
		str_copy(held->name, sizeof(held->name), name);
		held->state = strcmp(status, "on") ? HELD_OFF : HELD_ON;
		return true;
	}
	return false;
}

static void judge_domain(struct held *held, const struct host_live *live,
			 const struct live_device *device, bool alone)
{
	str_copy(held->name, sizeof(held->name), held->provider->name);
	if (!device->found || !find_domain(live, device->host.name, held)) {
		str_copy(held->how, sizeof(held->how),
			 "the kernel lists no domain with this device in it");
		if (!live->domains)
			held->remedy = MOUNT_DEBUGFS;
	} else {
		snprintf(held->how, sizeof(held->how), "power domain, %s",
			 held->state == HELD_ON ? "powered" : "not powered");
	}
	/* platform_probe() and amba_probe() attach a single domain for any driver. */
	if (alone) {
		str_copy(held->how, sizeof(held->how),
			 "VFIO's runtime PM powers it while the device is open");
		held->remedy = NULL;
		return;
	}
	held->cut = held->state == HELD_ON && host_driver(device);
	held->remedy = held->remedy ?: KEEP_DOMAIN;
}

static void judge_reset(struct held *held, size_t index)
{
	str_copy(held->name, sizeof(held->name), name_of(held, "reset-names", index) ?: "");
	str_copy(held->how, sizeof(held->how), "Linux does not tell the state of reset lines");
	held->remedy = WATCH_RESET;
}

static void judge(struct held *held, const struct host_live *live, const struct live_device *device,
		  size_t index, size_t n_refs)
{
	switch (held->kind) {
	case REFERENCE_CLOCK:
		judge_clock(held, live, device, index);
		break;
	case REFERENCE_SUPPLY:
		judge_supply(held, device);
		break;
	case REFERENCE_POWER_DOMAIN:
		judge_domain(held, live, device, n_refs == 1);
		break;
	default:
		judge_reset(held, index);
		break;
	}
}

static bool is_held_kind(enum reference_kind kind)
{
	return kind == REFERENCE_CLOCK || kind == REFERENCE_SUPPLY ||
	       kind == REFERENCE_POWER_DOMAIN || kind == REFERENCE_RESET;
}

int held_list_add(struct held_list *list, const struct host_live *live,
		  const struct live_device *device, const struct host_node *node,
		  const char *property)
{
	const struct host_property *value = host_node_find(node, property);
	struct reference_list refs;
	enum reference_kind kind;
	struct held *items;
	int ret;

	/* What assigned-clocks names stands in clocks, or is no business of the device's driver. */
	if (!value || !strncmp(property, "assigned-", 9))
		return 0;
	ret = reference_find(live->tree, node, value, &refs, &kind);
	if (ret)
		return ret;
	for (size_t i = 0; i < refs.n_refs && is_held_kind(kind) && !ret; i++) {
		if (!refs.refs[i].target)
			continue;
		items = realloc(list->items, (list->n_items + 1) * sizeof(*items));
		if (!items) {
			ret = -ENOMEM;
			break;
		}
		list->items = items;
		items += list->n_items++;
		*items = (struct held){ .node = node,
					.property = value->name,
					.kind = kind,
					.provider = refs.refs[i].target };
		judge(items, live, device, i, refs.n_refs);
	}
	reference_list_destroy(&refs);
	return ret;
}

int held_list_collect(struct held_list *list, const struct host_live *live,
		      const struct live_device *device, const struct graft_node *nodes)
{
	int ret = 0;

	for (const struct graft_node *node = nodes; node && !ret; node = node->next) {
		for (size_t i = 0; node->host && i < node->n_items && !ret; i++) {
			const struct graft_item *item = &node->items[i];

			if (item->verdict == GRAFT_REPLACE || item->verdict == GRAFT_DROP ||
			    item->verdict == GRAFT_ASK)
				ret = held_list_add(list, live, device, node->host, item->property);
		}
		if (!ret)
			ret = held_list_collect(list, live, device, node->child);
	}
	return ret;
}

void held_list_destroy(struct held_list *list)
{
	free(list->items);
	*list = (struct held_list){ 0 };
}
