// SPDX-License-Identifier: GPL-2.0-only
/* The restore back of vfio/host/bind.h. */
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

static int open_driver_end(struct vfio_restore *restore, struct err *err)
{
	const struct vfio_record *record = &restore->record;
	char path[PATH_SIZE];
	int ret;

	if (record->bound == VFIO_BOUND_ALREADY) {
		snprintf(path, sizeof(path), "/sys/bus/%s/drivers_probe", record->bus);
		return sysfs_open_to_write(path, &restore->bind, err);
	}
	if (!record->driver[0])
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/bind", record->bus, record->driver);
	ret = sysfs_open_to_write(path, &restore->bind, err);
	if (ret == -ENOENT) {
		err_why(err, "%s had the driver %s, which is no longer loaded", record->name,
			record->driver);
		err_fix(err, "load it: modprobe %s", record->driver);
	}
	return ret;
}

int vfio_restore_open(struct vfio_restore *restore, int records, const struct vfio_record *record,
		      struct err *err)
{
	char path[PATH_SIZE], vfio[32];
	int ret;

	*restore = (struct vfio_restore){ *record, records, -1, -1, -1, -1 };
	snprintf(vfio, sizeof(vfio), "vfio-%s", record->bus);
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", record->bus, record->name);
	restore->device = sys_open(path, O_RDONLY | O_DIRECTORY);
	ret = restore->device < 0 ? err_set(err, restore->device, "open %s", path) : 0;
	if (!ret) {
		snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/driver_override", record->bus,
			 record->name);
		ret = sysfs_open_to_write(path, &restore->driver_override, err);
	}
	if (!ret) {
		snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/unbind", record->bus, vfio);
		ret = sysfs_open_to_write(path, &restore->unbind, err);
		/* Not loaded, so nothing is bound to it. */
		if (ret == -ENOENT)
			ret = 0;
	}
	if (!ret)
		ret = open_driver_end(restore, err);
	if (ret)
		vfio_restore_close(restore);
	return ret;
}

static bool has_driver(const struct vfio_restore *restore, const char *driver)
{
	char now[64];

	return !file_link_name_at(restore->device, "driver", now, sizeof(now)) &&
	       (!driver || !strcmp(now, driver));
}

/* A driver may put its probe off until something that it needs is there. */
static bool wait_for_driver(const struct vfio_restore *restore, const char *driver)
{
	for (int waited = 0; !has_driver(restore, driver); waited += WAIT_STEP_MS) {
		if (waited >= WAIT_MS)
			return false;
		sys_sleep_ms(WAIT_STEP_MS);
	}
	return true;
}

static int give_to_driver(const struct vfio_restore *restore, struct err *err)
{
	const struct vfio_record *record = &restore->record;
	int ret = 0;

	if (restore->bind < 0 || has_driver(restore, NULL))
		return 0;
	ret = sysfs_write(restore->bind, record->name);
	if (record->bound == VFIO_BOUND_ALREADY)
		/* Perhaps none wants it: that is how it is then. */
		return ret ? err_set(err, ret, "have a driver of the host probe %s", record->name)
			   : 0;
	if ((!ret || ret == -EAGAIN) && wait_for_driver(restore, record->driver))
		return 0;
	err_set(err, ret, "bind %s to %s again", record->name, record->driver);
	err_why(err, "the driver does not take it; the kernel's log (dmesg) may say why");
	err_fix(err, "when that is remedied: dais unbind %s", record->name);
	return err_host(err);
}

static int go(struct vfio_restore *restore, struct err *err)
{
	const struct vfio_record *record = &restore->record;
	const char *override = record->driver_override[0] ? record->driver_override : "\n";
	char vfio[32];
	int ret;

	snprintf(vfio, sizeof(vfio), "vfio-%s", record->bus);
	/* First, so that nothing but its own driver can take it in between. */
	ret = sysfs_write(restore->driver_override, override);
	if (ret)
		return err_set(err, ret, "set driver_override of %s", record->name);
	if (restore->unbind >= 0 && has_driver(restore, vfio)) {
		ret = sysfs_write(restore->unbind, record->name);
		if (ret)
			return err_set(err, ret, "unbind %s from %s", record->name, vfio);
	}
	ret = give_to_driver(restore, err);
	if (!ret && restore->records >= 0)
		ret = vfio_record_remove(restore->records, record->name, err);
	return ret;
}

int vfio_restore_run(struct vfio_restore *restore, struct err *err)
{
	int ret = go(restore, err);

	if (ret)
		vfio_restore_leave_bound(restore, err->what);
	return ret;
}

void vfio_restore_leave_bound(struct vfio_restore *restore, const char *why)
{
	struct err err;

	if (restore->records < 0)
		return;
	if (why != restore->record.left_bound)
		str_copy(restore->record.left_bound, sizeof(restore->record.left_bound), why);
	restore->record.pid = restore->record.start = 0;
	if (vfio_record_write(restore->records, &restore->record, &err))
		err_print(&err);
}

void vfio_restore_close(struct vfio_restore *restore)
{
	close_fd(&restore->device);
	close_fd(&restore->driver_override);
	close_fd(&restore->unbind);
	close_fd(&restore->bind);
}

int vfio_give_back(int records, const struct vfio_record *record, struct err *err)
{
	struct vfio_restore restore;
	int ret = vfio_restore_open(&restore, records, record, err);

	if (!ret)
		ret = vfio_restore_run(&restore, err);
	vfio_restore_close(&restore);
	return ret;
}
