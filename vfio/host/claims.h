/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_CLAIMS_H
#define VFIO_HOST_CLAIMS_H

#include <stdbool.h>

#include "vmm/base/err.h"

/* The devices of the host that one run has: noted in their records, and bound for it if asked. */
struct vfio_claims;

/*
 * Finish what others left undone, then take the @n_names devices for the VM @vm: each gets a record
 * with this process in it; with @bind those that are not bound to VFIO are. No device is opened.
 * Fails when another process has one of them. Without the right to keep records nothing is done,
 * unless @bind. On an error all is as it was.
 */
int vfio_claims_take(struct vfio_claims **claims, const char *const *names, unsigned int n_names,
		     bool bind, const char *vm, struct err *err);

/* @device could not be brought to rest: it is not to go back to a driver. Unknown ones are ignored.
 */
void vfio_claims_leave_bound(struct vfio_claims *claims, const char *device, const char *why);

/*
 * When the devices are closed: those that were bound for this run go back, all are free. Opens
 * nothing. All of it is tried; returns the first error, and prints the others.
 */
int vfio_claims_return(struct vfio_claims *claims, struct err *err);

/* Frees it, and leaves the devices to another process that has it. NULL is fine. */
void vfio_claims_forget(struct vfio_claims *claims);

#endif
