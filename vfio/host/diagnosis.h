/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_DIAGNOSIS_H
#define VFIO_HOST_DIAGNOSIS_H

#include <stdbool.h>

#include "vmm/base/err.h"
#include "vmm/base/range.h"

/*
 * Causes and remedies that the IOMMU backends share. @err was just set by the caller, but for
 * vfio_map_failed().
 */

struct vfio_host_device;

/* EPERM; @module has the parameter that allows it. */
void vfio_diagnose_unsafe_interrupts(struct err *err, const char *module);
/* The host, or somebody else, uses a device of IOMMU group @group. */
void vfio_diagnose_siblings(struct err *err, int group);
/* Another process has @host, or its group: says which (owner.h). False: none is known. */
bool vfio_diagnose_owner(struct err *err, const struct vfio_host_device *host);
/* The driver's open of the device failed. */
void vfio_diagnose_no_start(struct err *err);

/* Mapping guest RAM at @iova failed. Returns the error's code. */
int vfio_map_failed(struct range iova, int code, struct err *err);

#endif
