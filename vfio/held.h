/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HELD_H
#define VFIO_HELD_H

/* What dais' own driver holds on for a device that is open (kernel/module/uapi/vfio_dais.h). */
#include "kernel/module/uapi/vfio_dais.h"

/*
 * Tell it in a line of the log, and in a warning what is off all the same. Nothing is said of a
 * device that another driver has (vfio-platform), or that needs nothing. @fd: the device's.
 */
void vfio_held_tell(const char *device, int fd);

/* Which of the device's supplies is NAME-supply in its node, or @name; -ENOENT: none. */
int vfio_held_supply(int fd, const char *name);

#endif
