/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_KNOWN_H
#define VFIO_HOST_KNOWN_H

/*
 * What a host tells of a device only as long as the device has its own driver: the rates of its
 * clocks, the voltages of its supplies, the address of its network interface. Read before the
 * driver goes, kept in the device's record, and told to plans and runs after that.
 */
#include "vfio/host/device.h"
#include "vfio/host/live.h"
#include "vfio/host/record.h"

/* Into @record; what the host does not tell is left empty. */
void host_known_read(const struct vfio_host_device *host, struct device_record *record);

/*
 * For the graft: what the running host tells, else what a record has. @live outlives @host.
 */
void host_known_for_graft(struct host_live *live, struct graft_host *host);

#endif
