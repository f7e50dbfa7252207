/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_RAM_RECORD_H
#define VFIO_HOST_RAM_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct vfio;

/*
 * Which devices without an IOMMU may write to which file of guest RAM: a record a device
 * (record.h). The file goes back to the host when each of its devices is known to be quiet: it was
 * reset by its handler, or a driver of the host has taken it over. Until then it stays, whatever
 * process has died; a user who knows better removes it.
 */

/*
 * All devices of @vfio may write to the file @path from now on, for the VM of this process, whose
 * name is @vm. Fails when one may still write to another, of an earlier VM.
 */
int vfio_ram_claim(const struct vfio *vfio, const char *path, const char *vm, struct err *err);

/*
 * This process makes the file @path for guest RAM, which no device knows of: when the process is
 * gone, the dais that collects removes it. vfio_ram_forget_new() ends that, after the file got its
 * name.
 */
int vfio_ram_claim_new(const char *path, const char *vm, struct err *err);
int vfio_ram_forget_new(const char *path, struct err *err);

/* The device @name has just been reset by its handler: its record, if it has one, says so. */
void vfio_ram_set_quiet(const char *name);

/*
 * The device @name may still write to the RAM of a VM that has ended, and no process has it: @err
 * tells. Reads only.
 */
bool vfio_ram_is_left(const char *name, struct err *err);

/*
 * Look at the devices of processes that are gone, and of process @own, and remove the files that
 * none of them can write to any more. Tells what was removed, and of what could not be, why. The
 * caller has the lock of the records. @may_reset: of a device that is bound to VFIO and not known
 * to be quiet, open it and have it reset, which a process in the sandbox cannot.
 */
int vfio_ram_collect(uint64_t own, bool may_reset, struct err *err);

#endif
