/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_OWNER_H
#define VFIO_HOST_OWNER_H

/*
 * Who has a device of the host, and how it comes from its driver to VFIO and back: all that
 * commands and stages need to know of it. What is noted where: record.h; how a device moves:
 * bind.h. No device is opened here.
 */
#include <stdbool.h>
#include <stddef.h>

#include "vfio/host/device.h"
#include "vmm/base/err.h"

/* ---- Look: reads only */

/*
 * Another process that has @host or a device of its IOMMU group: "VM disk, pid 4121 (dais run -c
 * disk.conf)" into @buf. The records tell of every dais, also a user who may not read /proc; /proc
 * tells of other programs, by the device numbers of what they have open. false: none is known.
 */
bool vfio_find_owner(const struct vfio_host_device *host, char *buf, size_t size);

/*
 * It is the cause of @err, which was just set. false: none is known, and nothing is added.
 * @to_take: for who is about to take it. Who can open its group's file is alone, also where others
 * open devices by files of their own (vfio_group_fops_open() in drivers/vfio/group.c of Linux 6.6),
 * and need not search /proc, which takes long on a host with many processes.
 */
bool vfio_diagnose_owner(struct err *err, const struct vfio_host_device *host, bool to_take);

enum vfio_use {
	VFIO_USE_NONE,
	VFIO_USE_OWNED,      /* another process has it, or a device of its IOMMU group */
	VFIO_USE_LEFT_BOUND, /* a dais that is gone could not give it back, or leave it quiet */
};

/* What is not VFIO_USE_NONE is told in @err: who has the device, or why it was left bound, and what
 * ends it. */
enum vfio_use vfio_device_use(const struct vfio_host_device *host, struct err *err);

/* Warn of records that cannot be read, once for all devices that are looked at. */
void vfio_warn_of_records(void);

/* Whether there is a file under /dev by which @host can be opened. */
bool vfio_host_device_has_node(const struct vfio_host_device *host);

/* ---- Claim devices for a run */

/* The devices of the host that one run has: noted in their records, and bound for it if asked. */
struct vfio_claims;

/*
 * Finish what others left undone, then claim the @n_names devices for the VM @vm: each gets a
 * record with this process in it; with @bind those that are not bound to VFIO are. Fails when
 * another process has one of them. Without the right to keep records nothing is done, unless @bind.
 * On an error all is as it was.
 */
int vfio_claims_take(struct vfio_claims **claims, const char *const *names, unsigned int n_names,
		     bool bind, const char *vm, struct err *err);
/*
 * @device could not be brought to rest: it is not to go back to a driver; nor is the record of one
 * that stays bound to be as if nothing were wrong, unless @if_returned. Unknown ones are ignored.
 */
void vfio_claims_leave_bound(struct vfio_claims *claims, const char *device, bool if_returned,
			     const char *why);
/*
 * When the devices are closed: those that were bound for this run go back, all are free. Opens
 * nothing. All of it is tried; returns the first error, and prints the others.
 */
int vfio_claims_return(struct vfio_claims *claims, struct err *err);
/* Frees it, and leaves the devices to another process that has it. NULL is fine. */
void vfio_claims_forget(struct vfio_claims *claims);

/* ---- Bind and unbind by hand */

/*
 * Open the records and keep every other dais from them, until both fds are closed, and finish what
 * processes that are gone have left undone: devices that were bound for a run go back, the others
 * are free again. Says what it did, and what it could not do, which does not fail.
 */
int vfio_bindings_begin(int *records, int *lock, struct err *err);
/* Until vfio_unbind(). A device that is bound stays as it is; @force: also one in critical use. */
int vfio_bind(int records, const char *name, bool force, struct err *err);
/*
 * Back to the driver that it had, or, where no record tells, to any that wants it. -EBUSY: a
 * process has it. One that is not seen to be at rest stays where it is, but with @force. Returns 1:
 * it went back, 0: it was not bound.
 */
int vfio_unbind(int records, const char *name, bool force, struct err *err);

#endif
