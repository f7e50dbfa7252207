// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/bind.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "vfio/host/device.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

#define PATH_SIZE 512
#define MAX_TEXT  (1 << 20)
#define MAX_DEPTH 8 /* of devices on devices; the kernel's own limits are as low */

/* The device in question, its place in the tree of devices ("devices/platform/10200000.sata"), and
 * where to say what needs it. */
struct need {
	const struct vfio_host_device *host;
	char place[PATH_SIZE];
	char *what;
	size_t size;
};

/* Where the link @path of sysfs leads, without what leads up: "devices/platform/…". */
static bool place_of(const char *path, char *place, size_t size)
{
	char target[PATH_MAX];
	const char *at = target;

	if (sys_readlink(path, target, sizeof(target)) < 0)
		return false;
	while (!strncmp(at, "../", 3))
		at += 3;
	/* Links of tests and of other mounts begin at the root. */
	if (!strncmp(at, "/sys/", 5))
		at += 5;
	return str_copy(place, size, at);
}

/* Whether the device that the link @path leads to is ours, or hangs on it. */
static bool hangs_on(const struct need *need, const char *path)
{
	size_t length = strlen(need->place);
	char place[PATH_MAX];

	return place_of(path, place, sizeof(place)) && !strncmp(place, need->place, length) &&
	       (place[length] == '/' || !place[length]);
}

/*
 * The same of the block device or network interface @name of @class ("block", "net"), which may be
 * made of others: entries of the directory @sub that begin with @prefix name them.
 */
static bool any_hangs_on(const struct need *need, const char *class, const char *name,
			 const char *sub, const char *prefix, unsigned int depth)
{
	char path[PATH_SIZE], dir[PATH_SIZE + 16];
	struct dirent *entry;
	bool found;
	DIR *d;

	snprintf(path, sizeof(path), "/sys/class/%s/%s", class, name);
	found = hangs_on(need, path);
	if (found || depth == MAX_DEPTH)
		return found;
	snprintf(dir, sizeof(dir), "%s/%s", path, sub);
	d = sys_opendir(dir);
	while (d && !found && (entry = sys_readdir(d)))
		if (entry->d_name[0] != '.' && !strncmp(entry->d_name, prefix, strlen(prefix)))
			found = any_hangs_on(need, class, entry->d_name + strlen(prefix), sub,
					     prefix, depth + 1);
	if (d)
		sys_closedir(d);
	return found;
}

static bool block_hangs_on(const struct need *need, unsigned int major, unsigned int minor)
{
	char path[64], name[NAME_MAX + 1];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major, minor);
	return hangs_on(need, path) || (!file_link_name(name, sizeof(name), "%s", path) &&
					any_hangs_on(need, "block", name, "slaves", "", 0));
}

static bool has_property(const struct vfio_host_device *host, const char *property)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/of_node/%s", host->path, property);
	return file_exists("%s", path);
}

/* ---- What may need it; each fills need->what when it does */

static bool is_of_the_system(const struct need *need)
{
	static const struct {
		const char *property, *but, *what;
	} kinds[] = {
		{ "#iommu-cells", NULL, "it is an IOMMU" },
		/* Most GPIO controllers are such, too, for the lines that come to them. */
		{ "interrupt-controller", "gpio-controller", "it is an interrupt controller" },
	};
	const char *dot = strrchr(need->host->name, '.');

	for (size_t i = 0; i < n_elems(kinds); i++) {
		if (has_property(need->host, kinds[i].property) &&
		    !(kinds[i].but && has_property(need->host, kinds[i].but)))
			return str_copy(need->what, need->size, kinds[i].what);
	}
	/* By the node's name, which the Devicetree Specification (2.2.2) fixes. */
	if (!strcmp(dot ? dot + 1 : need->host->name, "timer"))
		return str_copy(need->what, need->size, "it is a timer of the system");
	return false;
}

/*
 * "consumer:BUS:NAME" for each that the kernel knows to get something from it
 * (Documentation/ABI/testing/sysfs-devices-consumer). One that has a driver would lose that when
 * its supplier is unbound.
 */
static bool has_consumers(const struct need *need)
{
	char path[PATH_SIZE + NAME_MAX], driver[64], only_state[8];
	struct dirent *entry;
	bool found = false;
	DIR *d = sys_opendir(need->host->path);

	while (d && !found && (entry = sys_readdir(d))) {
		const char *name = strrchr(entry->d_name, ':');

		if (strncmp(entry->d_name, "consumer:", 9) || !name)
			continue;
		snprintf(path, sizeof(path), "%s/%s/sync_state_only", need->host->path,
			 entry->d_name);
		if (!file_read_line(only_state, sizeof(only_state), "%s", path) &&
		    only_state[0] == '1')
			continue;
		snprintf(path, sizeof(path), "%s/%s/consumer/driver", need->host->path,
			 entry->d_name);
		if (file_link_name(driver, sizeof(driver), "%s", path) ||
		    !strncmp(driver, "vfio-", 5))
			continue;
		snprintf(need->what, need->size, "%s (%s) depends on it", name + 1, driver);
		found = true;
	}
	if (d)
		sys_closedir(d);
	return found;
}

/* What the kernel itself made use of before there were drivers. */
static bool is_early_provider(const struct need *need)
{
	static const char *const properties[] = {
		"#clock-cells",     "#power-domain-cells", "#reset-cells",
		"#interrupt-cells", "#gpio-cells",
	};

	for (size_t i = 0; !need->host->driver[0] && i < n_elems(properties); i++) {
		if (!has_property(need->host, properties[i]))
			continue;
		snprintf(need->what, need->size,
			 "the kernel works it without a driver, for others (%s)", properties[i]);
		return true;
	}
	return false;
}

