/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VFIO bus driver for platform and AMBA devices: what its files share.
 *
 * Locks: irq_lock -> a line's lock. mmap_lock -> access: user memory is not touched while access
 * is held.
 */
#ifndef VFIO_DAIS_H
#define VFIO_DAIS_H

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "uapi/vfio_dais.h"

struct attribute_group;
struct clk_bulk_data;
struct dev_pm_domain_list;
struct device_node;
struct dv_pins;
struct dv_watch;
struct eventfd_ctx;
struct regulator_bulk_data;
struct reset_control;

/* A region's offset in the device's file: as vfio-platform has them */
#define DV_REGION_SHIFT 40
/* As long as no device says how long its reset line must be asserted: longer than any that is known
 * to
 */
#define DV_RESET_US     1000

#define DV_REGION_MASK ((1ULL << DV_REGION_SHIFT) - 1)

struct dv_region {
	phys_addr_t addr;
	resource_size_t size;
	u32 flags;          /* VFIO_REGION_INFO_FLAG_* */
	void __iomem *base; /* while the device is open */
};

/* An interrupt line of the host. A device may list it under several indices. */
struct dv_line {
	int virq;
	bool level;
	int error;       /* of request_irq(), which each use of the line is told */
	char *name;      /* in /proc/interrupts; NULL: not requested */
	spinlock_t lock; /* for what follows */
	unsigned int n_triggers;
	unsigned int n_masked; /* enabled: with a trigger, and with none masked */
	bool enabled;
	bool can_hold; /* the interrupt controller can keep it active; fixed while requested */
	struct irq_data *controller; /* which that is, if it can be held */
	bool held;                   /* active since a handler signalled it, instead of disabled */
	struct work_struct work;     /* lets it go when its handler has ended */
	struct dv_irq *first;        /* the indices that it has; fixed */
};

struct dv_irq {
	struct dv_line *line;
	struct dv_irq *next; /* of the same line */
	/* Under the line's lock */
	bool masked;
	bool unmask_later; /* a handler asked for it */
	/* Under irq_lock; the handler reads it, and the line is disabled while it changes. */
	struct eventfd_ctx *trigger;
	struct virqfd *mask_fd;
	struct virqfd *unmask_fd;
};

struct dv_reset {
	struct reset_control *control;
	bool exclusive;
	bool was_asserted; /* when the device was opened */
	bool tells;        /* not asserted by now, it says that it is not */
};

/* What a device needs, in the order in which it is switched on */
struct dv_held {
	int n_supplies;
	struct regulator_bulk_data *supplies;
	struct dev_pm_domain_list *domains; /* several; one is the bus' to attach */
	int n_clocks;
	struct clk_bulk_data *clocks;
	u64 clocks_tell; /* a bit for each that, on, says that it is; of the first 64 */
	int n_resets;
	struct dv_reset *resets;
};

/* Something that is held, as user space has switched or set it */
struct dv_switch {
	bool off;
	u64 value; /* its rate or voltage before; 0: as it was */
	s8 shared; /* one that is another's, too: 1; -1: it is not; 0: not looked up yet */
};

struct dv_device {
	struct vfio_device vdev;
	u32 flags; /* VFIO_DEVICE_FLAGS_PLATFORM or _AMBA */
	unsigned int n_regions;
	struct dv_region *regions;
	/* Held for reading by who touches registers, for writing by who changes @reachable */
	struct rw_semaphore access;
	bool reachable; /* powered, clocked and out of reset */
	struct mutex irq_lock;
	unsigned int n_irqs;
	struct dv_irq *irqs;
	unsigned int n_lines;
	struct dv_line *lines;
	struct mutex reset_lock; /* one reset at a time, and for what follows */
	struct dv_held held;
	struct mutex control_lock;  /* for what follows */
	struct dv_switch *switches; /* of all that is held, while the device is open */
	struct dv_watch *watches;   /* clocks of others, from the first rate that is set on */
	unsigned int n_off;         /* how many are off; under @access */
	struct dv_pins *pins;       /* of a device without an IOMMU; else NULL */
	const char *at_work;        /* why it may be, since it was closed; NULL: it is not */
};

static inline struct dv_device *to_dv(struct vfio_device *vdev)
{
	return container_of(vdev, struct dv_device, vdev);
}

static inline struct device *dv_dev(struct dv_device *dv)
{
	return dv->vdev.dev;
}

/* main.c: how many the bus tells of, and each; a number of an interrupt or a negative errno */
struct resource *dv_bus_resource(struct dv_device *dv, unsigned int i);
int dv_bus_irq(struct dv_device *dv, unsigned int i);

/* ioctl.c */
long dv_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);
int dv_feature(struct vfio_device *vdev, u32 flags, void __user *arg, size_t argsz);
int dv_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
		   struct vfio_info_cap *caps);

