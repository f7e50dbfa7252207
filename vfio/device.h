/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_DEVICE_H
#define VFIO_DEVICE_H

#include <stdint.h>

#include "devices/device.h"
#include "vfio/host/device.h"
#include "vfio/iommu/iommu.h"
#include "vfio/irq/user.h"
#include "vfio/nodes/nodes.h"
#include "vmm/base/err.h"

struct quiet_kind;
struct vfio_irq;
struct vfio_region;
struct vfio_scmi_resource;

/* reset=, in the order of its words: what when the host's kernel has no reset handler for it */
enum vfio_reset_policy {
	VFIO_RESET_REQUIRE,     /* do not run */
	VFIO_RESET_BEST_EFFORT, /* go on, and say so; the default */
	VFIO_RESET_NONE,        /* go on; one that there is is not called either */
};

/* An assigned device, opened. */
struct vfio_device {
	struct device device;     /* base; first */
	struct vfio_device *next; /* struct vfio's list */
	struct vfio_host_device host;
	struct vfio_node node;
	struct vfio_handle handle;
	uint32_t flags; /* VFIO_DEVICE_FLAGS_* */
	enum vfio_reset_policy reset;
	const struct quiet_kind
		*quiet; /* how it is brought to rest without a reset; NULL: not known */
	struct vfio_region *regions;
	unsigned int n_regions;
	struct vfio_irq *irqs;
	unsigned int n_irqs;
	struct vfio_user_irqs user;
	struct vfio_scmi_resource
		*served; /* what the guest may switch and set by SCMI; struct vfio's */
	unsigned int n_served;
};

/*
 * Open vdev->host (found and bound), reset it, and take its regions and interrupts as VFIO and
 * @config have them; nothing is wired. After an error vfio_device_close() cleans up, as it does
 * later.
 */
int vfio_device_open(struct vfio_device *vdev, const struct device_config *config, struct err *err);
/* Take away what of its regions and interrupts the VM and its event loop have. */
void vfio_device_detach(struct vfio_device *vdev);
void vfio_device_close(struct vfio_device *vdev);

/*
 * Read reset= of @vdev, which is open, and judge it: an error when a reset is required and cannot
 * be had, a warning when it would only be better.
 */
int vfio_reset_policy_read(struct vfio_device *vdev, const struct device_config *config,
			   struct err *err);

/* VFIO_DEVICE_RESET, unless reset= or the want of a handler forbids. Its interrupts are masked. */
int vfio_device_reset(const struct vfio_device *vdev, struct err *err);

#endif
