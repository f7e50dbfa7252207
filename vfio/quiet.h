/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_QUIET_H
#define VFIO_QUIET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct host_node;
struct quiet_kind;
struct vfio_host_device;

/*
 * Before a device goes back to a driver it is at rest: no interrupt is up and no DMA under way, as
 * its registers say. vfio-dais sees to that itself, vfio-platform does not.
 */

/* How devices like @host are brought to rest (kernel/module/quiet_kinds.h), by its @node in the
 * host's tree, or what sysfs has of it (NULL). NULL: it is not known.
 */
const struct quiet_kind *vfio_quiet_kind(const struct vfio_host_device *host,
					 const struct host_node *node);

/*
 * Bring a device of this kind (NULL: an error) to rest: @fd is its own, and its first region has
 * @size bytes at @offset of it.
 */
int vfio_quiet(const struct quiet_kind *kind, int fd, uint64_t offset, uint64_t size,
	       struct err *err);

/*
 * Open a device that no process has, and bring it to rest: by its reset handler or, if it has none,
 * by its registers.
 */
int vfio_bring_to_rest(const struct vfio_host_device *host, struct err *err);

/*
 * Whether a device of vfio-dais is at rest, of whose vfio-dais/at_work in sysfs @fd is (-1: it has
 * none, and is); else why not, in @why. @force: from here on it counts as at rest.
 */
int vfio_check_at_work(int fd, bool force, char *why, size_t size);

#endif
