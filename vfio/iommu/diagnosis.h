/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IOMMU_DIAGNOSIS_H
#define VFIO_IOMMU_DIAGNOSIS_H

#include "vmm/base/err.h"
#include "vmm/base/range.h"

struct vfio_host_device;

/*
 * Causes and remedies that the IOMMU backends share, beside vfio_diagnose_owner(). @err was just
 * set by the caller, but for those that return its code.
 */

/* EPERM; @module has the parameter that allows it. */
void vfio_diagnose_unsafe_interrupts(struct err *err, const char *module);
/* The host, or another process, uses a device of IOMMU group @group. */
void vfio_diagnose_siblings(struct err *err, int group);
/* The driver's open of the device failed. */
void vfio_diagnose_no_start(struct err *err);

/* ENODEV: its IOMMU's driver does not take the device. */
void vfio_diagnose_not_served(struct err *err);
/* EPERM: of a device without an IOMMU. */
void vfio_diagnose_no_rawio(struct err *err);

/* The open of @path failed, which gives access to @host or its group. */
int vfio_open_failed(const struct vfio_host_device *host, const char *path, int code,
		     struct err *err);
/* That of a back end's own file: @why and @fix where it is not for lack of rights. */
int vfio_no_control(const char *path, int code, const char *why, const char *fix, struct err *err);
/* Mapping guest RAM at @iova failed. */
int vfio_map_failed(struct range iova, int code, struct err *err);

#endif
