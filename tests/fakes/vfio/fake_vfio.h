/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_VFIO_FAKE_VFIO_H
#define TESTS_FAKES_VFIO_FAKE_VFIO_H

/*
 * The kernel's VFIO (containers, groups, platform and AMBA devices) and iommufd with the sysfs tree
 * of assigned devices, on top of fake_sys and fake_kvm. It refuses what Linux 6.12 refuses: see the
 * functions named in fake_vfio.c. One state per process.
 */
#include <stdbool.h>
#include <stdint.h>

#include "kernel/module/uapi/vfio_dais.h"
#include "vmm/base/range.h"

struct vm;

#define FAKE_VFIO_MAX      8
#define FAKE_VFIO_MAX_IRQS 100

/* What a test describes, then what the program did with it. Static or longer-lived than the test's
 * calls. */
struct fake_vfio_device {
	const char *name;
	bool amba;
	int group;
	bool no_reset;
	unsigned int n_regions, n_irqs;
	struct fake_vfio_region {
		uint64_t size;
		uint64_t page_offset;       /* its address in the host's page */
		const struct range *sparse; /* areas of the sparse mmap capability */
		unsigned int n_sparse;
		uint32_t flags; /* VFIO_REGION_INFO_FLAG_*; 0: as the kernel would */
	} regions[4];
	struct fake_vfio_irq {
		bool level;
		bool up; /* the device holds its line: it comes again when it is unmasked */
		bool masked;
		bool busy;           /* somebody has the host's line: SET_IRQS is refused */
		int trigger_fd;      /* -1: disabled */
		int unmask_fd;       /* -1: none */
		unsigned int number; /* Linux's */
		unsigned int count;
	} irqs[FAKE_VFIO_MAX_IRQS];
	/* What vfio-dais says that it holds on, with the number of entries first; NULL: it is
	 * vfio-platform. */
	const struct vfio_dais_held *held;
	bool emulated;        /* vfio-dais has it, without an IOMMU: fake_vfio_emulate() */
	bool is_told;         /* … pages were pinned for it to be told of: VFIO_DAIS_PIN_USE */
	unsigned int n_pins;  /* … so many calls of VFIO_DAIS_FEATURE_PIN */
	int pin_error;        /* … which fail with this positive errno */
	uint64_t pin_moved;   /* … what is there is told to be a page further */
	unsigned int pin_cut; /* … so many bytes fewer than there are */
	/* What VFIO_DAIS_FEATURE_CONTROL knows; action: the last one. Told of each that is done,
	 * before it is: its errno, positive; NULL: nobody. */
	struct vfio_dais_control controls[8];
	unsigned int n_controls;
	uint32_t levels[8]; /* of a supply */
	unsigned int n_levels;
	int (*controlled)(const struct vfio_dais_control *arg);
	int open_error;  /* positive errno of VFIO_GROUP_GET_DEVICE_FD, VFIO_DEVICE_BIND_IOMMUFD */
	int reset_error; /* of VFIO_DEVICE_RESET */
	int irq_error;   /* of VFIO_DEVICE_SET_IRQS */

	int fd;                           /* -1: not open */
	int iommufd;                      /* bound to */
	struct fake_vfio_container *ioas; /* it is attached to, if opened by its own file */
	unsigned int n_resets;
	struct {
		uint64_t offset; /* in the region */
		unsigned int region, width, n;
		uint64_t value; /* written; or what a read gives */
	} access;
};

/* An address space: a container, or an iommufd with its one IOAS. */
struct fake_vfio_container {
	int fd;
	unsigned int n_members; /* groups of a container, devices of an IOAS */
	bool has_iommu;
	bool no_iommu;      /* its groups have none */
	uint32_t map_flags; /* of all maps, ORed */
	struct range maps[16];
	void *hvas[16];
	unsigned int n_maps;
};

struct fake_vfio {
	bool no_type1;
	bool no_remapping;         /* no interrupt remapping: EPERM */
	bool no_iommufd_remapping; /* none for iommufd, whose parameter forbids it */
	bool no_sharing;           /* a second group does not fit into a container */
	bool no_iova_ranges;       /* VFIO_IOMMU_GET_INFO has no capability */
	int attach_error;          /* positive errno of VFIO_DEVICE_ATTACH_IOMMUFD_PT */
	int map_error;             /* positive errno of mapping … */
	unsigned int n_good_maps;  /* … after so many */
	unsigned int n_stuck_maps; /* so many are not unmapped */
	uint64_t pa_run;        /* IOMMU_IOAS_NOIOMMU_GET_PA: so many bytes are together; 0: all */
	uint64_t pa_moved;      /* … this address is at another one */
	struct range usable[4]; /* IOVA ranges, ascending */
	unsigned int n_usable;
	bool not_viable[FAKE_VFIO_MAX]; /* by group */

	struct fake_vfio_container containers[FAKE_VFIO_MAX];
	unsigned int n_containers; /* opened so far; closed ones have fd -1 */
};

extern struct fake_vfio fake_vfio;

/* After fake_sys_reset(): /dev/vfio/vfio, /dev/iommu, and an IOMMU that maps all of 48 bits but the
 * MSI window.
 */
void fake_vfio_reset(void);

/*
 * The device, bound to its VFIO driver, its node and its group, with /dev/vfio/GROUP and, for the
 * n-th from 0, /dev/vfio/devices/vfioN.
 */
void fake_vfio_add(struct fake_vfio_device *device);

/* The group, of a device that was added, has no IOMMU: /dev/vfio/noiommu-GROUP instead. */
void fake_vfio_take_iommu(int group);

/* The n-th device added has vfio-dais and no IOMMU: a group as the kernel makes it up for that. */
void fake_vfio_emulate(unsigned int n);

/* The n-th device added has the file /dev/vfio/devices/noiommu-vfioN, as since Linux 7.3. */
void fake_vfio_noiommu_cdev(unsigned int n);

/* A device that is not bound to VFIO: @driver may be NULL; a member of @group, if >= 0. */
void fake_host_device(const char *bus, const char *name, const char *driver, int group);

/* The device raises the interrupt (an edge, or a level that stays up). True when the eventfd was
 * signalled. */
bool fake_vfio_raise(struct fake_vfio_device *device, unsigned int irq);

/*
 * A VM on fake_kvm up to an initialised VGIC of 64 SPIs, with a platform bus and an empty struct
 * vfio. Resets all fakes first. fake_vm_destroy() takes struct vfio along; its devices are gone by
 * then.
 */
void fake_vm_create(struct vm *vm);
void fake_vm_destroy(struct vm *vm);
/* Only what vm_create() makes of it, on the fakes anew; vm_destroy() ends it. */
void fake_vm_create_bare(struct vm *vm);
/* A device with one interrupt, a level, which is armed. The caller destroys it. */
struct device *fake_vm_add_device(struct vm *vm, struct fake_vfio_device *dev);
/* The same with more: all others are edges. */
struct device *fake_vm_add_device_with(struct vm *vm, struct fake_vfio_device *dev,
				       unsigned int n_irqs);

#endif
