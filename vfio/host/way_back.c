// SPDX-License-Identifier: GPL-2.0-only
/* The way back of vfio/host/bind.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "vfio/host/bind.h"
#include "vfio/host/sysfs.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

#define PATH_SIZE    320
#define WAIT_MS      5000
#define WAIT_STEP_MS 20

static int open_driver_end(struct vfio_way_back *way, struct err *err)
{
	const struct vfio_record *record = &way->record;
	char path[PATH_SIZE];
	int ret;

	if (record->bound == VFIO_BOUND_ALREADY) {
		snprintf(path, sizeof(path), "/sys/bus/%s/drivers_probe", record->bus);
		return sysfs_open_to_write(path, &way->bind, err);
	}
	if (!record->driver[0])
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/bind", record->bus, record->driver);
	ret = sysfs_open_to_write(path, &way->bind, err);
	if (ret == -ENOENT) {
		err_why(err, "%s had the driver %s, which is no longer loaded", record->name,
			record->driver);
		err_fix(err, "load it: modprobe %s", record->driver);
	}
	return ret;
}

int vfio_way_back_open(struct vfio_way_back *way, int records, const struct vfio_record *record,
		       struct err *err)
{
	char path[PATH_SIZE], vfio[32];
	int ret;

	*way = (struct vfio_way_back){ *record, records, -1, -1, -1, -1 };
	snprintf(vfio, sizeof(vfio), "vfio-%s", record->bus);
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", record->bus, record->name);
	way->device = sys_open(path, O_RDONLY | O_DIRECTORY);
	ret = way->device < 0 ? err_set(err, way->device, "open %s", path) : 0;
	if (!ret) {
		snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/driver_override", record->bus,
			 record->name);
		ret = sysfs_open_to_write(path, &way->driver_override, err);
	}
	if (!ret) {
		snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/unbind", record->bus, vfio);
		ret = sysfs_open_to_write(path, &way->unbind, err);
		/* Not loaded, so nothing is bound to it. */
		if (ret == -ENOENT)
			ret = 0;
	}
	if (!ret)
		ret = open_driver_end(way, err);
	if (ret)
		vfio_way_back_close(way);
	return ret;
}

static bool has_driver(const struct vfio_way_back *way, const char *driver)
{
	char now[64];

	return !file_link_name_at(way->device, "driver", now, sizeof(now)) &&
	       (!driver || !strcmp(now, driver));
}

/* A driver may put its probe off until something that it needs is there. */
static bool wait_for_driver(const struct vfio_way_back *way, const char *driver)
{
	for (int waited = 0; !has_driver(way, driver); waited += WAIT_STEP_MS) {
		if (waited >= WAIT_MS)
			return false;
		sys_sleep_ms(WAIT_STEP_MS);
	}
	return true;
}

static int give_to_driver(const struct vfio_way_back *way, struct err *err)
{
	const struct vfio_record *record = &way->record;
	int ret = 0;

	if (way->bind < 0 || has_driver(way, NULL))
		return 0;
	ret = sysfs_write(way->bind, record->name);
	if (record->bound == VFIO_BOUND_ALREADY)
		/* Perhaps none wants it: that is how it is then. */
		return ret ? err_set(err, ret, "have a driver of the host probe %s", record->name)
			   : 0;
	if ((!ret || ret == -EAGAIN) && wait_for_driver(way, record->driver))
		return 0;
	err_set(err, ret, "bind %s to %s again", record->name, record->driver);
	err_why(err, "the driver does not take it; the kernel's log (dmesg) may say why");
	err_fix(err, "when that is remedied: dais unbind %s", record->name);
	return err_host(err);
}

static int go(struct vfio_way_back *way, struct err *err)
{
	const struct vfio_record *record = &way->record;
	const char *override = record->driver_override[0] ? record->driver_override : "\n";
	char vfio[32];
	int ret;

	snprintf(vfio, sizeof(vfio), "vfio-%s", record->bus);
	/* First, so that nothing but its own driver can take it in between. */
	ret = sysfs_write(way->driver_override, override);
	if (ret)
		return err_set(err, ret, "set driver_override of %s", record->name);
	if (way->unbind >= 0 && has_driver(way, vfio)) {
		ret = sysfs_write(way->unbind, record->name);
		if (ret)
			return err_set(err, ret, "unbind %s from %s", record->name, vfio);
	}
	ret = give_to_driver(way, err);
	if (!ret && way->records >= 0)
		ret = vfio_record_remove(way->records, record->name, err);
	return ret;
}

int vfio_way_back_go(struct vfio_way_back *way, struct err *err)
{
	int ret = go(way, err);

	if (ret)
		vfio_way_back_park(way, err->what);
	return ret;
}

void vfio_way_back_park(struct vfio_way_back *way, const char *why)
{
	struct err err;

	if (way->records < 0)
		return;
	if (why != way->record.parked)
		str_copy(way->record.parked, sizeof(way->record.parked), why);
	way->record.pid = way->record.start = 0;
	if (vfio_record_write(way->records, &way->record, &err))
		err_print(&err);
}

void vfio_way_back_close(struct vfio_way_back *way)
{
	close_fd(&way->device);
	close_fd(&way->driver_override);
	close_fd(&way->unbind);
	close_fd(&way->bind);
}

int vfio_give_back(int records, const struct vfio_record *record, struct err *err)
{
	struct vfio_way_back way;
	int ret = vfio_way_back_open(&way, records, record, err);

	if (!ret)
		ret = vfio_way_back_go(&way, err);
	vfio_way_back_close(&way);
	return ret;
}