/* A console of virtio has no device of its own in sysfs, but ports. */
static bool has_virtio_port(const struct need *need)
{
	struct dirent *entry;
	char path[PATH_SIZE];
	bool found = false;
	DIR *d = sys_opendir("/sys/class/virtio-ports");

	while (d && !found && (entry = sys_readdir(d))) {
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s", entry->d_name);
		found = hangs_on(need, path);
	}
	if (d)
		sys_closedir(d);
	return found;
}

/* @fn finds something in a line of the file, which may not be there. */
static bool any_line(const struct need *need, const char *path,
		     bool (*fn)(const struct need *need, const char *line))
{
	owned_ptr char *text = NULL;
	char *rest, *line;
	size_t size;

	if (file_read(path, MAX_TEXT, &text, &size))
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (fn(need, line))
			return true;
	return false;
}

/* "ttyAMA0 -W- (EC p a) 204:64": a tty's device is the UART's, or one below it. */
static bool is_console_line(const struct need *need, const char *line)
{
	char path[64], name[32];
	const char *number = strrchr(line, ' ');
	unsigned int major, minor;

	if (!number || sscanf(line, "%31s", name) != 1 ||
	    sscanf(number, "%u:%u", &major, &minor) != 2)
		return false;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u", major, minor);
	if (!hangs_on(need, path) && (strncmp(name, "hvc", 3) || !has_virtio_port(need)))
		return false;
	snprintf(need->what, need->size, "%s is the host's console", name);
	return true;
}

static bool is_console(const struct need *need)
{
	return any_line(need, "/proc/consoles", is_console_line);
}

/* "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT … - TYPE SOURCE …": proc_pid_mountinfo(5). */
static bool is_mount_line(const struct need *need, const char *line)
{
	char where[128], source[128] = "";
	const char *dash = strstr(line, " - ");
	unsigned int major, minor;
	struct stat st;

	if (sscanf(line, "%*s %*s %u:%u %*s %127s", &major, &minor, where) != 3)
		return false;
	/* A file system of several devices has a number of its own, 0:N. */
	if (dash && !major && sscanf(dash, " - %*s %127s", source) == 1 && source[0] == '/' &&
	    !sys_stat(source, &st) && S_ISBLK(st.st_mode)) {
		major = major(st.st_rdev);
		minor = minor(st.st_rdev);
	}
	if (!major || !block_hangs_on(need, major, minor))
		return false;
	snprintf(need->what, need->size, "%s is mounted from a disk on it", where);
	return true;
}

static bool has_mount(const struct need *need)
{
	return any_line(need, "/proc/self/mountinfo", is_mount_line);
}

/* "NAME TYPE …", after a heading: a partition, or a file. */
static bool is_swap_line(const struct need *need, const char *line)
{
	char name[256];
	struct stat st;
	dev_t dev;

	if (line[0] != '/' || sscanf(line, "%255s", name) != 1 || sys_stat(name, &st))
		return false;
	dev = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
	if (!block_hangs_on(need, major(dev), minor(dev)))
		return false;
	snprintf(need->what, need->size, "the swap %s is on it", name);
	return true;
}

static bool has_swap(const struct need *need)
{
	return any_line(need, "/proc/swaps", is_swap_line);
}

static bool route_uses(const struct need *need, const char *interface)
{
	if (!any_hangs_on(need, "net", interface, ".", "lower_", 0))
		return false;
	snprintf(need->what, need->size, "the host's default route goes by it (%s)", interface);
	return true;
}

/* It begins with the interface and the target, in hexadecimal. */
static bool is_route_line(const struct need *need, const char *line)
{
	char interface[32], target[40];

	return sscanf(line, "%31s %39s", interface, target) == 2 && !strcmp(target, "00000000") &&
	       route_uses(need, interface);
}

/* It begins with the target and the length of its prefix, and ends with the interface. */
static bool is_route6_line(const struct need *need, const char *line)
{
	char interface[32], length[8];
	const char *last = strrchr(line, ' ');

	/* The kernel has such routes on "lo", too, which is nobody's. */
	return last && sscanf(line, "%*s %7s", length) == 1 && !strcmp(length, "00") &&
	       sscanf(last, " %31s", interface) == 1 && route_uses(need, interface);
}

static bool has_default_route(const struct need *need)
{
	return any_line(need, "/proc/net/route", is_route_line) ||
	       any_line(need, "/proc/net/ipv6_route", is_route6_line);
}

int critical_use_check(const struct vfio_host_device *host, struct err *err)
{
	static bool (*const checks[])(const struct need *need) = {
		is_of_the_system,  is_console,        has_mount,     has_swap,
		has_default_route, is_early_provider, has_consumers,
	};
	char what[256] = "";
	struct need need = { .host = host, .what = what, .size = sizeof(what) };

	if (!place_of(host->path, need.place, sizeof(need.place)))
		return 0;
	for (size_t i = 0; i < n_elems(checks); i++) {
		if (!checks[i](&need))
			continue;
		err_set(err, 0, "the host needs %s", host->name);
		err_why(err, "%s", what);
		err_fix(err, "assign another device; if you know better: dais bind --force %s",
			host->name);
		return err_host(err);
	}
	return 0;
}
