// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/bind.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "vfio/host/known.h"
#include "vfio/host/module.h"
#include "vfio/host/owner.h"
#include "vfio/quiet.h"
#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

#define WAIT_MS      5000
#define WAIT_STEP_MS 20

static void begin_record(struct device_record *record, const struct vfio_host_device *host)
{
	*record = (struct device_record){ 0 };
	str_copy(record->name, sizeof(record->name), host->name);
	str_copy(record->bus, sizeof(record->bus), vfio_host_device_bus(host));
}

int device_record_read(int records, const struct vfio_host_device *host,
		       struct device_record *record, struct err *err)
{
	int ret = record_read(RECORD_OF_DEVICE, records, host->name, record, err);

	if (ret != -ENOENT)
		return ret;
	begin_record(record, host);
	return 1;
}

/* A file of sysfs that binds or unbinds. */
__attribute__((format(printf, 3, 4))) static int open_to_write(int *fd, struct err *err,
							       const char *fmt, ...)
{
	char path[PATH_MAX];

	str_format(path, sizeof(path), fmt);
	*fd = sys_open(path, O_WRONLY);
	if (*fd >= 0)
		return 0;
	err_set(err, *fd, "open %s", path);
	if (*fd == -EACCES || *fd == -EPERM) {
		err_why(err, "this user may not bind devices to drivers");
		err_fix(err, "run dais as root, or have root bind the device: dais bind");
	}
	return err_host(err);
}

/* All of @text at once, as sysfs wants it. */
static int write_text(int fd, const char *text)
{
	ssize_t n = sys_write(fd, text, strlen(text));

	return n < 0 ? (int)n : 0;
}

/* ---- There */

/*
 * What is to be restored into @record, and for whom from @claim. A call that did not come to its
 * end has left a record, which holds as long as the device was not given another driver since.
 */
static int remember(const struct vfio_host_device *host, const struct device_record *claim,
		    int records, struct device_record *record, struct err *err)
{
	char now[64] = "";
	int ret = file_read_line(now, sizeof(now), "%s/driver_override", host->path);
	bool is_vfio;

	if (ret)
		return err_set(err, ret, "read %s/driver_override", host->path);
	/* So the kernel shows an empty one. */
	if (!strcmp(now, "(null)"))
		now[0] = '\0';
	is_vfio = vfio_host_is_vfio_driver(now, vfio_host_device_bus(host));
	ret = device_record_read(records, host, record, err);
	if (ret < 0)
		return ret;
	if (record->bound == VFIO_BOUND_ALREADY || (host->driver[0] && !is_vfio)) {
		begin_record(record, host);
		str_copy(record->driver, sizeof(record->driver), host->driver);
		if (!is_vfio)
			str_copy(record->driver_override, sizeof(record->driver_override), now);
		if (BUILT(DRIVER_FACTS) && host->driver[0])
			host_known_read(host, record);
	}
	record->bound = claim->bound;
	record->owner = claim->owner;
	return record_write(RECORD_OF_DEVICE, records, record, err);
}

static int not_taken(const struct vfio_host_device *host, int code, struct err *err)
{
	err_set(err, code, "bind %s to %s", host->name,
		vfio_host_driver(vfio_host_device_bus(host)));
	if (code == -ENOENT) {
		err_why(err, "the kernel has no reset handler for it, and insists on one");
		err_fix(err, "boot the host with vfio_platform.reset_required=0");
	} else if (code == -EINVAL) {
		return vfio_host_fix_no_iommu(host, err);
	} else {
		err_why(err, "the driver does not take it");
		err_fix(err, "see the kernel's log (dmesg)");
	}
	return err_host(err);
}

static int move(const struct vfio_host_device *host, struct err *err)
{
	const char *bus = vfio_host_device_bus(host), *vfio = vfio_host_driver(bus);
	owned_fd int override = -1, unbind = -1, bind = -1;
	char now[64];
	int ret = open_to_write(&override, err, "%s/driver_override", host->path);

	if (!ret && (ret = write_text(override, vfio)))
		err_set(err, ret, "write %s to %s/driver_override", vfio, host->path);
	if (!ret && host->driver[0]) {
		ret = open_to_write(&unbind, err, "%s/driver/unbind", host->path);
		if (!ret && (ret = write_text(unbind, host->name)))
			err_set(err, ret, "unbind %s from %s", host->name, host->driver);
	}
	if (!ret)
		ret = open_to_write(&bind, err, "/sys/bus/%s/drivers/%s/bind", bus, vfio);
	if (ret)
		return ret;
	ret = write_text(bind, host->name);
	if (ret || file_link_name(now, sizeof(now), "%s/driver", host->path) || strcmp(now, vfio))
		return not_taken(host, ret, err);
	return 0;
}

