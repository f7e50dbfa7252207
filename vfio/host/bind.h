/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_BIND_H
#define VFIO_HOST_BIND_H

#include <stdbool.h>

#include "vfio/host/record.h"
#include "vmm/base/err.h"

/*
 * A device goes from its driver to vfio-platform or vfio-amba, and back. What was there before is
 * in the device's record before anything is changed, and each step looks at what is there: after a
 * kill between any two of them the same call finishes what was begun. Who calls has the lock of the
 * records, and asks vfio_find_owner() first: an unbind waits, in the kernel and deaf to signals,
 * for the last descriptor of the device to be closed.
 */

/*
 * Bind the device @name, with bound (not ALREADY), pid, start and vm of @claim in its record. One
 * that is bound stays as it is. @force: also one that the host needs (vfio/host/critical_use.h). On
 * an error the device has its old driver. Returns 1: bound now, 0: it was bound before.
 */
int vfio_host_bind(int records, const char *name, const struct vfio_record *claim, bool force,
		   struct err *err);

/*
 * How one device goes back: a copy of its record, and open files of sysfs. Opened early; the way
 * back itself opens nothing, and so needs neither rights nor paths.
 */
struct vfio_restore {
	struct vfio_record record;
	int records;         /* the caller's */
	int device;          /* its directory in sysfs */
	int driver_override; /* files to write to; -1: nothing to do */
	int unbind;
	int bind;
};

/*
 * Without a binding in @record (VFIO_BOUND_ALREADY) the way leads to whichever driver of the host
 * wants the device. After an error nothing is open.
 */
int vfio_restore_open(struct vfio_restore *restore, int records, const struct vfio_record *record,
		      struct err *err);
/*
 * Go it: the device is closed. Verifies that the driver is there, and then removes the record.
 * After an error the record says that the device is left bound, and why, as far as it can be
 * written.
 */
int vfio_restore_run(struct vfio_restore *restore, struct err *err);
/* Leave the device where it is, and why in its record. */
void vfio_restore_leave_bound(struct vfio_restore *restore, const char *why);
/* Closes the files; also of one that was not opened. */
void vfio_restore_close(struct vfio_restore *restore);

/* The three at once. */
int vfio_give_back(int records, const struct vfio_record *record, struct err *err);

/*
 * Finish what processes that are gone have left undone, as their records tell: devices that were
 * bound for a run go back, the others are free again. Says what it did, and what it could not do,
 * which need not keep the caller from what it wants. The caller has the lock.
 */
int vfio_recover(int records, struct err *err);

#endif
