// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/power.h"

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

const char *host_power_state_name(enum host_power_state state)
{
	static const char *const names[] = {
		[HOST_POWER_UNKNOWN] = "unknown",
		[HOST_POWER_ON] = "on",
		[HOST_POWER_OFF] = "off",
	};

	return names[state];
}

/* The driver of the host, whose unbind switches things off; NULL: none, or VFIO's. */
static const char *host_driver(const struct live_device *device)
{
	const char *driver = device->found ? device->host.driver : "";

	return driver[0] && strncmp(driver, "vfio-", 5) ? driver : NULL;
}

static const char *name_of(const struct host_power *power, const char *names, size_t index)
{
	const struct host_property *property = host_node_find(power->node, names);

	return property ? host_property_string(property, (unsigned int)index) : NULL;
}

/* @count users keep it on; one of them is the driver, if there is one. */
static void judge_count(struct host_power *power, const struct live_device *device,
			const char *what, unsigned int count, const char *remedy)
{
	const char *driver = host_driver(device);

	power->state = count ? HOST_POWER_ON : HOST_POWER_OFF;
	power->cut = driver && count == 1;
	power->remedy = power->cut || !count ? remedy : NULL;
	if (driver && count)
		snprintf(power->how, sizeof(power->how), "%s %u, one of them for its driver %s",
			 what, count, driver);
	else
		snprintf(power->how, sizeof(power->how), "%s %u", what, count);
}

static void judge_clock(struct host_power *power, const struct host_live *live,
			const struct live_device *device, size_t index)
{
	const char *id = name_of(power, "clock-names", index);
	const struct host_clock *clock =
		host_clock_find(&live->clocks, live->tree, power->node,
				device->found ? device->host.name : NULL, (unsigned int)index);

	if (!clock) {
		str_copy(power->name, sizeof(power->name), id ?: "");
		snprintf(power->how, sizeof(power->how), "%s",
			 live->clocks_error
				 ? "the kernel's list of clocks cannot be read"
				 : "the kernel's list has no clock that is known to be it");
		power->remedy = live->clocks_error ? MOUNT_DEBUGFS : NULL;
		return;
	}
	str_copy(power->name, sizeof(power->name), clock->name);
	judge_count(power, device, "enable count", clock->enable_count, KEEP_CLOCK);
	if (!clock->enable_count && clock->hardware == 'Y') {
		power->state = HOST_POWER_ON;
		str_copy(power->how, sizeof(power->how),
			 "enable count 0, yet the hardware runs: nothing switches it off now");
		power->remedy = NULL;
	}
	if (power->cut && device->host.amba && id && !strcmp(id, "apb_pclk")) {
		power->cut = false;
		power->remedy = NULL;
		str_copy(power->how, sizeof(power->how), "the amba bus holds it for vfio-amba too");
	}
}

static void judge_supply(struct host_power *power, const struct live_device *device)
{
	char dir[PATH_SIZE], path[PATH_SIZE + 16], state[32];
	uint64_t n_users;

	str_copy(power->name, sizeof(power->name), power->provider->name);
	str_copy(power->how, sizeof(power->how), "sysfs has no regulator of this node");
	if (host_live_regulator(power->provider, dir, sizeof(dir)))
		return;
	snprintf(path, sizeof(path), "%s/name", dir);
	file_read_line(power->name, sizeof(power->name), "%s", path);
	snprintf(path, sizeof(path), "%s/num_users", dir);
	if (file_read_u64(&n_users, "%s", path))
		return;
	judge_count(power, device, "users", (unsigned int)n_users, KEEP_SUPPLY);
	snprintf(path, sizeof(path), "%s/state", dir);
	if (!file_read_line(state, sizeof(state), "%s", path))
		power->state = !strcmp(state, "enabled")    ? HOST_POWER_ON
			       : !strcmp(state, "disabled") ? HOST_POWER_OFF
							    : power->state;
	if (host_node_has(power->provider, "regulator-always-on")) {
		power->cut = false;
		power->remedy = NULL;
		str_copy(power->how, sizeof(power->how), "always on, says the host's tree");
	} else if (power->state == HOST_POWER_ON && !n_users) {
		str_copy(power->how, sizeof(power->how),
			 "no user, yet on: the kernel cuts it soon after boot");
	}
}

/*
 * pm_genpd_summary (drivers/pmdomain/core.c): a line "NAME STATUS …" for a domain; below it,
 * indented, its devices by their paths.
 */
