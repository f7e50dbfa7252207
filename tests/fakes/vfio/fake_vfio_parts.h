/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_VFIO_FAKE_VFIO_PARTS_H
#define TESTS_FAKES_VFIO_FAKE_VFIO_PARTS_H

/* Between the files of fake_vfio.h. */
#include "tests/fakes/vfio/fake_vfio.h"

extern struct fake_vfio_device *fake_vfio_devices[FAKE_VFIO_MAX];
extern unsigned int fake_vfio_n_devices;

/* The address space of this descriptor, a new one at its first call; NULL: none. */
struct fake_vfio_container *fake_vfio_space(int fd, bool create);
/* Close one. */
void fake_vfio_space_close(int fd, void *opaque);
/* Map @range, if the IOMMU can and nothing is there. */
int fake_vfio_map(struct fake_vfio_container *space, struct range range, uint64_t hva,
		  uint32_t flags);
/* Unmap everything. Returns how many bytes. */
uint64_t fake_vfio_unmap_all(struct fake_vfio_container *space);
bool fake_vfio_group_is_open(int group);
/* /dev/iommu */
void fake_iommufd_add(void);
/* The device's own file, with this number. */
void fake_vfio_device_add_cdev(struct fake_vfio_device *device, unsigned int number);
/* VFIO_DEVICE_BIND_IOMMUFD and VFIO_DEVICE_ATTACH_IOMMUFD_PT of its descriptor @fd. */
int fake_cdev_bind(struct fake_vfio_device *device, int fd, void *arg);
int fake_cdev_attach(struct fake_vfio_device *device, void *arg);

/* A new descriptor of @device, as VFIO_GROUP_GET_DEVICE_FD gives it. */
int fake_vfio_device_open(struct fake_vfio_device *device);
/* It is open now, by @fd. */
void fake_vfio_device_opened(struct fake_vfio_device *device, int fd);
/* Bring /proc/interrupts up to date. */
void fake_vfio_write_interrupts(void);
/* Its node and everything else that sysfs has of it. */
void fake_vfio_add_tree(const struct fake_vfio_device *device);

#endif