/* The device is bound by an earlier call: for longer now, if "dais bind" says so. */
static int adopt(int records, const char *name, const struct device_record *claim, struct err *err)
{
	struct device_record record;

	if (claim->bound != VFIO_BOUND_BY_BIND ||
	    record_read(RECORD_OF_DEVICE, records, name, &record, err) ||
	    record.bound != VFIO_BOUND_BY_RUN || record_is_owned(&record.owner))
		return 0;
	record.bound = claim->bound;
	return record_write(RECORD_OF_DEVICE, records, &record, err);
}

/* udev, or the kernel's devtmpfs, makes the file a little later. */
static int wait_for_node(const char *name, struct err *err)
{
	struct vfio_host_device host;

	for (int waited = 0; waited <= WAIT_MS; waited += WAIT_STEP_MS) {
		/* A device that had no driver gets its group by being bound. */
		int ret = vfio_host_device_find(&host, name, err);

		if (ret || vfio_host_device_has_node(&host))
			return ret;
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

int vfio_host_bind(int records, const char *name, const struct device_record *claim, bool force,
		   struct err *err)
{
	struct vfio_host_device host;
	struct device_record record;
	struct err own;
	int ret = vfio_host_device_find(&host, name, err);

	if (!ret && vfio_host_device_is_bound(&host)) {
		ret = adopt(records, name, claim, err);
		return ret ? ret : wait_for_node(name, err);
	}
	if (!ret)
		ret = vfio_host_driver_check(vfio_host_device_bus(&host), err);
	/* First what the host needs: how to take its driver away would be no remedy. */
	if (!ret && !force)
		ret = critical_use_check(&host, err);
	if (!ret)
		ret = vfio_host_device_check_unbind(&host, err);
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
	if (vfio_restore(records, &record, false, &own))
		err_print(&own);
	return ret;
}

/* ---- And back */

static int open_driver_end(struct vfio_restore *restore, struct err *err)
{
	const struct device_record *record = &restore->record;
	int ret;

	if (record->bound == VFIO_BOUND_ALREADY)
		return open_to_write(&restore->bind, err, "/sys/bus/%s/drivers_probe", record->bus);
	if (!record->driver[0])
		return 0;
	ret = open_to_write(&restore->bind, err, "/sys/bus/%s/drivers/%s/bind", record->bus,
			    record->driver);
	if (ret == -ENOENT) {
		err_why(err, "%s had the driver %s, which is no longer loaded", record->name,
			record->driver);
		err_fix(err, "load it: modprobe %s", record->driver);
	}
	return ret;
}

const char *vfio_restore_driver(const struct vfio_restore *restore, char *buf, size_t size)
{
	const char *bus = restore->record.bus;

	if (!file_link_name_at(restore->device, "driver", buf, size) &&
	    vfio_host_is_vfio_driver(buf, bus))
		return buf;
	return vfio_host_driver(bus);
}

int vfio_restore_open(struct vfio_restore *restore, int records, const struct device_record *record,
		      struct err *err)
{
	char path[PATH_MAX], driver[64];
	int ret;

	*restore = (struct vfio_restore){ *record, records, -1, -1, -1, -1, -1, -1, false };
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", record->bus, record->name);
	restore->device = sys_open(path, O_RDONLY | O_DIRECTORY);
	if (restore->device < 0)
		return err_set(err, restore->device, "open %s", path);
	ret = open_to_write(&restore->driver_override, err, "%s/driver_override", path);
	if (!ret)
		ret = open_to_write(&restore->unbind, err, "/sys/bus/%s/drivers/%s/unbind",
				    record->bus,
				    vfio_restore_driver(restore, driver, sizeof(driver)));
	/* The VFIO driver is not loaded, so nothing is bound to it. */
	if (!ret || (ret == -ENOENT && restore->driver_override >= 0))
		ret = open_driver_end(restore, err);
	if (ret)
		vfio_restore_close(restore);
	if (ret)
		return ret;
	restore->deferred = sys_open("/sys/kernel/debug/devices_deferred", O_RDONLY);
	restore->at_work = sys_openat(restore->device, "vfio-dais/at_work", O_RDWR, 0);
	return 0;
}

/*
 * "NAME<tab>REASON" a line (deferred_devs_show() in drivers/base/dd.c of Linux), of the drivers
 * that wait for something. NULL: it is not among them, or nobody tells.
 */
static const char *find_deferred(const struct vfio_restore *restore, char *reason, size_t size)
{
	char list[4096];
	ssize_t n = restore->deferred < 0 ? -1
					  : sys_pread(restore->deferred, list, sizeof(list) - 1, 0);
	struct text text = text_start(reason, size);

	list[n < 0 ? 0 : n] = '\0';
	for (char *rest = list, *line; (line = strsep(&rest, "\n"));) {
		const char *name = strsep(&line, "\t");

		if (strcmp(name, restore->record.name))
			continue;
		text_add_escaped(&text, line ?: "", line ? strlen(line) : 0);
		return reason;
	}
	return NULL;
}

static bool has_driver(const struct vfio_restore *restore, const char *driver)
{
	char now[64];

	return !file_link_name_at(restore->device, "driver", now, sizeof(now)) &&
	       (!driver || !strcmp(now, driver));
}

static int give_to_driver(const struct vfio_restore *restore, struct err *err)
{
	const struct device_record *record = &restore->record;
	char reason[160];
	int ret;

	if (restore->bind < 0 || has_driver(restore, NULL))
		return 0;
	ret = write_text(restore->bind, record->name);
	/* Perhaps no driver wants it: that is how it is then. */
	if (record->bound == VFIO_BOUND_ALREADY)
		return ret ? err_set(err, ret, "have a driver of the host probe %s", record->name)
			   : 0;
	/* A driver may put its probe off until something that it needs is there. */
	for (int waited = 0; (!ret || ret == -EAGAIN) && waited <= WAIT_MS;
	     waited += WAIT_STEP_MS) {
		if (has_driver(restore, record->driver))
			return 0;
		sys_sleep_ms(WAIT_STEP_MS);
	}
	err_set(err, ret, "bind %s to %s again", record->name, record->driver);
	if (find_deferred(restore, reason, sizeof(reason)))
		err_why(err, "the driver waits for something (devices_deferred): %s",
			reason[0] ? reason : "the kernel does not say for what");
	else
		err_why(err, "the driver does not take it; the kernel's log (dmesg) may say why");
	err_fix(err, "when that is remedied: dais unbind %s", record->name);
	return err_host(err);
}

int vfio_restore_run(struct vfio_restore *restore, struct err *err)
{
	const struct device_record *record = &restore->record;
	const char *override = record->driver_override;
	char now[64] = "", why[160];
	int ret = vfio_check_at_work(restore->at_work, restore->force, why, sizeof(why));

	if (ret) {
		vfio_restore_leave_bound(restore, why);
		return vfio_stays(record->name, "vfio-dais", why, err);
	}
	/* First, so that nothing but its own driver can take it in between. */
	ret = write_text(restore->driver_override, override[0] ? override : "\n");
	if (ret)
		err_set(err, ret, "set driver_override of %s", record->name);
	else if (restore->unbind >= 0 &&
		 !file_link_name_at(restore->device, "driver", now, sizeof(now)) &&
		 vfio_host_is_vfio_driver(now, record->bus) &&
		 (ret = write_text(restore->unbind, record->name)))
		err_set(err, ret, "unbind %s from %s", record->name, now);
	if (!ret)
		ret = give_to_driver(restore, err);
	if (!ret)
		ret = record_remove(RECORD_OF_DEVICE, restore->records, record->name, err);
	if (ret)
		vfio_restore_leave_bound(restore, err->what);
	return ret;
}

void vfio_restore_leave_bound(struct vfio_restore *restore, const char *why)
{
	struct device_record *record = &restore->record;
	struct err err;

	if (why != record->left_bound)
		str_copy(record->left_bound, sizeof(record->left_bound), why);
	record->owner.pid = record->owner.start = 0;
	if (record_write(RECORD_OF_DEVICE, restore->records, record, &err))
		err_print(&err);
}

int vfio_stays(const char *name, const char *driver, const char *why, struct err *err)
{
	err_set(err, 0, "%s stays with %s", name, driver);
	err_why(err, "%s", why);
	err_fix(err, "dais unbind %s tries once more; with --force it goes back all the same",
		name);
	return err_host(err);
}

void vfio_restore_close(struct vfio_restore *restore)
{
	close_fd(&restore->device);
	close_fd(&restore->driver_override);
	close_fd(&restore->unbind);
	close_fd(&restore->bind);
	close_fd(&restore->deferred);
	close_fd(&restore->at_work);
}

int vfio_restore(int records, const struct device_record *record, bool force, struct err *err)
{
	struct vfio_restore restore;
	int ret = vfio_restore_open(&restore, records, record, err);

	restore.force = force;
	if (!ret)
		ret = vfio_restore_run(&restore, err);
	vfio_restore_close(&restore);
	return ret;
}
