/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_BIND_H
#define VFIO_HOST_BIND_H

#include <stdbool.h>
#include <stddef.h>

#include "vfio/host/record.h"
#include "vmm/base/err.h"

struct vfio_host_device;

/*
 * A device goes from its driver to vfio-platform or vfio-amba, and back: the inside of owner.h.
 * What was there before is in the device's record before anything is changed, and each step looks
 * at what is there: after a kill between any two of them the same call finishes what was begun. The
 * caller has the lock of the records, and asks vfio_find_owner() first: an unbind waits, in the
 * kernel and deaf to signals, for the last descriptor of the device to be closed.
 */

/* The record of @host: 0. Without one, which returns 1, @record has the device's name and bus. */
int device_record_read(int records, const struct vfio_host_device *host,
		       struct device_record *record, struct err *err);

/*
 * Bind the device @name, with bound (not ALREADY) and owner of @claim in its record. One that is
 * bound stays as it is. @force: also one in critical use. On an error the device has its old
 * driver. Returns 1: bound now, 0: it was bound before.
 */
int vfio_host_bind(int records, const char *name, const struct device_record *claim, bool force,
		   struct err *err);

/*
 * How one device gets its driver back: a copy of its record, and open files of sysfs. Opened early;
 * the restore itself opens nothing, and so needs neither rights nor paths.
 */
struct vfio_restore {
	struct device_record record;
	int records;         /* the caller's */
	int device;          /* its directory in sysfs */
	int driver_override; /* files to write to; -1: nothing to do */
	int unbind;
	int bind;
	int deferred; /* why probes are put off, to read; -1: not told */
	int at_work;  /* whether it is, as vfio-dais says; -1: it has another driver */
	bool force;   /* it goes back all the same */
};

/* The VFIO driver that the device has, in @buf; where it has none: the one that it would get. */
const char *vfio_restore_driver(const struct vfio_restore *restore, char *buf, size_t size);

/*
 * Without a binding in @record (VFIO_BOUND_ALREADY) the restore lets any driver of the host that
 * wants the device have it. After an error nothing is open.
 */
int vfio_restore_open(struct vfio_restore *restore, int records, const struct device_record *record,
		      struct err *err);
/*
 * The device is closed: restore its driver, verify that it is there, and remove the record. After
 * an error the record says that the device is left bound, and why, as far as it can be written.
 */
int vfio_restore_run(struct vfio_restore *restore, struct err *err);
/* Leave the device where it is, and why in its record. */
void vfio_restore_leave_bound(struct vfio_restore *restore, const char *why);
/* The error that tells of that: the device stays with @driver. */
int vfio_stays(const char *name, const char *driver, const char *why, struct err *err);
/* Closes the files; also of one that was not opened. */
void vfio_restore_close(struct vfio_restore *restore);

/* The three at once. @force: also what may still be at work. */
int vfio_restore(int records, const struct device_record *record, bool force, struct err *err);

/*
 * Refuse a device that the host cannot do without: its interrupt controller, an IOMMU, a timer,
 * a device that others which are in use get clocks, power and the like from, its console, what its
 * mounted disks and swap hang on, and the network interface of the default route, behind which the
 * user may sit. From sysfs and procfs; what cannot be read is taken for "no".
 */
int critical_use_check(const struct vfio_host_device *host, struct err *err);

#endif
