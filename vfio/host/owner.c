// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/owner.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/host/device.h"
#include "vfio/host/record.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

/* The files under /dev by which a process has a device: its group's, and its own. */
struct nodes {
	char paths[3][64];
};

static void find_nodes(const struct vfio_host_device *host, struct nodes *nodes)
{
	memset(nodes, 0, sizeof(*nodes));
	if (host->group >= 0) {
		snprintf(nodes->paths[0], sizeof(nodes->paths[0]), "/dev/vfio/%d", host->group);
		snprintf(nodes->paths[1], sizeof(nodes->paths[1]), "/dev/vfio/noiommu-%d",
			 host->group);
	}
	if (!vfio_host_device_cdev(host, nodes->paths[2], sizeof(nodes->paths[2])))
		nodes->paths[2][0] = '\0';
}

static bool process_holds(const char *pid, const struct nodes *nodes)
{
	char dir[32 + NAME_MAX], link[sizeof(dir) + 1 + NAME_MAX], target[PATH_MAX];
	struct dirent *entry;
	bool holds = false;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%s/fd", pid);
	d = sys_opendir(dir);
	if (!d)
		return false;
	while (!holds && (entry = sys_readdir(d))) {
		snprintf(link, sizeof(link), "%s/%s", dir, entry->d_name);
		if (sys_readlink(link, target, sizeof(target)) <= 0)
			continue;
		for (size_t i = 0; i < n_elems(nodes->paths); i++)
			holds = holds || !strcmp(target, nodes->paths[i]);
	}
	sys_closedir(d);
	return holds;
}

/* "pid 4121 (dais run -c disk.conf)" */
static void name_process(const char *pid, char *buf, size_t size)
{
	owned_ptr char *command = NULL;
	char file[32 + NAME_MAX];
	size_t n = 0;

	snprintf(file, sizeof(file), "/proc/%s/cmdline", pid);
	if (file_read(file, 1 << 20, &command, &n))
		n = 0;
	for (size_t i = 0; i + 1 < n; i++)
		if (!command[i])
			command[i] = ' ';
	snprintf(buf, size, "pid %.20s (%s)", pid, n ? command : "?");
}

/* @buf: the number of a process that has the device by way of @nodes. */
static bool find_in_proc(const struct nodes *nodes, char *buf, size_t size)
{
	struct vfio_record self;
	struct dirent *entry;
	bool found = false;
	struct err err;
	DIR *proc;

	if (vfio_record_own(&self, "", &err))
		self.pid = 0;
	proc = sys_opendir("/proc");
	while (proc && !found && (entry = sys_readdir(proc)))
		found = isdigit((unsigned char)entry->d_name[0]) &&
			strtoull(entry->d_name, NULL, 10) != self.pid &&
			process_holds(entry->d_name, nodes) && str_copy(buf, size, entry->d_name);
	if (proc)
		sys_closedir(proc);
	return found;
}

static bool is_of_group(const struct vfio_record *record, const struct vfio_host_device *host)
{
	struct vfio_host_device other;
	struct err err;

	if (!strcmp(record->name, host->name))
		return true;
	return host->group >= 0 && !vfio_host_device_find(&other, record->name, &err) &&
	       other.group == host->group;
}

/* The record of another process than this one. */
static bool find_in_records(const struct vfio_host_device *host, struct vfio_record *record)
{
	owned_ptr struct vfio_record *records = NULL;
	struct vfio_record self;
	unsigned int n;
	struct err err;

	if (vfio_records_list(&records, &n, &err) || vfio_record_own(&self, "", &err))
		return false;
	for (unsigned int i = 0; i < n; i++) {
		if (records[i].pid == self.pid || !vfio_record_is_owned(&records[i]) ||
		    !is_of_group(&records[i], host))
			continue;
		*record = records[i];
		return true;
	}
	return false;
}

bool vfio_find_owner(const struct vfio_host_device *host, char *buf, size_t size)
{
	struct vfio_record record;
	struct nodes nodes;
	char pid[24];
	int n = 0;

	if (find_in_records(host, &record)) {
		snprintf(pid, sizeof(pid), "%" PRIu64, record.pid);
		n = snprintf(buf, size, "VM %s, ", record.vm);
	} else {
		find_nodes(host, &nodes);
		if (!find_in_proc(&nodes, pid, sizeof(pid)))
			return false;
	}
	if ((size_t)n < size)
		name_process(pid, buf + n, size - (size_t)n);
	return true;
}

bool vfio_host_device_has_node(const struct vfio_host_device *host)
{
	struct nodes nodes;

	find_nodes(host, &nodes);
	for (size_t i = 0; i < n_elems(nodes.paths); i++)
		if (nodes.paths[i][0] && file_exists("%s", nodes.paths[i]))
			return true;
	return false;
}