static bool find_domain(const struct host_live *live, const char *device, struct host_power *power)
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
		str_copy(power->name, sizeof(power->name), name);
		power->state = strcmp(status, "on") ? HOST_POWER_OFF : HOST_POWER_ON;
		return true;
	}
	return false;
}

static void judge_domain(struct host_power *power, const struct host_live *live,
			 const struct live_device *device, bool alone)
{
	str_copy(power->name, sizeof(power->name), power->provider->name);
	if (!device->found || !find_domain(live, device->host.name, power)) {
		str_copy(power->how, sizeof(power->how),
			 "the kernel lists no domain with this device in it");
		if (!live->domains)
			power->remedy = MOUNT_DEBUGFS;
	} else {
		snprintf(power->how, sizeof(power->how), "power domain, %s",
			 power->state == HOST_POWER_ON ? "powered" : "not powered");
	}
	/* platform_probe() and amba_probe() attach a single domain for any driver. */
	if (alone) {
		str_copy(power->how, sizeof(power->how),
			 "VFIO's runtime PM powers it while the device is open");
		power->remedy = NULL;
		return;
	}
	power->cut = power->state == HOST_POWER_ON && host_driver(device);
	power->remedy = power->remedy ?: KEEP_DOMAIN;
}

static void judge_reset(struct host_power *power, size_t index)
{
	str_copy(power->name, sizeof(power->name), name_of(power, "reset-names", index) ?: "");
	str_copy(power->how, sizeof(power->how), "Linux does not tell the state of reset lines");
	power->remedy = WATCH_RESET;
}

static void judge(struct host_power *power, const struct host_live *live,
		  const struct live_device *device, size_t index, size_t n_refs)
{
	switch (power->kind) {
	case REFERENCE_CLOCK:
		judge_clock(power, live, device, index);
		break;
	case REFERENCE_SUPPLY:
		judge_supply(power, device);
		break;
	case REFERENCE_POWER_DOMAIN:
		judge_domain(power, live, device, n_refs == 1);
		break;
	default:
		judge_reset(power, index);
		break;
	}
}

static bool is_power_kind(enum reference_kind kind)
{
	return kind == REFERENCE_CLOCK || kind == REFERENCE_SUPPLY ||
	       kind == REFERENCE_POWER_DOMAIN || kind == REFERENCE_RESET;
}

int host_power_add(struct host_power_list *list, const struct host_live *live,
		   const struct live_device *device, const struct host_node *node,
		   const char *property)
{
	const struct host_property *value = host_node_find(node, property);
	struct reference_list refs;
	enum reference_kind kind;
	struct host_power *items;
	int ret;

	/* What assigned-clocks names stands in clocks, or is no business of the device's driver. */
	if (!value || !strncmp(property, "assigned-", 9))
		return 0;
	ret = reference_find(live->tree, node, value, &refs, &kind);
	if (ret)
		return ret;
	for (size_t i = 0; i < refs.n_refs && is_power_kind(kind) && !ret; i++) {
		if (!refs.refs[i].target)
			continue;
		items = realloc(list->items, (list->n_items + 1) * sizeof(*items));
		if (!items) {
			ret = -ENOMEM;
			break;
		}
		list->items = items;
		items += list->n_items++;
		*items = (struct host_power){ .node = node,
					      .property = value->name,
					      .kind = kind,
					      .provider = refs.refs[i].target };
		judge(items, live, device, i, refs.n_refs);
	}
	reference_list_destroy(&refs);
	return ret;
}

int host_power_collect(struct host_power_list *list, const struct host_live *live,
		       const struct live_device *device, const struct graft_node *nodes)
{
	int ret = 0;

	for (const struct graft_node *node = nodes; node && !ret; node = node->next) {
		for (size_t i = 0; node->host && i < node->n_items && !ret; i++) {
			const struct graft_item *item = &node->items[i];

			if (item->verdict == GRAFT_REPLACE || item->verdict == GRAFT_DROP ||
			    item->verdict == GRAFT_ASK)
				ret = host_power_add(list, live, device, node->host,
						     item->property);
		}
		if (!ret)
			ret = host_power_collect(list, live, device, node->child);
	}
	return ret;
}

void host_power_destroy(struct host_power_list *list)
{
	free(list->items);
	*list = (struct host_power_list){ 0 };
}
