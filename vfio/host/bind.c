// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/bind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vfio/host/critical_use.h"
#include "vfio/host/device.h"
#include "vfio/host/owner.h"
#include "vfio/host/sysfs.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

#define PATH_SIZE    320
#define WAIT_MS      5000
#define WAIT_STEP_MS 20

/*
 * What is to be restored into @record, and who does this from @claim. A call that did not come to
 * its end has left a record, which holds as long as nobody has given the device another driver
 * since.
 */
static int remember(const struct vfio_host_device *host, const struct vfio_record *claim,
		    int records, struct vfio_record *record, struct err *err)
{
	char path[PATH_SIZE], now[64] = "", vfio[32];
	int ret;

	snprintf(path, sizeof(path), "%s/driver_override", host->path);
	ret = file_read_line(now, sizeof(now), "%s", path);
	if (ret)
		return err_set(err, ret, "read %s", path);
	/* So the kernel shows an empty one. */
	if (!strcmp(now, "(null)"))
		now[0] = '\0';
	ret = vfio_record_read(records, host->name, record, err);
	if (ret && ret != -ENOENT)
		return ret;
	snprintf(vfio, sizeof(vfio), "vfio-%s", vfio_host_device_bus(host));
	if (ret || record->bound == VFIO_BOUND_ALREADY || (host->driver[0] && strcmp(now, vfio))) {
		*record = (struct vfio_record){ 0 };
		str_copy(record->name, sizeof(record->name), host->name);
		str_copy(record->bus, sizeof(record->bus), vfio_host_device_bus(host));
		str_copy(record->driver, sizeof(record->driver), host->driver);
		if (strcmp(now, vfio))
			str_copy(record->driver_override, sizeof(record->driver_override), now);
	}
	record->bound = claim->bound;
	record->pid = claim->pid;
	record->start = claim->start;
	memcpy(record->vm, claim->vm, sizeof(record->vm));
	return vfio_record_write(records, record, err);
}

static int no_driver(const struct vfio_host_device *host, struct err *err)
{
	const char *bus = vfio_host_device_bus(host);

	err_set(err, 0, "the host has no driver vfio-%s", bus);
	err_why(err, "its module is not loaded, or the kernel was built without it (%s)",
		host->amba ? "CONFIG_VFIO_AMBA" : "CONFIG_VFIO_PLATFORM");
	err_fix(err, "modprobe vfio-%s", bus);
	return err_host(err);
}

static int not_taken(const struct vfio_host_device *host, int code, struct err *err)
{
	err_set(err, code, "bind %s to vfio-%s", host->name, vfio_host_device_bus(host));
	if (code == -ENOENT) {
		err_why(err, "the kernel has no reset handler for it, and insists on one");
		err_fix(err, "boot the host with vfio_platform.reset_required=0");
	} else if (code == -EINVAL) {
		err_why(err, "no IOMMU of this host stands between the device and memory");
		err_fix(err, "enable the IOMMU in the host's kernel and name it in the device's "
			     "node (iommus)");
	} else {
		err_why(err, "the driver does not take it");
		err_fix(err, "see the kernel's log (dmesg)");
	}
	return err_host(err);
}

/* One file of sysfs, opened for one write. */
static int write_file(const char *path, const char *text, struct err *err)
{
	owned_fd int fd = -1;
	int ret = sysfs_open_to_write(path, &fd, err);

	if (!ret) {
		ret = sysfs_write(fd, text);
		if (ret)
			err_set(err, ret, "write %s to %s", text, path);
	}
	return ret;
}

static int move(const struct vfio_host_device *host, struct err *err)
{
	const char *bus = vfio_host_device_bus(host);
	char path[PATH_SIZE], vfio[32], now[64];
	int ret;

	snprintf(vfio, sizeof(vfio), "vfio-%s", bus);
	snprintf(path, sizeof(path), "%s/driver_override", host->path);
	ret = write_file(path, vfio, err);
	if (!ret && host->driver[0]) {
		snprintf(path, sizeof(path), "%s/driver/unbind", host->path);
		ret = write_file(path, host->name, err);
	}
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/bind", bus, vfio);
	ret = write_file(path, host->name, err);
	if (ret)
		return not_taken(host, ret, err);
	snprintf(path, sizeof(path), "%s/driver", host->path);
	ret = file_link_name(now, sizeof(now), "%s", path);
	return ret || strcmp(now, vfio) ? not_taken(host, 0, err) : 0;
}

/* The device is bound by an earlier call: for longer now, if "dais bind" says so. */
static int adopt(int records, const char *name, const struct vfio_record *claim, struct err *err)
{
	struct vfio_record record;

	if (claim->bound != VFIO_BOUND_BY_BIND || vfio_record_read(records, name, &record, err) ||
	    record.bound != VFIO_BOUND_BY_RUN || vfio_record_is_owned(&record))
		return 0;
	record.bound = claim->bound;
	return vfio_record_write(records, &record, err);
}

/* udev, or the kernel's devtmpfs, makes the file a little later. */
static int wait_for_node(const char *name, struct err *err)
{
	struct vfio_host_device host;
	int ret;

	for (int waited = 0;; waited += WAIT_STEP_MS) {
		/* A device that had no driver gets its group by being bound. */
		ret = vfio_host_device_find(&host, name, err);
		if (ret || vfio_host_device_has_node(&host))
			return ret;
		if (waited >= WAIT_MS)
			break;
		sys_sleep_ms(WAIT_STEP_MS);
	}
	err_set(err, 0, "%s is bound, but there is no file for it under /dev/vfio", name);
	if (host.group < 0)
		err_why(err, "the device is in no IOMMU group");
	else
		err_why(err,
			"neither IOMMU group %d nor the device has one: /dev is not the "
			"kernel's devtmpfs",
			host.group);
	err_fix(err, "mount a devtmpfs on /dev, or have udev make the files");
	return err_host(err);
}

int vfio_host_bind(int records, const char *name, const struct vfio_record *claim, bool force,
		   struct err *err)
{
	struct vfio_host_device host;
	struct vfio_record record;
	char path[PATH_SIZE];
	struct err own;
	int ret = vfio_host_device_find(&host, name, err);

	if (ret)
		return ret;
	if (vfio_host_device_is_bound(&host)) {
		ret = adopt(records, name, claim, err);
		return ret ? ret : wait_for_node(name, err);
	}
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/vfio-%s", vfio_host_device_bus(&host),
		 vfio_host_device_bus(&host));
	if (!file_exists("%s", path))
		return no_driver(&host, err);
	ret = force ? 0 : critical_use_check(&host, err);
	if (!ret)
		ret = remember(&host, claim, records, &record, err);
	if (ret)
		return ret;
	ret = move(&host, err);
	if (!ret)
		ret = wait_for_node(name, err);
	if (!ret)
		return 1;
	/* The error of the bind is the one to tell. */
	if (vfio_give_back(records, &record, &own))
		err_print(&own);
	return ret;
}
