/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What vfio_dais offers beside the interface of vfio-platform: features for VFIO_DEVICE_FEATURE
 * (linux/vfio.h). Each can be asked for with VFIO_DEVICE_FEATURE_PROBE; who does not know them
 * loses nothing.
 */
#ifndef VFIO_DAIS_UAPI_H
#define VFIO_DAIS_UAPI_H

#include <linux/types.h>

/* Of this interface; also /sys/module/vfio_dais/version. It grows when what is below changes. */
#define VFIO_DAIS_VERSION 4

/*
 * VFIO_DAIS_FEATURE_HELD, GET only: what the driver holds on as long as the device is open, in the
 * order in which it was switched on. @n_entries says how many entries there is room for, and is
 * told how many there are, which may be more: the first ones are there then. argsz must have room
 * for that many.
 */
#define VFIO_DAIS_FEATURE_HELD 0xda00

enum vfio_dais_held_kind {
	VFIO_DAIS_HELD_SUPPLY = 1, /* a property …-supply; value: microvolts */
	VFIO_DAIS_HELD_DOMAIN = 2, /* an entry of power-domains */
	VFIO_DAIS_HELD_CLOCK = 3,  /* an entry of clocks; value: Hz */
	VFIO_DAIS_HELD_RESET = 4,  /* an entry of resets */
};

enum vfio_dais_held_state {
	VFIO_DAIS_STATE_UNKNOWN = 0, /* what controls it cannot be asked */
	VFIO_DAIS_STATE_OFF = 1,     /* of a reset line: asserted */
	VFIO_DAIS_STATE_ON = 2,      /* of a reset line: not asserted */
};

/* The line of a reset belongs to this device alone: VFIO_DEVICE_RESET pulses it. */
#define VFIO_DAIS_HELD_EXCLUSIVE 0x1

struct vfio_dais_held_entry {
	__u8 kind;     /* enum vfio_dais_held_kind */
	__u8 state;    /* enum vfio_dais_held_state: now, as the hardware or its driver says */
	__u16 index;   /* in the property; of a supply: among all supplies */
	__u32 flags;   /* VFIO_DAIS_HELD_* */
	__u64 value;   /* 0: has none, or it is not known */
	char name[48]; /* in the node (of a supply: the property), or of the domain; ends with a 0
			*/
};

struct vfio_dais_held {
	__u32 n_entries; /* in: room; out: how many there are */
	__u32 reserved;  /* 0 */
	struct vfio_dais_held_entry entries[];
};

/*
 * Of a device without an IOMMU, which the module's parameter allow_dma_without_iommu lets be handed
 * out. Its group is one that the kernel made up (/sys/kernel/iommu_groups/N/name: "vfio-noiommu"),
 * with a file /dev/vfio/N that takes a container of VFIO_TYPE1v2_IOMMU, which does nothing. Opening
 * the device takes CAP_SYS_RAWIO. Until pages are pinned with VFIO_DAIS_PIN_USE its registers are
 * out of reach: EIO, and SIGBUS from a mapping.
 *
 * VFIO_DAIS_FEATURE_PIN, SET only: pin memory of the caller, who has CAP_SYS_RAWIO, at @vaddr, and
 * tell where it is: the first @size bytes, at most so many as were asked for, are together at @pa.
 * What was pinned stays where it is until the device is closed and known to be quiet; to pin it
 * again changes nothing. Memory of a hugetlbfs is pinned in whole pages.
 */
#define VFIO_DAIS_FEATURE_PIN 0xda01

/* The device is to be told of it: its registers come within reach, and nothing is unpinned. */
#define VFIO_DAIS_PIN_USE 0x1

struct vfio_dais_pin {
	__u64 vaddr;    /* a multiple of the page size, as is @size */
	__u64 size;     /* in: of what is to be pinned; out: from @vaddr on, together */
	__u64 pa;       /* out: a physical address */
	__u32 flags;    /* VFIO_DAIS_PIN_* */
	__u32 reserved; /* 0 */
};

/*
 * VFIO_DAIS_FEATURE_UNPIN, SET only: unpin again what begins in this range of physical addresses.
 * EBUSY: the device may have been told of it.
 */
#define VFIO_DAIS_FEATURE_UNPIN 0xda02

struct vfio_dais_unpin {
	__u64 pa; /* a multiple of the page size, as is @size */
	__u64 size;
};

/*
 * VFIO_DAIS_FEATURE_CONTROL: one of the entries of VFIO_DAIS_FEATURE_HELD, by @kind and @index.
 * GET tells how it is and what may be done to it, or, of a supply with VFIO_DAIS_CONTROL_LEVEL as
 * @action, the @value-th voltage that it takes (EINVAL: it has no more; @value 0: one that the host
 * does not let it have). SET does @action: EPERM if it may not be done,
 * ERANGE for a @value that the resource does not take, EBUSY for a clock whose rate another user
 * of it objects to. From the first SET on it is the caller's, who finds it on: the driver drops
 * its own hold when it is switched off. At VFIO_DAIS_CONTROL_BACK and VFIO_DEVICE_RESET, and when
 * the device is closed, it is on again with the rate or voltage that it had when the device was
 * opened.
 *
 * While one of them is off, or a reset line asserted, the device's registers are out of reach: EIO,
 * and SIGBUS from a mapping.
 */
#define VFIO_DAIS_FEATURE_CONTROL 0xda10

enum vfio_dais_control_action {
	VFIO_DAIS_CONTROL_OFF = 1, /* of a reset line: assert */
	VFIO_DAIS_CONTROL_ON = 2,
	VFIO_DAIS_CONTROL_VALUE = 3, /* the rate, the voltage */
	VFIO_DAIS_CONTROL_PULSE = 4, /* of a reset line */
	VFIO_DAIS_CONTROL_BACK = 5,
	VFIO_DAIS_CONTROL_LEVEL = 6, /* GET */
};

#define VFIO_DAIS_MAY_SWITCH 0x1 /* off, on, pulse */
#define VFIO_DAIS_MAY_SET    0x2 /* the value */

struct vfio_dais_control {
	__u8 kind;   /* enum vfio_dais_held_kind */
	__u8 action; /* SET; GET: 0 or VFIO_DAIS_CONTROL_LEVEL */
	__u16 index; /* in the property; of a supply: among all supplies */
	__u32 may;   /* out: VFIO_DAIS_MAY_* */
	__u8 state;  /* out: enum vfio_dais_held_state */
	__u8 reserved[7];
	__u64 value; /* in with VFIO_DAIS_CONTROL_VALUE; out: Hz, uV */
	__u64 min;   /* out: the values that it takes */
	__u64 max;
};

#endif
