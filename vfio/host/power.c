// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/power.h"

#include <string.h>

#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

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
	static const char names[][8] = {
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

static void set_name(struct host_power *power, const char *name)
{
	str_copy(power->name, sizeof(power->name), name ?: "");
}

/* How it is known, and what remedies it. */
static void say(struct host_power *power, const char *remedy, const char *how)
{
	str_copy(power->how, sizeof(power->how), how);
	power->remedy = remedy;
}

/* @count users keep it on; one of them is the driver, if there is one. */
static void judge_count(struct host_power *power, const struct live_device *device,
			const char *what, unsigned int count, const char *remedy)
{
	const char *driver = host_driver(device);
	struct text how = text_in(power->how);

	power->state = count ? HOST_POWER_ON : HOST_POWER_OFF;
	power->cut = driver && count == 1;
	power->remedy = power->cut || !count ? remedy : NULL;
	text_add(&how, "%s %u", what, count);
	if (driver && count)
		text_add(&how, ", one of them for its driver %s", driver);
}

static void judge_clock(struct host_power *power, const struct host_live *live,
			const struct live_device *device, size_t index)
{
	const char *id = name_of(power, "clock-names", index);
	const struct host_clock *clock =
		host_clock_find(&live->clocks, live->tree, power->node,
				device->found ? device->host.name : NULL, (unsigned int)index);

	set_name(power, clock ? clock->name : id);
	if (!clock) {
		say(power, live->clocks_error ? MOUNT_DEBUGFS : NULL,
		    live->clocks_error ? "the kernel's list of clocks cannot be read"
				       : "the kernel's list has no clock that is known to be it");
		return;
	}
	judge_count(power, device, "enable count", clock->enable_count, KEEP_CLOCK);
	if (!clock->enable_count && clock->hardware == 'Y') {
		power->state = HOST_POWER_ON;
		say(power, NULL,
		    "enable count 0, yet the hardware runs: nothing switches it off now");
	}
	if (power->cut && device->host.amba && id && !strcmp(id, "apb_pclk")) {
		power->cut = false;
		say(power, NULL, "the amba bus holds it for vfio-amba too");
	}
}

static void judge_supply(struct host_power *power, const struct live_device *device)
{
	char dir[96], state[32];
	uint64_t n_users;

	set_name(power, power->provider->name);
	say(power, NULL, "sysfs has no regulator of this node");
	if (host_live_regulator(power->provider, dir, sizeof(dir)))
		return;
	file_read_line(power->name, sizeof(power->name), "%s/name", dir);
	if (file_read_u64(&n_users, "%s/num_users", dir))
		return;
	judge_count(power, device, "users", (unsigned int)n_users, KEEP_SUPPLY);
	if (!file_read_line(state, sizeof(state), "%s/state", dir))
		power->state = !strcmp(state, "enabled")    ? HOST_POWER_ON
			       : !strcmp(state, "disabled") ? HOST_POWER_OFF
							    : power->state;
	if (host_node_has(power->provider, "regulator-always-on")) {
		power->cut = false;
		say(power, NULL, "always on, says the host's tree");
	} else if (power->state == HOST_POWER_ON && !n_users) {
		say(power, power->remedy, "no user, yet on: the kernel cuts it soon after boot");
	}
}

/*
 * pm_genpd_summary (drivers/pmdomain/core.c): a line "NAME STATUS …" for a domain; below it,
 * indented, its devices by their paths.
 */
static bool find_domain(const struct host_live *live, const char *device, struct host_power *power)
{
	owned_ptr char *text = live->domains ? strdup(live->domains) : NULL;
	char name[64] = "", status[32] = "", *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		char path[512];

		if (line[0] != ' ' && line[0] != '\t') {
			sscanf(line, "%63s %31s", name, status);
			continue;
		}
		if (sscanf(line, "%511s", path) != 1 || path[0] != '/' ||
		    strcmp(strrchr(path, '/') + 1, device))
			continue;
		set_name(power, name);
		power->state = strcmp(status, "on") ? HOST_POWER_OFF : HOST_POWER_ON;
		return true;
	}
	return false;
}

static void judge_domain(struct host_power *power, const struct host_live *live,
			 const struct live_device *device, bool alone)
{
	set_name(power, power->provider->name);
	if (!device->found || !find_domain(live, device->host.name, power))
		say(power, live->domains ? KEEP_DOMAIN : MOUNT_DEBUGFS,
		    "the kernel lists no domain with this device in it");
	else
		say(power, KEEP_DOMAIN,
		    power->state == HOST_POWER_ON ? "power domain, powered"
						  : "power domain, not powered");
	/* platform_probe() and amba_probe() attach a single domain for any driver. */
	if (alone)
		say(power, NULL, "VFIO's runtime PM powers it while the device is open");
	else
		power->cut = power->state == HOST_POWER_ON && host_driver(device);
}

/* false: it is of another kind. */
static bool judge(struct host_power *power, const struct host_live *live,
		  const struct live_device *device, size_t index, size_t n_refs)
{
	switch (power->kind) {
	case REFERENCE_CLOCK:
		judge_clock(power, live, device, index);
		return true;
	case REFERENCE_SUPPLY:
		judge_supply(power, device);
		return true;
	case REFERENCE_POWER_DOMAIN:
		judge_domain(power, live, device, n_refs == 1);
		return true;
	case REFERENCE_RESET:
		set_name(power, name_of(power, "reset-names", index));
		say(power, WATCH_RESET, "Linux does not tell the state of reset lines");
		return true;
	default:
		return false;
	}
}

/* dais' own driver sees to what the node of the device itself names, and to nothing else. */
static void judge_module(struct host_power *power, const struct host_live *live,
			 const struct live_device *device)
{
	if (!power->remedy || !device->found || !vfio_host_device_is_for_dais(&device->host) ||
	    host_live_node(live->tree, device->host.name) != power->node)
		return;
	power->cut = false;
	say(power, NULL, "vfio-dais has it on while the device is open");
}

int host_power_add(struct host_power_list *list, const struct host_live *live,
		   const struct live_device *device, const struct host_node *node,
		   const char *property)
{
	const struct host_property *value = host_node_find(node, property);
	struct reference_list refs;
	enum reference_kind kind;
	int ret;

	/* What assigned-clocks names stands in clocks, or is no business of the device's driver. */
	if (!value || !strncmp(property, "assigned-", 9))
		return 0;
	ret = reference_find(live->tree, node, value, &refs, &kind);
	if (ret)
		return ret;
	for (size_t i = 0; i < refs.n_refs && !ret; i++) {
		struct host_power *power;

		if (!refs.refs[i].target)
			continue;
		power = array_add(list->items, list->n_items);
		if (!power) {
			ret = -ENOMEM;
			break;
		}
		*power = (struct host_power){ .node = node,
					      .property = value->name,
					      .kind = kind,
					      .provider = refs.refs[i].target };
		if (!judge(power, live, device, i, refs.n_refs))
			continue;
		judge_module(power, live, device);
		list->n_items++;
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