/* region.c: the list, for as long as the driver has the device; mapped while it is open */
int dv_regions_init(struct dv_device *dv);
void dv_regions_free(struct dv_device *dv);
int dv_regions_open(struct dv_device *dv);
void dv_regions_close(struct dv_device *dv);
/* Lets user space reach the registers, or takes all of its mappings away. */
void dv_regions_set_reachable(struct dv_device *dv, bool reachable);
ssize_t dv_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos);
ssize_t dv_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos);
int dv_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);

/* overlap.c: 0, or -EBUSY if another device of the tree has registers in @region, which is logged
 */
int dv_region_check_alone(struct dv_device *dv, const struct dv_region *region);
/* The tree has @inner below @outer, or they are one. */
bool dv_is_within(struct device_node *inner, const struct device_node *outer);

/* irq.c: the list; requested while the device is open */
int dv_irqs_init(struct dv_device *dv);
void dv_irqs_free(struct dv_device *dv);
int dv_irqs_open(struct dv_device *dv);
void dv_irqs_close(struct dv_device *dv);
/* @data: user space's, of the size that vfio_set_irqs_validate_and_prepare() told */
int dv_irqs_set(struct dv_device *dv, const struct vfio_irq_set *set, const void *data);

/* reset.c: whether there is a reset; the reset, for which reset_lock is taken */
bool dv_can_reset(struct dv_device *dv);
int dv_reset(struct dv_device *dv);
/* Before it is closed, on and reached by nobody: @at_work tells whether it was seen at rest. */
void dv_bring_to_rest(struct dv_device *dv);
/* The driver gets the device, and gives it away. */
void dv_found(struct dv_device *dv);
void dv_leave(struct dv_device *dv);
extern const struct attribute_group *dv_attribute_groups[];

/* kept.c: keep other drivers from @dev, at work for the reason @why; whether it was, which ends */
bool dv_keep(struct device *dev, const char *why);
bool dv_take_kept(struct device *dev);

/* The end of a property's name that names a supply */
#define DV_SUPPLY "-supply"

/* held.c: found, which switches nothing; switched on and off */
int dv_held_get(struct dv_device *dv);
void dv_held_put(struct dv_device *dv);
int dv_held_on(struct dv_device *dv);
void dv_held_off(struct dv_device *dv);
/* The device that the bus or the driver has attached to the @i-th power domain, or NULL */
struct device *dv_held_domain(struct dv_device *dv, u32 i);
/*
 * Whether power domains and clocks are on and reset lines not asserted, as far as what controls
 * them tells. May sleep.
 */
bool dv_held_is_on(struct dv_device *dv);
/* Whether the device has reset lines, and all of them are its own; pulse them */
bool dv_held_can_reset(struct dv_device *dv);
int dv_held_reset(struct dv_device *dv);

/* noiommu.c: for as long as the module is loaded */
int dv_noiommu_init(void);
void dv_noiommu_exit(void);
/* It has no IOMMU, and the module's parameter lets it be handed out nevertheless. */
bool dv_is_without_iommu(struct device *dev);
/* For a device as it is bound, and unbound. What is still kept for it then stays. */
int dv_pins_get(struct dv_device *dv);
void dv_pins_put(struct dv_device *dv);
/* 0 or -EPERM; of a device with an IOMMU this does nothing, as the next two. */
int dv_pins_open(struct dv_device *dv);
/*
 * User space tells the device nothing any more. If that @is_quiet all pins go; else those stay that
 * the device may have been told of, and the module with them.
 */
void dv_pins_settle(struct dv_device *dv, bool is_quiet);
/* What an earlier opening has left: somebody knows that the device was quiet then. */
void dv_pins_let_go(struct dv_device *dv);
bool dv_pins_allow_access(struct dv_device *dv);
int dv_pin(struct dv_device *dv, struct vfio_dais_pin *pin);
int dv_unpin(struct dv_device *dv, const struct vfio_dais_unpin *unpins);

/* control.c: user space's own; all is on when it is opened, and after it is closed */
int dv_control_open(struct dv_device *dv);
void dv_control_back(struct dv_device *dv);
void dv_control_close(struct dv_device *dv);
int dv_control_get(struct dv_device *dv, struct vfio_dais_control *c);
int dv_control_set(struct dv_device *dv, struct vfio_dais_control *c);

/*
 * rate.c: whether the device's @i-th clock is another's, too; else its rate, to which others may
 * object, until the device is closed
 */
bool dv_rate_is_shared(struct dv_device *dv, int i);
int dv_rate_set(struct dv_device *dv, int i, u64 value);
void dv_rates_close(struct dv_device *dv);

/* supply.c: the same of its @i-th supply; how it is, and its @level-th voltage, or -EINVAL */
bool dv_supply_is_shared(struct dv_device *dv, int i);
int dv_supply_set(struct dv_device *dv, int i, u64 value);
void dv_supply_get(struct dv_device *dv, int i, struct vfio_dais_control *c);
int dv_supply_level(struct dv_device *dv, int i, u64 level, u64 *value);

/* held_list.c: fills up to @room entries; returns how many there are */
u32 dv_held_list(struct dv_device *dv, struct vfio_dais_held_entry *entries, u32 room);

#endif
