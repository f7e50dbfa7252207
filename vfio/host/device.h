/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_HOST_DEVICE_H
#define VFIO_HOST_DEVICE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/kept.h"
#include "vmm/base/range.h"

/* The running host's device tree (Documentation/ABI/testing/sysfs-firmware-ofw). */
#define VFIO_HOST_TREE "/sys/firmware/devicetree/base"
#define VFIO_KEPT_TREE KEPT_DIR "/tree" /* of its values, for host_tree_read_live() */

/* A device of the host as sysfs shows it, without opening anything. */
struct vfio_host_device {
	char name[128];   /* as the bus names it: "10000000.ahci" */
	char path[192];   /* "/sys/bus/platform/devices/10000000.ahci" */
	char driver[64];  /* bound to it; empty: none */
	bool amba;        /* on the amba bus (PrimeCell), else the platform bus */
	bool dt_coherent; /* its node says dma-coherent */
	int group;        /* IOMMU group, -1: none */
};

/*
 * Look @name up on the platform and the amba bus. A device that is not there is a wrong setting;
 * the nearest name is suggested.
 */
int vfio_host_device_find(struct vfio_host_device *host, const char *name, struct err *err);

/* "platform" or "amba" */
const char *vfio_host_device_bus(const struct vfio_host_device *host);

/*
 * What hands out devices of @bus: dais' own driver (kernel/module) where it is loaded, else that of
 * Linux, "vfio-" and the bus.
 */
const char *vfio_host_driver(const char *bus);
bool vfio_host_is_vfio_driver(const char *driver, const char *bus);
/* It has dais' own driver, or would be given that one. */
bool vfio_host_device_is_for_dais(const struct vfio_host_device *host);

/* It has an IOMMU group and its VFIO driver; else the error tells the command that binds it. */
int vfio_host_device_check_bound(const struct vfio_host_device *host, struct err *err);

/* Cause and remedy, where a driver of VFIO does not take it since it has no IOMMU. err_host(). */
int vfio_host_fix_no_iommu(const struct vfio_host_device *host, struct err *err);

/* Its driver, if it has one, can be unbound: not with suppress_bind_attrs of struct device_driver.
 */
int vfio_host_device_check_unbind(const struct vfio_host_device *host, struct err *err);

/* Offset in its page of the @index-th address in the node's reg; 0 where the node does not tell. */
uint64_t vfio_host_device_page_offset(const struct vfio_host_device *host, unsigned int index);

/* All names of the platform and the amba bus, in no order: zeroed, then asked until it is NULL. */
struct vfio_host_names {
	DIR *dir;
	unsigned int bus;
};
const char *vfio_host_next_name(struct vfio_host_names *names);

/* The members of IOMMU group @group (-1: none), likewise; driver is "" where none is bound. */
struct vfio_group_members {
	int group;
	DIR *dir;
	char driver[64];
};
const char *vfio_group_next_member(struct vfio_group_members *members);
/* A member with this driver ("": none) lets its group be handed out. */
bool vfio_host_driver_shares_group(const char *driver);
/* The same for messages: "a (vfio-platform), b (no driver)"; cut when it does not fit. */
void vfio_host_group_members(int group, char *buf, size_t size);

/* Bound to the VFIO driver of its bus. */
bool vfio_host_device_is_bound(const struct vfio_host_device *host);

/*
 * "/dev/vfio/devices/vfio0", the device's own file, by the one name in its vfio-dev
 * (Documentation/ABI/testing/sysfs-devices-vfio-dev); false: the kernel made none.
 */
bool vfio_host_device_cdev(const struct vfio_host_device *host, char *path, size_t size);

/* For iommu=none: it has none, or an error. */
int vfio_host_device_check_noiommu(const struct vfio_host_device *host, struct err *err);
/*
 * No IOMMU stands behind the group: VFIO made it up, for its own no-IOMMU mode
 * (enable_unsafe_noiommu_mode) or for that of vfio-dais (allow_dma_without_iommu).
 */
bool vfio_host_group_is_noiommu(int group);
/* It is the latter, which the kernel calls emulated. */
bool vfio_host_device_is_emulated(const struct vfio_host_device *host);
/*
 * The parameter that lets @host's driver hand out what has no IOMMU: its module, *name, and a
 * remedy for messages.
 */
const char *vfio_host_noiommu_parameter(const struct vfio_host_device *host, const char **name);
#define VFIO_NOIOMMU_FIX "echo Y | sudo tee /sys/module/%s/parameters/%s"

/* Where nothing can be mapped: Documentation/ABI/testing/sysfs-kernel-iommu_groups. */
struct vfio_reserved {
	struct range iova;
	char kind[24]; /* "msi", "direct" … */
};
/* The list of IOMMU group @group as a text, the caller's; NULL: the kernel tells none. */
char *vfio_host_group_reserved(int group);
/* The next of it; *@text moves on. false: there is none. */
bool vfio_reserved_next(char **text, struct vfio_reserved *reserved);

/* A line of /proc/interrupts. */
struct host_irq {
	unsigned int number; /* Linux's */
	uint64_t count;      /* interrupts so far, all CPUs */
};

#define HOST_IRQ_MAX 256

struct host_irq_list {
	struct host_irq irqs[HOST_IRQ_MAX];
	unsigned int n_irqs;
};

#define HOST_IRQ_FILE "/proc/interrupts"

/* The lines of @fd, an open HOST_IRQ_FILE, with NULs between, the caller's; NULL: it cannot be read
 * (@fd may be -1). */
char *host_irq_lines(int fd, size_t *size);
/*
 * Those of them that belong to VFIO for @host, or to its like: "vfio-irq[N](NAME)", where vfio-amba
 * has the kind of the device for a name and not its own. Ascending; the kernel numbers a device's
 * interrupts in their order.
 */
void host_irq_find(const char *lines, size_t size, const struct vfio_host_device *host,
		   struct host_irq_list *list);

#endif
