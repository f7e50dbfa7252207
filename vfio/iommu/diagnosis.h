/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IOMMU_DIAGNOSIS_H
#define VFIO_IOMMU_DIAGNOSIS_H

#include "vmm/base/err.h"
#include "vmm/base/range.h"

/*
 * Causes and remedies that the IOMMU backends share, beside vfio_diagnose_owner(). @err was just
 * set by the caller, but for vfio_map_failed().
 */

/* EPERM; @module has the parameter that allows it. */
void vfio_diagnose_unsafe_interrupts(struct err *err, const char *module);
/* The host, or another process, uses a device of IOMMU group @group. */
void vfio_diagnose_siblings(struct err *err, int group);
/* The driver's open of the device failed. */
void vfio_diagnose_no_start(struct err *err);

/* Mapping guest RAM at @iova failed. Returns the error's code. */
int vfio_map_failed(struct range iova, int code, struct err *err);

#endif
