// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/device.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

/* More than enough for the longest path here. */
#define PATH_SIZE 320

static const char *const buses[] = { "platform", "amba" };

const char *vfio_host_device_bus(const struct vfio_host_device *host)
{
	return buses[host->amba];
}

/* Calls @fn for each name in @dir but those that begin with a dot. A directory that cannot be read
 * is an empty one. */
static void for_each_name(const char *dir, void (*fn)(void *opaque, const char *name), void *opaque)
{
	DIR *d = sys_opendir(dir);
	struct dirent *entry;

	if (!d)
		return;
	while ((entry = sys_readdir(d)))
		if (entry->d_name[0] != '.')
			fn(opaque, entry->d_name);
	sys_closedir(d);
}

void vfio_host_device_for_each(void (*fn)(void *opaque, const char *name), void *opaque)
{
	for (unsigned int i = 0; i < n_elems(buses); i++) {
		char dir[PATH_SIZE];

		snprintf(dir, sizeof(dir), "/sys/bus/%s/devices", buses[i]);
		for_each_name(dir, fn, opaque);
	}
}

/* The device's name that is nearest to what the user wrote. */
struct nearest {
	const char *wrong;
	char best[128];
};

static void consider_name(void *opaque, const char *name)
{
	struct nearest *nearest = opaque;
	const char *const candidates[] = { name, nearest->best[0] ? nearest->best : NULL, NULL };
	const char *best = str_nearest(nearest->wrong, candidates);

	if (best == name)
		str_copy(nearest->best, sizeof(nearest->best), name);
}

static int no_such_device(const char *name, struct err *err)
{
	struct nearest nearest = { .wrong = name };

	err_usage(err, "there is no device %s", name);
	err_why(err, "neither /sys/bus/platform/devices nor /sys/bus/amba/devices has it");
	vfio_host_device_for_each(consider_name, &nearest);
	if (nearest.best[0])
		err_fix(err, "did you mean %s?", nearest.best);
	else
		err_fix(err, "give the device's name as those directories have it");
	return err->code;
}

int vfio_host_device_find(struct vfio_host_device *host, const char *name, struct err *err)
{
	char path[PATH_SIZE], group[32];
	uint64_t number;

	*host = (struct vfio_host_device){ .group = -1 };
	if (!name[0] || name[0] == '.' || strchr(name, '/') ||
	    !str_copy(host->name, sizeof(host->name), name))
		return no_such_device(name, err);
	for (unsigned int i = 0; i < n_elems(buses); i++) {
		snprintf(host->path, sizeof(host->path), "/sys/bus/%s/devices/%s", buses[i], name);
		host->amba = i;
		if (file_exists("%s", host->path))
			break;
		if (i + 1 == n_elems(buses))
			return no_such_device(name, err);
	}

	snprintf(path, sizeof(path), "%s/driver", host->path);
	if (file_link_name(host->driver, sizeof(host->driver), "%s", path))
		host->driver[0] = '\0';
	snprintf(path, sizeof(path), "%s/iommu_group", host->path);
	if (file_link_name(group, sizeof(group), "%s", path) == 0 &&
	    str_to_u64(group, &number) == 0 && number <= INT32_MAX)
		host->group = (int)number;
	snprintf(path, sizeof(path), "%s/of_node/dma-coherent", host->path);
	host->dt_coherent = file_exists("%s", path);
	return 0;
}

static int not_bound(const struct vfio_host_device *host, struct err *err)
{
	err_set(err, 0, "%s is not bound to vfio-%s", host->name, vfio_host_device_bus(host));
	if (host->driver[0])
		err_why(err, "the host's driver %s has it", host->driver);
	else
		err_why(err, "no driver has it");
	err_fix(err, "as root: dais bind %s; or give dais run the option --bind", host->name);
	return err_host(err);
}

bool vfio_host_device_is_bound(const struct vfio_host_device *host)
{
	return strncmp(host->driver, "vfio-", 5) == 0 &&
	       strcmp(host->driver + 5, vfio_host_device_bus(host)) == 0;
}

int vfio_host_device_check_bound(const struct vfio_host_device *host, struct err *err)
{
	if (!vfio_host_device_is_bound(host))
		return not_bound(host, err);
	if (host->group < 0) {
		err_set(err, 0, "%s is in no IOMMU group", host->name);
		err_why(err, "no IOMMU of this host stands between the device and memory");
		err_fix(err, "enable the IOMMU in the host's kernel and name it in the device's "
			     "node (iommus); if there is none, iommu=none (dais(1) tells the "
			     "danger): echo Y >/sys/module/vfio/parameters/"
			     "enable_unsafe_noiommu_mode, and bind the device again");
		return err_host(err);
	}
	return 0;
}

/* The last name of a directory, in a caller's buffer. */
struct last_name {
	char *buf;
	size_t size;
	bool found;
};

