// SPDX-License-Identifier: GPL-2.0-only
/* critical_use_check() of vfio/host/bind.h. */
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "vfio/host/bind.h"
#include "vfio/host/device.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

#define MAX_TEXT  (1 << 20)
#define MAX_DEPTH 8 /* of devices on devices; the kernel's own limits are as low */

/* A device that may be in use. */
struct use {
	const struct vfio_host_device *host;
	const char *place; /* in the tree of devices: "devices/platform/10200000.sata" */
	struct err *err;
};

/* It is used: what for is the cause of the error. True. */
#define found(use, ...) (err_why((use)->err, __VA_ARGS__) != 0)

/* Where the link @path of sysfs leads, without what leads up: "devices/platform/…"; NULL: nowhere.
 */
static const char *place_of(const char *path, char target[PATH_MAX])
{
	const char *at = target;

	if (sys_readlink(path, target, PATH_MAX) < 0)
		return NULL;
	while (!strncmp(at, "../", 3))
		at += 3;
	/* Links of tests and of other mounts begin at the root. */
	return strncmp(at, "/sys/", 5) ? at : at + 5;
}

/* Whether the device that the link of this path leads to is ours, or hangs on it. */
__attribute__((format(printf, 2, 3))) static bool hangs_on(const struct use *use, const char *fmt,
							   ...)
{
	size_t length = strlen(use->place);
	char path[PATH_MAX], target[PATH_MAX];
	const char *place;

	str_format(path, sizeof(path), fmt);
	place = place_of(path, target);
	return place && !strncmp(place, use->place, length) &&
	       (place[length] == '/' || !place[length]);
}

/*
 * The same of the block device or network interface @name of @class ("block", "net"), which may be
 * made of others: entries of the directory @sub that begin with @prefix name them.
 */
static bool any_hangs_on(const struct use *use, const char *class, const char *name,
			 const char *sub, const char *prefix, unsigned int depth)
{
	owned_dir DIR *dir = NULL;
	size_t length = strlen(prefix);

	if (hangs_on(use, "/sys/class/%s/%s", class, name))
		return true;
	if (depth == MAX_DEPTH)
		return false;
	dir = file_open_dir("/sys/class/%s/%s/%s", class, name, sub);
	for (const char *part; (part = file_next_name(dir));)
		if (!strncmp(part, prefix, length) &&
		    any_hangs_on(use, class, part + length, sub, prefix, depth + 1))
			return true;
	return false;
}

static bool block_hangs_on(const struct use *use, unsigned int major, unsigned int minor)
{
	char name[NAME_MAX + 1];

	return hangs_on(use, "/sys/dev/block/%u:%u", major, minor) ||
	       (!file_link_name(name, sizeof(name), "/sys/dev/block/%u:%u", major, minor) &&
		any_hangs_on(use, "block", name, "slaves", "", 0));
}

static bool has_property(const struct use *use, const char *property)
{
	return file_exists("%s/of_node/%s", use->host->path, property);
}

/* ---- What the host may use it for; each says so when it does */

static bool is_of_the_system(struct use *use)
{
	const char *dot = strrchr(use->host->name, '.');

	if (has_property(use, "#iommu-cells"))
		return found(use, "it is an IOMMU");
	/* Most GPIO controllers are such, too, for the lines that come to them. */
	if (has_property(use, "interrupt-controller") && !has_property(use, "gpio-controller"))
		return found(use, "it is an interrupt controller");
	/* By the node's name, which the Devicetree Specification (2.2.2) fixes. */
	return !strcmp(dot ? dot + 1 : use->host->name, "timer") &&
	       found(use, "it is a timer of the system");
}

/*
 * "consumer:BUS:NAME" for each that the kernel knows to get something from it
 * (Documentation/ABI/testing/sysfs-devices-consumer). One that has a driver would lose that when
 * its supplier is unbound.
 */
static bool has_consumers(struct use *use)
{
	const char *path = use->host->path;
	owned_dir DIR *dir = file_open_dir("%s", path);

	for (const char *link; (link = file_next_name(dir));) {
		const char *name = strrchr(link, ':');
		char driver[64], only_state[8];

		if (strncmp(link, "consumer:", 9) || !name ||
		    (!file_read_line(only_state, sizeof(only_state), "%s/%s/sync_state_only", path,
				     link) &&
		     only_state[0] == '1') ||
		    file_link_name(driver, sizeof(driver), "%s/%s/consumer/driver", path, link) ||
		    !strncmp(driver, "vfio-", 5))
			continue;
		return found(use, "%s (%s) depends on it", name + 1, driver);
	}
	return false;
}

/*
 * Channels of a DMA controller: how many have each, and who asked for it (in_use_show() and
 * dma_request_chan() in drivers/dma/dmaengine.c of Linux).
 */
static bool has_dma_clients(struct use *use)
{
	owned_dir DIR *dir = file_open_dir("/sys/class/dma");

	for (const char *name; (name = file_next_name(dir));) {
		char client[128] = "the kernel";
		uint64_t n;

		if (!hangs_on(use, "/sys/class/dma/%s", name) ||
		    file_read_u64(&n, "/sys/class/dma/%s/in_use", name) || !n)
			continue;
		file_link_name(client, sizeof(client), "/sys/class/dma/%s/slave", name);
		return found(use, "%s uses its DMA channel %s", client, name);
	}
	return false;
}

