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
 * records, and asks vfio_find_holder() first: an unbind waits, in the kernel and deaf to signals,
 * for the last descriptor of the device to be closed.
 */

/*
 * Bind the device @name, with bound (not ALREADY), pid, start and vm of @claim in its record. One
 * that is bound stays as it is. @force: also one that the host needs (vfio/host/need.h). On an
 * error the device has its old driver. Returns 1: bound now, 0: it was bound before.
 */
int vfio_host_bind(int records, const char *name, const struct vfio_record *claim, bool force,
		   struct err *err);

/*
 * How one device goes back: a copy of its record, and open files of sysfs. Opened early; the way
 * back itself opens nothing, and so needs neither rights nor paths.
 */
struct vfio_way_back {
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
int vfio_way_back_open(struct vfio_way_back *way, int records, const struct vfio_record *record,
		       struct err *err);
/*
 * Go it: the device is closed. Verifies that the driver is there, and then removes the record.
 * After an error the record says where the device is parked and why, as far as it can be written.
 */
int vfio_way_back_go(struct vfio_way_back *way, struct err *err);
/* Leave the device where it is, and why in its record. */
void vfio_way_back_park(struct vfio_way_back *way, const char *why);
/* Closes the files; also of one that was not opened. */
void vfio_way_back_close(struct vfio_way_back *way);

/* The three at once. */
int vfio_give_back(int records, const struct vfio_record *record, struct err *err);

/*
 * Finish what processes that are gone have left undone, as their records tell: devices that were
 * bound for a run go back, the others are free again. Says what it did, and what it could not do,
 * which need not keep the caller from what it wants. The caller has the lock.
 */
int vfio_recover(int records, struct err *err);

#endif