static void take_name(void *opaque, const char *name)
{
	struct last_name *last = opaque;

	last->found =
		snprintf(last->buf, last->size, "/dev/vfio/devices/%s", name) < (int)last->size;
}

bool vfio_host_device_cdev(const struct vfio_host_device *host, char *path, size_t size)
{
	struct last_name last = { path, size, false };
	char dir[PATH_SIZE];

	snprintf(dir, sizeof(dir), "%s/vfio-dev", host->path);
	for_each_name(dir, take_name, &last);
	return last.found;
}

/* Value of a property of one cell, in the host's order; 0 where there is none. */
static uint32_t read_cell(const char *path)
{
	owned_ptr char *data = NULL;
	uint32_t cell = 0;
	size_t size;

	if (file_read(path, sizeof(cell), &data, &size) == 0 && size == sizeof(cell))
		memcpy(&cell, data, sizeof(cell));
	return be32toh(cell);
}

uint64_t vfio_host_device_page_offset(const struct vfio_host_device *host, unsigned int index)
{
	owned_ptr char *reg = NULL;
	char path[PATH_SIZE];
	uint32_t n_address, n_size, low;
	size_t size, at;

	snprintf(path, sizeof(path), "%s/of_node/../#address-cells", host->path);
	n_address = read_cell(path);
	snprintf(path, sizeof(path), "%s/of_node/../#size-cells", host->path);
	n_size = read_cell(path);
	snprintf(path, sizeof(path), "%s/of_node/reg", host->path);
	if (n_address < 1 || n_address > 4 || n_size > 4 || file_read(path, 65536, &reg, &size))
		return 0;

	/* The last cell of the address: buses in between move whole pages. */
	at = ((size_t)index * (n_address + n_size) + n_address - 1) * sizeof(low);
	if (at + sizeof(low) > size)
		return 0;
	memcpy(&low, reg + at, sizeof(low));
	return be32toh(low) & (sys_page_size() - 1);
}

bool vfio_host_node_path(const char *dir, char *path, size_t size)
{
	static const char base[] = "/firmware/devicetree/base";
	char link[PATH_SIZE], target[PATH_MAX];
	const char *found;

	snprintf(link, sizeof(link), "%s/of_node", dir);
	if (sys_readlink(link, target, sizeof(target)) < 0)
		return false;
	found = strstr(target, base);
	return found && str_copy(path, size, found + strlen(base));
}

/* What a walk over a group's members needs. */
struct member_walk {
	const char *dir;
	void (*fn)(void *opaque, const char *name, const char *driver);
	void *opaque;
};

static void tell_member(void *opaque, const char *name)
{
	struct member_walk *walk = opaque;
	char path[PATH_SIZE + NAME_MAX + 16], driver[64];

	snprintf(path, sizeof(path), "%s/%s/driver", walk->dir, name);
	if (file_link_name(driver, sizeof(driver), "%s", path))
		driver[0] = '\0';
	walk->fn(walk->opaque, name, driver);
}

void vfio_host_group_for_each(int group,
			      void (*fn)(void *opaque, const char *name, const char *driver),
			      void *opaque)
{
	char dir[PATH_SIZE];
	struct member_walk walk = { dir, fn, opaque };

	snprintf(dir, sizeof(dir), "/sys/kernel/iommu_groups/%d/devices", group);
	for_each_name(dir, tell_member, &walk);
}

bool vfio_host_group_is_noiommu(int group)
{
	char path[PATH_SIZE], name[32];

	/* vfio_noiommu_group_alloc() of drivers/vfio/iommu/group.c */
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/name", group);
	return !file_read_line(name, sizeof(name), "%s", path) && !strcmp(name, "vfio-noiommu");
}

/* Text that grows in a caller's buffer. */
struct member_list {
	char *buf;
	size_t size;
};

static void append_member(void *opaque, const char *name, const char *driver)
{
	struct member_list *list = opaque;
	size_t used = strlen(list->buf);

	snprintf(list->buf + used, list->size - used, "%s%s (%s)", used ? ", " : "", name,
		 driver[0] ? driver : "no driver");
}

void vfio_host_group_members(int group, char *buf, size_t size)
{
	struct member_list list = { buf, size };

	buf[0] = '\0';
	vfio_host_group_for_each(group, append_member, &list);
}

bool vfio_host_driver_shares_group(const char *driver)
{
	return !driver[0] || !strncmp(driver, "vfio-", 5);
}

int vfio_host_device_check_noiommu(const struct vfio_host_device *host, struct err *err)
{
	if (vfio_host_group_is_noiommu(host->group))
		return 0;
	err_usage(err, "iommu=none: %s has an IOMMU", host->name);
	err_why(err, "it is in IOMMU group %d: without it, the device could write anywhere",
		host->group);
	err_fix(err, "give iommu=auto");
	return err->code;
}