/* What the kernel itself made use of before there were drivers. */
static bool is_early_provider(struct use *use)
{
	static const char properties[][24] = {
		"#clock-cells",     "#power-domain-cells", "#reset-cells",
		"#interrupt-cells", "#gpio-cells",
	};

	for (size_t i = 0; !use->host->driver[0] && i < n_elems(properties); i++)
		if (has_property(use, properties[i]))
			return found(use, "the kernel works it without a driver, for others (%s)",
				     properties[i]);
	return false;
}

/* A console of virtio has no device of its own in sysfs, but ports. */
static bool has_virtio_port(const struct use *use)
{
	owned_dir DIR *dir = file_open_dir("/sys/class/virtio-ports");

	for (const char *name; (name = file_next_name(dir));)
		if (hangs_on(use, "/sys/class/virtio-ports/%s", name))
			return true;
	return false;
}

/* @fn finds something in a line of the file, which may not be there. */
static bool any_line(struct use *use, const char *path,
		     bool (*fn)(struct use *use, const char *line))
{
	owned_ptr char *text = file_text(MAX_TEXT, "%s", path);
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		if (fn(use, line))
			return true;
	return false;
}

/* "ttyAMA0 -W- (EC p a) 204:64": a tty's device is the UART's, or one below it. */
static bool is_console_line(struct use *use, const char *line)
{
	const char *number = strrchr(line, ' ');
	unsigned int major, minor;
	char name[32];

	if (!number || sscanf(line, "%31s", name) != 1 ||
	    sscanf(number, "%u:%u", &major, &minor) != 2)
		return false;
	return (hangs_on(use, "/sys/dev/char/%u:%u", major, minor) ||
		(!strncmp(name, "hvc", 3) && has_virtio_port(use))) &&
	       found(use, "%s is the host's console", name);
}

/* "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT … - TYPE SOURCE …": proc_pid_mountinfo(5). */
static bool is_mount_line(struct use *use, const char *line)
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
	return major && block_hangs_on(use, major, minor) &&
	       found(use, "%s is mounted from a disk on it", where);
}

/* "NAME TYPE …", after a heading: a partition, or a file. */
static bool is_swap_line(struct use *use, const char *line)
{
	char name[256];
	struct stat st;
	dev_t dev;

	if (line[0] != '/' || sscanf(line, "%255s", name) != 1 || sys_stat(name, &st))
		return false;
	dev = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
	return block_hangs_on(use, major(dev), minor(dev)) &&
	       found(use, "the swap %s is on it", name);
}

/*
 * IPv4: it begins with the interface and the target; IPv6: with the target and the length of its
 * prefix, and the interface ends it. All in hexadecimal. The kernel has such routes of IPv6 on
 * "lo", too, which is no device's.
 */
static bool is_route_line(struct use *use, const char *line)
{
	char interface[40], second[40];
	const char *last = strrchr(line, ' ');

	if (sscanf(line, "%39s %39s", interface, second) != 2)
		return false;
	if (!strcmp(second, "00") && last)
		sscanf(last, " %39s", interface);
	else if (strcmp(second, "00000000"))
		return false;
	return any_hangs_on(use, "net", interface, ".", "lower_", 0) &&
	       found(use, "the host's default route goes by it (%s)", interface);
}

/*
 * An unbind that the kernel does not survive: macb_remove() of
 * drivers/net/ethernet/cadence/macb_main.c in Linux 6.12 takes it that there is an MDIO bus, which
 * a MAC with a fixed link has none of; that of 7.3 asks first.
 */
static bool is_fatal_to_unbind(struct use *use)
{
	unsigned int major = 0, minor = 0;
	char release[96] = "";

	if (strcmp(use->host->driver, "macb") != 0 || !has_property(use, "fixed-link") ||
	    has_property(use, "mdio"))
		return false;
	file_read_line(release, sizeof(release), "/proc/sys/kernel/osrelease");
	return (sscanf(release, "%u.%u", &major, &minor) != 2 || major < 7 ||
		(major == 7 && minor < 3)) &&
	       found(use,
		     "its driver macb has a fault in Linux %u.%u: the host crashes when it is "
		     "unbound from a MAC with a fixed link",
		     major, minor);
}

int critical_use_check(const struct vfio_host_device *host, struct err *err)
{
	char target[PATH_MAX];
	struct use use = { host, place_of(host->path, target), err };

	if (!use.place)
		return 0;
	err_set(err, 0, "the host needs %s", host->name);
	if (!is_fatal_to_unbind(&use) && !is_of_the_system(&use) &&
	    !any_line(&use, "/proc/consoles", is_console_line) &&
	    !any_line(&use, "/proc/self/mountinfo", is_mount_line) &&
	    !any_line(&use, "/proc/swaps", is_swap_line) &&
	    !any_line(&use, "/proc/net/route", is_route_line) &&
	    !any_line(&use, "/proc/net/ipv6_route", is_route_line) && !is_early_provider(&use) &&
	    !has_consumers(&use) && !has_dma_clients(&use))
		return 0;
	err_fix(err, "assign another device; if you know better: dais bind --force %s", host->name);
	return err_host(err);
}
