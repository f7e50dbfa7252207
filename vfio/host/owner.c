// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/owner.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "vfio/host/record.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

#define MAX_NODES 3

/*
 * The devices under /dev by which a process has @host: its group's file, and its own. Their numbers
 * tell: a path has another meaning in another mount namespace. Returns how many there are.
 */
static unsigned int find_nodes(const struct vfio_host_device *host, dev_t nodes[MAX_NODES])
{
	char paths[MAX_NODES][64] = { "" };
	unsigned int n = 0;
	struct stat st;

	if (host->group >= 0) {
		snprintf(paths[0], sizeof(paths[0]), "/dev/vfio/%d", host->group);
		snprintf(paths[1], sizeof(paths[1]), "/dev/vfio/noiommu-%d", host->group);
	}
	if (!vfio_host_device_cdev(host, paths[2], sizeof(paths[2])))
		paths[2][0] = '\0';
	for (unsigned int i = 0; i < MAX_NODES; i++)
		if (paths[i][0] && !sys_stat(paths[i], &st) && S_ISCHR(st.st_mode))
			nodes[n++] = st.st_rdev;
	return n;
}

bool vfio_host_device_has_node(const struct vfio_host_device *host)
{
	dev_t nodes[MAX_NODES];

	return find_nodes(host, nodes);
}

static bool process_has(const char *pid, const dev_t *nodes, unsigned int n_nodes)
{
	owned_dir DIR *dir = file_open_dir("/proc/%s/fd", pid);

	for (const char *name; (name = file_next_name(dir));) {
		char path[32 + 2 * NAME_MAX];
		struct stat st;

		/* What is open there, wherever the text of this link would lead here. */
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, name);
		if (sys_stat(path, &st) || !S_ISCHR(st.st_mode))
			continue;
		for (unsigned int i = 0; i < n_nodes; i++)
			if (st.st_rdev == nodes[i])
				return true;
	}
	return false;
}

/* The number of a process other than @self that has @host by one of its files; 0: none. */
static uint64_t find_in_proc(const struct vfio_host_device *host, uint64_t self)
{
	dev_t nodes[MAX_NODES];
	unsigned int n_nodes = find_nodes(host, nodes);
	owned_dir DIR *proc = n_nodes ? file_open_dir("/proc") : NULL;

	for (const char *name; (name = file_next_name(proc));) {
		uint64_t pid = strtoull(name, NULL, 10);

		if (isdigit((unsigned char)name[0]) && pid != self &&
		    process_has(name, nodes, n_nodes))
			return pid;
	}
	return 0;
}

static bool is_of_group(const char *name, const struct vfio_host_device *host)
{
	struct vfio_host_device other;
	struct err err;

	return !strcmp(name, host->name) ||
	       (host->group >= 0 && !vfio_host_device_find(&other, name, &err) &&
		other.group == host->group);
}

/* The owner in the record of @host, or of a device of its group, if it is not @self. */
static bool find_in_records(const struct vfio_host_device *host, uint64_t self,
			    struct record_owner *owner)
{
	owned_ptr struct device_record *records = NULL;
	unsigned int n;
	struct err err;

	if (records_list(RECORD_OF_DEVICE, RECORD_BROKEN_SKIPS, &records, &n, &err))
		return false;
	for (unsigned int i = 0; i < n; i++) {
		*owner = records[i].owner;
		if (owner->pid != self && record_is_owned(owner) &&
		    is_of_group(records[i].name, host))
			return true;
	}
	return false;
}

void vfio_warn_of_records(void)
{
	owned_ptr struct device_record *records = NULL;
	unsigned int n;
	struct err err;

	records_list(RECORD_OF_DEVICE, RECORD_BROKEN_WARNS, &records, &n, &err);
}

/* "pid 4121 (dais run -c disk.conf)" */
static void name_process(struct text *text, uint64_t pid)
{
	owned_ptr char *command = NULL;
	size_t n = 0;

	if (file_read(&command, &n, 1 << 20, "/proc/%" PRIu64 "/cmdline", pid))
		n = 0;
	while (n && !command[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		if (!command[i])
			command[i] = ' ';
	text_add(text, "pid %" PRIu64 " (", pid);
	text_add_escaped(text, n ? command : "?", n ? n : 1);
	text_add(text, ")");
}

static bool find_owner(const struct vfio_host_device *host, bool in_proc, char *buf, size_t size)
{
	struct text text = text_start(buf, size);
	struct record_owner self, owner;
	struct err err;

	if (record_own(&self, "", &err))
		self.pid = 0;
	if (self.pid && find_in_records(host, self.pid, &owner)) {
		text_add(&text, "VM ");
		text_add_escaped(&text, owner.vm, strlen(owner.vm));
		text_add(&text, ", ");
	} else {
		owner.pid = in_proc ? find_in_proc(host, self.pid) : 0;
	}
	if (owner.pid)
		name_process(&text, owner.pid);
	return owner.pid;
}

bool vfio_find_owner(const struct vfio_host_device *host, char *buf, size_t size)
{
	return find_owner(host, true, buf, size);
}

bool vfio_diagnose_owner(struct err *err, const struct vfio_host_device *host, bool to_take)
{
	owned_fd int fd = -1;
	char owner[256];

	if (to_take && host->group >= 0) {
		snprintf(owner, sizeof(owner), "/dev/vfio/%d", host->group);
		fd = sys_open(owner, O_RDWR);
	}
	if (!find_owner(host, fd < 0, owner, sizeof(owner)))
		return false;
	err_why(err, "it, or a device of its IOMMU group, is held by %s", owner);
	err_fix(err, "stop that process, or assign another device");
	return true;
}

static bool is_left_bound(const char *name, struct err *err)
{
	owned_fd int dir = records_open(RECORD_OF_DEVICE, false, err);
	struct device_record record;

	if (dir < 0 || record_read(RECORD_OF_DEVICE, dir, name, &record, err) ||
	    !record.left_bound[0] || record_is_owned(&record.owner))
		return false;
	err_set(err, 0, "%s is still bound to %s, as a VM left it", name,
		vfio_host_driver(record.bus));
	err_why(err, "%s", record.left_bound);
	err_fix(err, "sudo dais unbind %s", name);
	return true;
}

enum vfio_use vfio_device_use(const struct vfio_host_device *host, struct err *err)
{
	if (vfio_host_device_is_bound(host)) {
		err_set(err, 0, "%s is in use", host->name);
		if (vfio_diagnose_owner(err, host, false))
			return VFIO_USE_OWNED;
	}
	if (is_left_bound(host->name, err) || vfio_ram_is_left(host->name, err))
		return VFIO_USE_LEFT_BOUND;
	*err = (struct err){ 0 };
	return VFIO_USE_NONE;
}
