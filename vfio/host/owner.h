/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_OWNER_H
#define VFIO_HOST_OWNER_H

#include <stdbool.h>
#include <stddef.h>

struct vfio_host_device;

/*
 * Another process that has @host or a device of its IOMMU group: "VM disk, pid 4121 (dais run -c
 * disk.conf)" into @buf. The records tell of every dais, whoever may read /proc; /proc of other
 * programs. false: none is known.
 */
bool vfio_find_owner(const struct vfio_host_device *host, char *buf, size_t size);

/* Whether there is a file under /dev by which @host can be opened. */
bool vfio_host_device_has_node(const struct vfio_host_device *host);

#endif
